// `courant peer`: who is known, and what is agreed. A running proxy sees the change at once.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.hpp"
#include "proxy-core/access/access_book.hpp"
#include "proxy-core/catalog/card.hpp"
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

}  // namespace courant::cli
