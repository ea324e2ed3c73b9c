// `courant grant`: who may have which series, for what, on what legal basis, and until when. A
// running proxy goes by it at once.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.hpp"
#include "cli/grant/exchange.hpp"
#include "cli/grant/processing_notice.hpp"
#include "cli/history/call_list.hpp"
#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/pseudonym.hpp"
#include "proxy-core/config/duration.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/lane_id.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

std::optional<Consent> consent_of(const cxxopts::ParseResult& given, const Config& config,
                                  Time now) {
    if (given.count("consent-method") + given.count("consent-text") + given.count("consent-at") +
            given.count("consent-by") + given.count("consent-proof") + given.count("guardian") ==
        0)
        return std::nullopt;
    Consent consent;
    const auto mode = consent_mode_from(text_of(given, "consent-mode"));
    if (!mode) throw UsageError("--consent-mode is asker or holder");
    consent.mode = *mode;
    consent.collected_by = text_of(given, "consent-by");
    if (consent.collected_by.empty() && *mode == ConsentMode::holder)
        consent.collected_by = config.identity.jid.bare().to_string();
    consent.collected_at = moment(given, "consent-at").value_or(now);
    consent.method = text_of(given, "consent-method");
    consent.text_version = text_of(given, "consent-text");
    consent.proof = text_of(given, "consent-proof");
    consent.guardian = text_of(given, "guardian");
    return consent;
}

// What this grant lacks beside the peer that it is for.
void check_against_peer(const Grant& grant, const std::optional<Peer>& peer,
                        const std::string& code) {
    const std::string jid = grant.peer.to_string();
    if (!peer) throw UsageError(jid + " is no peer yet; courant peer add " + jid);
    if (grant.basis == LegalBasis::not_personal) return;
    if (peer->dialect == Dialect::pubsub)
        throw UsageError(jid + " shows to everybody what it gets: only what is about no person");
    if (peer->terms.link == LegalLink::none)
        throw UsageError(
            fmt::format("there is no legal link with {}, and this is about persons; courant peer "
                        "add {} --link separate-controller --agreement REFERENCE",
                        jid, jid));
    if (!code.empty() && peer->terms.code != code)
        throw UsageError(fmt::format(
            "{0} has not signed the code of conduct that we keep, and this is about persons; "
            "courant peer add {0} --code {1}",
            jid, code));
    const auto& purposes = peer->terms.purposes;
    if (!purposes.empty() &&
        std::find(purposes.begin(), purposes.end(), grant.purpose) == purposes.end())
        throw UsageError(
            fmt::format("the agreement with {} does not name the purpose {}", jid, grant.purpose));
}

void make_key(const Config& config, Console& console) {
    const PseudonymFiles files = pseudonym_files(config);
    if (ensure_pseudonym_key(files) == KeyState::made)
        console.err << "made " << files.key.string()
                    << ", of which pseudonyms are made; keep a copy where the store's backups are "
                       "not\n";
}

int add(const cxxopts::ParseResult& given, const std::vector<std::string>& words,
        const Config& config, Store& store, Console& console) {
    if (words.size() != 2)
        throw UsageError("grant add PEER SERIES --purpose WORD --basis " + legal_basis_words());
    const Time now = std::chrono::system_clock::now();
    Grant grant;
    grant.id = make_lane_id(now).value;
    grant.peer = any_jid_from(words[0]);
    grant.series = words[1];
    grant.subject = text_of(given, "subject");
    grant.purpose = text_of(given, "purpose");
    const auto basis = legal_basis_from(text_of(given, "basis"));
    if (!basis) throw UsageError("--basis is one of " + legal_basis_words());
    grant.basis = *basis;
    grant.retain = text_of(given, "retain");
    grant.history = text_of(given, "history");
    grant.pseudonym = given.count("pseudonym") > 0;
    if (given.count("hide") > 0) {
        const auto levels = hidden_levels_from(text_of(given, "hide"));
        if (!levels) throw UsageError("--hide takes levels of the path, counted from 1: 1,3");
        grant.hidden = *levels;
    }
    grant.resolution = text_of(given, "resolution");
    grant.from = moment(given, "from").value_or(now);
    grant.until = moment(given, "until");
    grant.consent = consent_of(given, config, now);
    grant.state_since = grant.added_at = now;
    if (const auto fault = fault_of(grant); !fault.empty()) throw UsageError(fault);
    check_against_peer(grant,
                       read_from(store, [&](Mailboxes& m) { return m.find_peer(grant.peer); }),
                       config.organisation.code_of_conduct);
    const std::string authorisation = text_of(given, "authorisation");
    if (const auto why = read_from(
            store, [&](Mailboxes& m) { return why_not_onward(m, grant.series, authorisation); });
        !why.empty())
        throw UsageError(why);
    if (grant.pseudonym) make_key(config, console);
    store.commit([&](Mailboxes& m) {
        give_grant(m, grant, now);
        if (!authorisation.empty()) note_authorisation(m, grant, authorisation, now);
    });
    console.out << grant.id << '\n';
    console.err << "grant " << grant.id << ": " << grant.peer.to_string() << " may have "
                << grant.series << " for " << grant.purpose << '\n';
    return Exit::done;
}

ordered_json row(const Grant& grant) {
    return {{"grant", grant.id},
            {"peer", grant.peer.to_string()},
            {"series", grant.series},
            {"subject", grant.subject},
            {"purpose", grant.purpose},
            {"basis", to_word(grant.basis)},
            {"until", time_or_null(grant.until)},
            {"state", to_word(grant.state)}};
}

int list(const cxxopts::ParseResult& given, Store& store, Console& console) {
    ordered_json rows = ordered_json::array();
    for (const Grant& grant : read_from(store, [](Mailboxes& m) { return m.access().grants(); }))
        rows.push_back(row(grant));
    print_list(console.out, rows, listing_of(given));
    return Exit::done;
}

Grant grant_named(const std::vector<std::string>& words, Store& store) {
    if (words.size() != 1) throw UsageError("which grant? courant grant list shows them");
    auto grant = read_from(store, [&](Mailboxes& m) { return m.access().find_grant(words[0]); });
    if (!grant) throw Error("there is no grant " + words[0], Retry::useless);
    return std::move(*grant);
}

int show(const std::vector<std::string>& words, Store& store, Console& console) {
    const Grant grant = grant_named(words, store);
    ordered_json all = row(grant);
    all["retain"] = grant.retain;
    all["history"] = grant.history;
    all["pseudonym"] = grant.pseudonym;
    all["hidden_levels"] = disguise_of(grant).levels;
    all["resolution"] = grant.resolution;
    all["from"] = to_timestamp_for_people(grant.from);
    if (const auto& consent = grant.consent)
        all["consent"] = {{"mode", to_word(consent->mode)},
                          {"collected_by", consent->collected_by},
                          {"collected_at", to_timestamp_for_people(consent->collected_at)},
                          {"method", consent->method},
                          {"text_version", consent->text_version},
                          {"proof", consent->proof},
                          {"guardian", consent->guardian}};
    all["state_since"] = to_timestamp_for_people(grant.state_since);
    all["state_reason"] = grant.state_reason;
    all["added"] = to_timestamp_for_people(grant.added_at);
    all["said"] = ordered_json::array();
    for (const NoticeEntry& entry :
         read_from(store, [&](Mailboxes& m) { return m.exchange().log_of(grant.id); })) {
        ordered_json said = {{"at", to_timestamp_for_people(entry.at)},
                             {"by", entry.sent ? "us" : entry.peer.to_string()},
                             {"what", entry.word}};
        if (const auto notice = read_notice(entry.body)) {
            if (const auto* outcome = std::get_if<OutcomeNotice>(&*notice)) {
                said["outcome"] = to_word(outcome->outcome);
                if (outcome->readings) said["readings"] = *outcome->readings;
                said["reason"] = outcome->reason;
            }
        }
        all["said"].push_back(said);
    }
    const auto why = obstacle(grant, std::chrono::system_clock::now());
    all["valid_now"] = why.empty();
    console.out << all.dump(2) << '\n';
    return Exit::done;
}

int notice(const std::vector<std::string>& words, const Config& config, Store& store,
           Console& console) {
    const Grant grant = grant_named(words, store);
    const auto peer = read_from(store, [&](Mailboxes& m) { return m.find_peer(grant.peer); });
    console.out << processing_notice(config, grant, peer).dump(2) << '\n';
    return Exit::done;
}

int change(const cxxopts::ParseResult& given, const std::vector<std::string>& words,
           GrantState state, Store& store, Console& console) {
    const Grant grant = grant_named(words, store);
    if (!may_become(grant.state, state))
        throw Error(fmt::format("grant {} is {} and cannot become {}", grant.id,
                                to_word(grant.state), to_word(state)),
                    Retry::useless);
    const Time now = std::chrono::system_clock::now();
    store.commit(
        [&](Mailboxes& m) { change_grant(m, grant.id, state, text_of(given, "reason"), now); });
    console.err << "grant " << grant.id << " is " << to_word(state)
                << (state == GrantState::active ? "" : "; what waited under it will not go") << "; "
                << grant.peer.to_string() << " is told\n";
    return Exit::done;
}

cxxopts::Options options() {
    auto options = options_for("grant", "Who may have which series, for what, and until when");
    options.add_options()("action", "", cxxopts::value<std::string>()->default_value("list"))(
        "words", "", cxxopts::value<std::vector<std::string>>())("json", "list, calls: as JSON")(
        "reason", "why a state changes", cxxopts::value<std::string>(), "TEXT");
    options.add_options("A new grant")("subject", "only series about this: kersabiec@town.example",
                                       cxxopts::value<std::string>()->default_value("*"), "WHO")(
        "purpose", "what for; one word", cxxopts::value<std::string>(), "WORD")(
        "basis", "why it is lawful: " + legal_basis_words(), cxxopts::value<std::string>(), "WORD")(
        "retain", "how long the peer may keep it",
        cxxopts::value<std::string>()->default_value("P3Y"),
        "ISO8601")("history", "how far back it may ask; without it not at all",
                   cxxopts::value<std::string>(), "ISO8601")(
        "resolution", "the finest period that goes, what is finer is aggregated; else as it is",
        cxxopts::value<std::string>(), "ISO8601")(
        "pseudonym", "the peer gets each subject under a name that is made for it alone")(
        "hide", "levels of the path, counted from 1, that go so, too: 1,3",
        cxxopts::value<std::string>(), "LEVELS")("from", "valid from; now, unless it is said",
                                                 cxxopts::value<std::string>(), "TIME")(
        "until", "valid before; else until it is ended", cxxopts::value<std::string>(), "TIME");
    options.add_options("tell")("to", "readings before that", cxxopts::value<std::string>(),
                                "TIME");
    options.add_options("A new grant")("authorisation",
                                       "where whoever we process this for allows it: a reference",
                                       cxxopts::value<std::string>(), "TEXT");
    options.add_options("A consent")(
        "consent-mode", "who collected it: holder (we) or asker (the peer's side)",
        cxxopts::value<std::string>()->default_value("holder"),
        "WORD")("consent-by", "the organisation that collected it", cxxopts::value<std::string>(),
                "NAME")("consent-at", "when", cxxopts::value<std::string>(), "TIME")(
        "consent-method", "the positive act: \"signed form\"", cxxopts::value<std::string>(),
        "TEXT")("consent-text", "the version of the text that was shown",
                cxxopts::value<std::string>(),
                "VERSION")("consent-proof", "where the proof is, or its digest",
                           cxxopts::value<std::string>(), "TEXT")(
        "guardian", "who agreed with or for a minor", cxxopts::value<std::string>(), "NAME");
    options.parse_positional({"action", "words"});
    options.positional_help(
        "[list | add PEER SERIES | show ID | notice ID | calls [ID] | limit ID | lift ID | object "
        "ID | "
        "withdraw ID | erase ID | held | informed PEER ID | accept PEER ID | decline PEER ID | "
        "answer PEER ID erased|partly|kept | request PEER ID RIGHT | tell rectified|erased "
        "SERIES]");
    return options;
}

}  // namespace

int grant_command(Words words, Console& console) {
    auto understood = options();
    const auto given = parse(understood, words, console);
    if (!given) return Exit::done;
    const auto action = (*given)["action"].as<std::string>();
    const auto rest = given->count("words") > 0 ? (*given)["words"].as<std::vector<std::string>>()
                                                : std::vector<std::string>{};
    const Config config = config_of(*given);
    const auto store = shared_store(config);
    if (action == "list") return list(*given, *store, console);
    if (action == "add") return add(*given, rest, config, *store, console);
    if (action == "show") return show(rest, *store, console);
    if (action == "calls")
        return list_calls(*store, rest.empty() ? "" : rest.front(), listing_of(*given), console);
    if (action == "limit") return change(*given, rest, GrantState::limited, *store, console);
    if (action == "lift") return change(*given, rest, GrantState::active, *store, console);
    if (action == "object") return change(*given, rest, GrantState::objected, *store, console);
    if (action == "withdraw") return change(*given, rest, GrantState::withdrawn, *store, console);
    if (action == "erase") return change(*given, rest, GrantState::erased, *store, console);
    if (action == "notice") return notice(rest, config, *store, console);
    if (action == "request") return pass_on_request(*given, rest, *store, console);
    if (action == "informed") return note_persons_informed(rest, *store, console);
    if (action == "held") return list_held(*given, *store, console);
    if (action == "accept")
        return answer_to_offer(*given, rest, OfferAnswer::accepted, *store, console);
    if (action == "decline")
        return answer_to_offer(*given, rest, OfferAnswer::declined, *store, console);
    if (action == "answer") return answer_outcome(*given, rest, *store, console);
    if (action == "tell") return tell(*given, rest, *store, console);
    throw UsageError(
        "grant list, add, show, notice, calls, limit, lift, object, withdraw, erase, held, "
        "informed, "
        "accept, decline, answer, request or tell");
}

}  // namespace courant::cli
