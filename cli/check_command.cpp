// `courant check`: is the configuration right, and is everything that it names there?
#include <fmt/format.h>

#include <optional>
#include <ostream>

#include "cli/command.hpp"
#include "cli/program.hpp"

namespace courant::cli {
namespace {

/// Waits for the first word of a session.
class FirstWord : public TransportListener {
  public:
    void on_online(const Jid& full_jid) override { online = full_jid; }
    void on_offline(const SessionLoss& reason) override { loss = reason; }
    void on_stanza(std::string_view) override {}

    std::optional<Jid> online;
    std::optional<SessionLoss> loss;
};

bool reach_server(const Config& config, Console& console) {
    XmppSession session(xmpp_settings(config));
    FirstWord first;
    session.open();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!first.online && !first.loss && std::chrono::steady_clock::now() < until)
        session.poll(std::chrono::milliseconds(200), first);
    session.close();
    if (first.online) {
        console.out << "server         reached over verified TLS, logged in as "
                    << first.online->to_string() << '\n';
        return true;
    }
    console.err << "server         " << (first.loss ? first.loss->reason : "does not answer")
                << '\n';
    return false;
}

bool make_adapter(const AdapterConfig& adapter, Console& console) {
    try {
        std::string what;
        if (adapter.adapter->source && adapter.adapter->source(adapter.settings)) what = "source";
        if (adapter.adapter->feed && adapter.adapter->feed(adapter.settings))
            what += what.empty() ? "feed" : ", feed";
        if (adapter.adapter->sink && adapter.adapter->sink(adapter.settings))
            what += what.empty() ? "sink" : ", sink";
        console.out << fmt::format("adapter        {}: {} {}\n", adapter.name,
                                   adapter.adapter->name, what);
        return true;
    } catch (const Error& error) {
        console.err << "adapter        " << error.what() << '\n';
        return false;
    }
}

}  // namespace

int check_command(Words words, Console& console) {
    auto options = options_for("check", "Checks the configuration and reaches for what it names");
    options.add_options()("offline", "do not reach for the server");
    const auto given = parse(options, words, console);
    if (!given) return Exit::done;
    const Config config = config_of(*given);
    console.out << "configuration  " << (*given)["config"].as<std::string>() << " is right\n";
    for (const std::string& warning : config.warnings)
        console.err << "warning        " << warning << '\n';
    bool all_well = true;
    shared_store(config);
    console.out << "store          " << config.store.path.string() << '\n';
    for (const AdapterConfig& adapter : config.adapters)
        all_well = make_adapter(adapter, console) && all_well;
    if (given->count("offline") == 0) all_well = reach_server(config, console) && all_well;
    return all_well ? Exit::done : Exit::configuration;
}

}  // namespace courant::cli
