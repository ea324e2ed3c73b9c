// `courant peer` and `courant subscription`: who is known, and what goes to whom. A running proxy
// sees the change at once.
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.hpp"
#include "proxy-core/config/duration.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

int add_peer(const cxxopts::ParseResult& given, const Config& config, Store& store,
             Console& console) {
    if (given.count("jid") == 0) throw UsageError("peer add JID [--relay] [--xml-only]");
    const Jid jid = jid_from(given["jid"].as<std::string>());
    if (jid == config.identity.jid) throw UsageError("that is this proxy itself");
    store.commit([&](Mailboxes& m) {
        m.put_peer({.jid = jid,
                    .relay = given.count("relay") > 0,
                    .added_at = std::chrono::system_clock::now(),
                    .xml_only = given.count("xml-only") > 0});
    });
    console.err << jid.to_string() << " is a peer\n";
    return Exit::done;
}

// What it gets, and why.
std::string_view packs_for(const Peer& peer) {
    if (peer.xml_only) return "xml only";
    if (!peer.packed) return "not asked yet";
    return *peer.packed ? "packed" : "xml";
}

int list_peers(const cxxopts::ParseResult& given, Store& store, Console& console) {
    ordered_json rows = ordered_json::array();
    for (const Peer& peer : read_from(store, [](Mailboxes& m) { return m.peers(); }))
        rows.push_back({{"peer", peer.jid.to_string()},
                        {"relay", peer.relay ? "yes" : "no"},
                        {"packs", packs_for(peer)},
                        {"added", to_timestamp_for_people(peer.added_at)}});
    print_list(console.out, rows, listing_of(given));
    return Exit::done;
}

int add_subscription(const cxxopts::ParseResult& given, Store& store, Console& console) {
    const auto words = given.count("words") > 0 ? given["words"].as<std::vector<std::string>>()
                                                : std::vector<std::string>{};
    if (words.size() != 2) throw UsageError("subscription add PEER SERIES [--retain P3Y]");
    Subscription subscription{.id = 0,
                              .peer = jid_from(words[0]),
                              .series = words[1],
                              .retain = given["retain"].as<std::string>(),
                              .grant = given["grant"].as<std::string>(),
                              .added_at = std::chrono::system_clock::now()};
    if (!is_iso_duration(subscription.retain))
        throw UsageError("--retain takes an ISO 8601 duration, such as P3Y or P18M");
    if (!read_from(store, [&](Mailboxes& m) { return m.find_peer(subscription.peer); }))
        throw UsageError(subscription.peer.to_string() + " is no peer yet; courant peer add " +
                         subscription.peer.to_string());
    std::int64_t id = 0;
    store.commit([&](Mailboxes& m) { id = m.put_subscription(subscription); });
    console.err << "subscription " << id << ": " << subscription.series << " goes to "
                << subscription.peer.to_string() << '\n';
    return Exit::done;
}

int list_subscriptions(const cxxopts::ParseResult& given, Store& store, Console& console) {
    ordered_json rows = ordered_json::array();
    for (const Subscription& subscription :
         read_from(store, [](Mailboxes& m) { return m.subscriptions(); }))
        rows.push_back({{"id", subscription.id},
                        {"peer", subscription.peer.to_string()},
                        {"series", subscription.series},
                        {"retain", subscription.retain},
                        {"grant", subscription.grant},
                        {"added", to_timestamp_for_people(subscription.added_at)}});
    print_list(console.out, rows, listing_of(given));
    return Exit::done;
}

int remove_subscription(const cxxopts::ParseResult& given, Store& store, Console& console) {
    const auto words = given.count("words") > 0 ? given["words"].as<std::vector<std::string>>()
                                                : std::vector<std::string>{};
    if (words.size() != 1) throw UsageError("subscription remove ID");
    bool removed = false;
    store.commit(
        [&](Mailboxes& m) { removed = m.remove_subscription(std::atoll(words[0].c_str())); });
    console.err << (removed ? "subscription removed; what is in the outbox still goes\n"
                            : "there is no such subscription\n");
    return removed ? Exit::done : Exit::failed;
}

}  // namespace

int peer_command(Words words, Console& console) {
    auto options = options_for("peer", "The proxies that this one knows");
    options.add_options()("action", "", cxxopts::value<std::string>()->default_value("list"))(
        "jid", "", cxxopts::value<std::string>())("relay", "it may speak names of others")(
        "xml-only", "it gets XML, also if it understands packed packs")("json", "as JSON");
    options.parse_positional({"action", "jid"});
    options.positional_help("[list | add JID]");
    const auto given = parse(options, words, console);
    if (!given) return Exit::done;
    const Config config = config_of(*given);
    const auto store = shared_store(config);
    const auto action = (*given)["action"].as<std::string>();
    if (action == "add") return add_peer(*given, config, *store, console);
    if (action == "list") return list_peers(*given, *store, console);
    throw UsageError("peer list, or peer add JID [--relay] [--xml-only]");
}

int subscription_command(Words words, Console& console) {
    auto options = options_for("subscription", "Which series go to which peer");
    options.add_options()("action", "", cxxopts::value<std::string>()->default_value("list"))(
        "words", "", cxxopts::value<std::vector<std::string>>())(
        "retain", "how long the peer may keep the readings",
        cxxopts::value<std::string>()->default_value("P3Y"),
        "ISO8601")("grant", "the permission under which they go",
                   cxxopts::value<std::string>()->default_value(""), "ID")("json", "as JSON");
    options.parse_positional({"action", "words"});
    options.positional_help("[list | add PEER SERIES | remove ID]");
    const auto given = parse(options, words, console);
    if (!given) return Exit::done;
    const auto store = shared_store(config_of(*given));
    const auto action = (*given)["action"].as<std::string>();
    if (action == "add") return add_subscription(*given, *store, console);
    if (action == "list") return list_subscriptions(*given, *store, console);
    if (action == "remove") return remove_subscription(*given, *store, console);
    throw UsageError("subscription list, add PEER SERIES, or remove ID");
}

}  // namespace courant::cli
