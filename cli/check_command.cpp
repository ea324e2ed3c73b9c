// `courant check`: is the configuration right, and is everything that it names there?
#include <fmt/format.h>

#include <optional>
#include <ostream>
#include <utility>

#include "cli/command.hpp"
#include "cli/program.hpp"
#include "cli/store.hpp"

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

bool reach_server(XmppSettings settings, Console& console) {
    // A resource that is not available gets none of the messages that wait for the proxy.
    settings.presence = XmppSettings::Presence::none;
    const std::string where = settings.servers.empty() ? "" : settings.servers.front() + " ";
    XmppSession session(std::move(settings));
    FirstWord first;
    session.open();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!first.online && !first.loss && std::chrono::steady_clock::now() < until)
        session.poll(std::chrono::milliseconds(200), first);
    session.close();
    if (first.online) {
        console.out << "server         " << where << "reached over verified TLS, logged in as "
                    << first.online->to_string() << '\n';
        return true;
    }
    console.err << "server         " << (first.loss ? first.loss->reason : "does not answer")
                << '\n';
    return false;
}

// Each of several by itself: one that nobody has looked at is none to fall back on.
bool reach_servers(const Config& config, Console& console) {
    const XmppSettings settings = xmpp_settings(config);
    if (settings.servers.empty()) return reach_server(settings, console);
    bool all_well = true;
    for (const std::string& server : settings.servers) {
        XmppSettings one = settings;
        one.servers = {server};
        all_well = reach_server(std::move(one), console) && all_well;
    }
    return all_well;
}

template <class Maker>
bool makes(Maker* maker, const AdapterConfig& adapter) {
    return maker && maker(adapter.settings);
}

ConfigError cannot(const AdapterConfig& adapter, std::string_view what) {
    return ConfigError(fmt::format("adapters.{}: {} cannot be {} as it is configured", adapter.name,
                                   adapter.adapter->name, what));
}

// Makes what a job would make; an adapter needs no more than its jobs use.
bool make_adapters(const Config& config, Console& console) {
    bool all_well = true;
    const auto attempt = [&](const std::string& name, std::string_view role, const auto& make) {
        try {
            make(*config.adapter(name));
            console.out << fmt::format("adapter        {} ({})\n", name, role);
        } catch (const Error& error) {
            console.err << "adapter        " << error.what() << '\n';
            all_well = false;
        }
    };
    for (const ExtractConfig& extract : config.extracts)
        attempt(extract.adapter, "extract", [](const AdapterConfig& adapter) {
            if (!makes(adapter.adapter->source, adapter) && !makes(adapter.adapter->feed, adapter))
                throw cannot(adapter, "extracted from");
        });
    for (const ReceiveConfig& receive : config.receives)
        attempt(receive.adapter, "receive", [](const AdapterConfig& adapter) {
            if (!makes(adapter.adapter->sink, adapter)) throw cannot(adapter, "written to");
        });
    return all_well;
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
    console.out << "store          " << place_of(config.store) << '\n';
    all_well = make_adapters(config, console) && all_well;
    if (given->count("offline") == 0) all_well = reach_servers(config, console) && all_well;
    return all_well ? Exit::done : Exit::configuration;
}

}  // namespace courant::cli
