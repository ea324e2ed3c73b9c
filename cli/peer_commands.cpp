// `courant peer` and `courant subscription`: who is known, and what goes to whom. A running proxy
// sees the change at once.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.hpp"
#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/series_pattern.hpp"
#include "proxy-core/catalog/card.hpp"
#include "proxy-core/config/duration.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

Jid peer_named(const cxxopts::ParseResult& given) {
    if (given.count("jid") == 0) throw UsageError("which peer? its JID is missing");
    return any_jid_from(given["jid"].as<std::string>());
}

// What is given takes the place of what was there; the rest stays.
void read_terms(const cxxopts::ParseResult& given, PeerTerms& terms) {
    if (given.count("link") > 0) {
        const auto link = legal_link_from(text_of(given, "link"));
        if (!link || *link == LegalLink::none)
            throw UsageError("--link is processor, joint-controller or separate-controller");
        terms.link = *link;
    }
    if (given.count("agreement") > 0) terms.agreement = text_of(given, "agreement");
    if (given.count("code") > 0) terms.code = text_of(given, "code");
    if (const auto from = moment(given, "agreed-from")) terms.from = from;
    if (const auto until = moment(given, "agreed-until")) terms.until = until;
    if (terms.from && terms.until && *terms.until <= *terms.from)
        throw UsageError("the agreement ends before it begins");
    if (given.count("purpose") > 0)
        terms.purposes = given["purpose"].as<std::vector<std::string>>();
    for (const std::string& purpose : terms.purposes)
        if (purpose.empty() || purpose.find(' ') != std::string::npos)
            throw UsageError("--purpose is one word");
    if (terms.link != LegalLink::none && terms.agreement.empty())
        throw UsageError("a legal link has an agreement: --agreement REFERENCE");
}

// What has no local part is taken for a mistake, unless it is said to be a service.
void read_dialect(const cxxopts::ParseResult& given, Peer& peer) {
    if (given.count("dialect") > 0) {
        const auto dialect = dialect_from(text_of(given, "dialect"));
        if (!dialect) throw UsageError("--dialect is courant, quoalise or pubsub");
        peer.dialect = *dialect;
    }
    if (peer.dialect != Dialect::pubsub) jid_from(peer.jid.to_string());
}

int add_peer(const cxxopts::ParseResult& given, const Config& config, Store& store,
             Console& console) {
    const Jid jid = peer_named(given);
    if (jid == config.identity.jid) throw UsageError("that is this proxy itself");
    Peer peer = read_from(store, [&](Mailboxes& m) {
                    return m.find_peer(jid);
                }).value_or(Peer{.jid = jid, .added_at = std::chrono::system_clock::now()});
    // What is not said stays as it is.
    if (given.count("relay") > 0) peer.relay = given["relay"].as<bool>();
    if (given.count("xml-only") > 0) peer.xml_only = given["xml-only"].as<bool>();
    read_dialect(given, peer);
    read_terms(given, peer.terms);
    store.commit([&](Mailboxes& m) {
        m.put_peer(peer);
        m.access().remove_admission_request(jid);
    });
    console.err << jid.to_string() << " is a peer\n";
    return Exit::done;
}

// Why it may not have anything at present; without a reason it may again.
int suspend(const cxxopts::ParseResult& given, const std::string& why, Store& store,
            Console& console) {
    const Jid jid = peer_named(given);
    auto peer = read_from(store, [&](Mailboxes& m) { return m.find_peer(jid); });
    if (!peer) throw Error(jid.to_string() + " is no peer", Retry::useless);
    peer->terms.suspended = why;
    store.commit([&](Mailboxes& m) { m.put_peer(*peer); });
    console.err << jid.to_string()
                << (why.empty() ? " may send and get again\n"
                                : " is suspended: nothing goes to it or comes in from it\n");
    return Exit::done;
}

int list_requests(const cxxopts::ParseResult& given, Store& store, Console& console) {
    ordered_json rows = ordered_json::array();
    for (const AdmissionRequest& request :
         read_from(store, [](Mailboxes& m) { return m.access().admission_requests(); }))
        rows.push_back({{"jid", request.jid.to_string()},
                        {"tries", request.tries},
                        {"first", to_timestamp_for_people(request.first_at)},
                        {"last", to_timestamp_for_people(request.last_at)}});
    print_list(console.out, rows, listing_of(given));
    return Exit::done;
}

int dismiss(const cxxopts::ParseResult& given, Store& store, Console& console) {
    const Jid jid = peer_named(given);
    bool was_there = false;
    store.commit([&](Mailboxes& m) { was_there = m.access().remove_admission_request(jid); });
    console.err << jid.to_string()
                << (was_there ? " is no longer among the requests\n" : " has not asked\n");
    return was_there ? Exit::done : Exit::failed;
}

// What it gets, and why.
std::string_view packs_for(const Peer& peer) {
    if (peer.xml_only) return "xml only";
    if (!peer.packed) return "not asked yet";
    return *peer.packed ? "packed" : "xml";
}

// What it signed and what it says that it keeps are two things.
void warn_of_code(const Peer& peer, const Card& says, Console& console) {
    if (peer.terms.code.empty() || says.empty() || says.code_of_conduct == peer.terms.code) return;
    console.err << fmt::format("courant peer: {} signed the code of conduct {} and {}\n",
                               peer.jid.to_string(), one_line(peer.terms.code),
                               says.code_of_conduct.empty()
                                   ? "says nothing of one on its card"
                                   : "says that it keeps " + one_line(says.code_of_conduct));
}

int list_peers(const cxxopts::ParseResult& given, Store& store, Console& console) {
    ordered_json rows = ordered_json::array();
    for (const Peer& peer : read_from(store, [](Mailboxes& m) { return m.peers(); })) {
        const Card card = card_from_json(peer.card).value_or(RememberedCard{}).card;
        warn_of_code(peer, card, console);
        rows.push_back({{"peer", peer.jid.to_string()},
                        {"dialect", to_word(peer.dialect)},
                        {"organisation", card.name},
                        {"relay", peer.relay ? "yes" : "no"},
                        {"link", to_word(peer.terms.link)},
                        {"suspended", peer.terms.suspended},
                        {"packs", packs_for(peer)},
                        {"added", to_timestamp_for_people(peer.added_at)}});
    }
    print_list(console.out, rows, listing_of(given));
    return Exit::done;
}

// The grant under which a new subscription runs: the one that is named, or the only one that covers
// it now.
Grant grant_for(const cxxopts::ParseResult& given, const Subscription& wanted,
                const std::vector<Grant>& grants) {
    const std::string named = text_of(given, "grant");
    std::vector<Grant> fitting;
    for (const Grant& grant : grants) {
        if (grant.peer != wanted.peer || (!named.empty() && grant.id != named)) continue;
        // What matches the pattern letter by letter, its `*` included, is nowhere wider.
        if (!series_matches(grant.series, wanted.series)) continue;
        if (const auto why = obstacle(grant, wanted.added_at); why.empty())
            fitting.push_back(grant);
        else if (!named.empty())
            throw UsageError(why);
    }
    const std::string peer = wanted.peer.to_string();
    if (fitting.empty() && !named.empty())
        throw UsageError(fmt::format("no grant {} lets {} have {}", named, peer, wanted.series));
    if (fitting.empty())
        throw UsageError(fmt::format(
            "no grant lets {0} have {1}; courant grant add {0} '{1}' --purpose WORD --basis WORD",
            peer, wanted.series));
    if (fitting.size() > 1)
        throw UsageError(
            fmt::format("several grants cover this; --grant {} or another of "
                        "courant grant list says which",
                        fitting.front().id));
    return fitting.front();
}

int add_subscription(const cxxopts::ParseResult& given, Store& store, Console& console) {
    const auto words = given.count("words") > 0 ? given["words"].as<std::vector<std::string>>()
                                                : std::vector<std::string>{};
    if (words.size() != 2) throw UsageError("subscription add PEER SERIES [--grant ID]");
    Subscription subscription{.id = 0,
                              .peer = any_jid_from(words[0]),
                              .series = words[1],
                              .retain = text_of(given, "retain"),
                              .grant = {},
                              .added_at = std::chrono::system_clock::now()};
    if (!subscription.retain.empty() && !is_iso_duration(subscription.retain))
        throw UsageError("--retain takes an ISO 8601 duration, such as P3Y or P18M");
    if (!read_from(store, [&](Mailboxes& m) { return m.find_peer(subscription.peer); }))
        throw UsageError(subscription.peer.to_string() + " is no peer yet; courant peer add " +
                         subscription.peer.to_string());
    const Grant grant = grant_for(
        given, subscription, read_from(store, [](Mailboxes& m) { return m.access().grants(); }));
    subscription.grant = grant.id;
    if (subscription.retain.empty()) subscription.retain = grant.retain;
    if (nominal_length(subscription.retain) > nominal_length(grant.retain))
        throw UsageError(
            fmt::format("the grant lets the peer keep it for {} at most", grant.retain));
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
        "jid", "", cxxopts::value<std::string>())(
        "relay", "it may speak names of others; --relay=false takes that back")(
        "xml-only", "it gets XML, also if it understands packed packs; =false takes that back")(
        "dialect", "what it speaks: courant, quoalise (a client), pubsub (a service)",
        cxxopts::value<std::string>(),
        "WORD")("json", "as JSON")("reason", "suspend: why", cxxopts::value<std::string>(), "TEXT");
    options.add_options("What is agreed")(
        "link", "what it is in law: processor, joint-controller, separate-controller",
        cxxopts::value<std::string>(),
        "WORD")("agreement", "where that is written", cxxopts::value<std::string>(), "REFERENCE")(
        "agreed-from", "in force from", cxxopts::value<std::string>(), "TIME")(
        "agreed-until", "and before", cxxopts::value<std::string>(), "TIME")(
        "code", "the version of the code of conduct that it signed", cxxopts::value<std::string>(),
        "VERSION")("purpose", "for what it may use data; once for each",
                   cxxopts::value<std::vector<std::string>>(), "WORD");
    options.parse_positional({"action", "jid"});
    options.positional_help("[list | add JID | suspend JID | resume JID | requests | dismiss JID]");
    const auto given = parse(options, words, console);
    if (!given) return Exit::done;
    const Config config = config_of(*given);
    const auto store = shared_store(config);
    const auto action = (*given)["action"].as<std::string>();
    if (action == "add") return add_peer(*given, config, *store, console);
    if (action == "list") return list_peers(*given, *store, console);
    if (action == "suspend") {
        if (text_of(*given, "reason").empty()) throw UsageError("peer suspend JID --reason TEXT");
        return suspend(*given, text_of(*given, "reason"), *store, console);
    }
    if (action == "resume") return suspend(*given, "", *store, console);
    if (action == "requests") return list_requests(*given, *store, console);
    if (action == "dismiss") return dismiss(*given, *store, console);
    throw UsageError("peer list, add, suspend, resume, requests or dismiss");
}

int subscription_command(Words words, Console& console) {
    auto options = options_for("subscription", "Which series go to which peer");
    options.add_options()("action", "", cxxopts::value<std::string>()->default_value("list"))(
        "words", "", cxxopts::value<std::vector<std::string>>())(
        "retain", "how long the peer may keep the readings; as the grant says, or less",
        cxxopts::value<std::string>(),
        "ISO8601")("grant", "the permission under which they go; needed where several cover them",
                   cxxopts::value<std::string>(), "ID")("json", "as JSON");
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
