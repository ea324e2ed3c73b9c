#include "cli/grant/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>

#include "proxy-core/mailbox/lane_id.hpp"

namespace courant::cli {

using nlohmann::ordered_json;

int list_held(const cxxopts::ParseResult& given, Store& store, Console& console) {
    ordered_json rows = ordered_json::array();
    store.read([&](Mailboxes& m) {
        rows = ordered_json::array();
        for (const HeldGrant& held : m.exchange().held()) {
            const bool owed = awaits_outcome(m, held);
            rows.push_back(
                {{"from", held.grant.peer.to_string()},
                 {"grant", one_line(held.grant.id)},
                 {"series", one_line(held.grant.series)},
                 {"purpose", one_line(held.grant.purpose)},
                 {"we_are", to_word(held.role)},
                 {"retain", held.grant.retain},
                 {"until", time_or_null(held.grant.until)},
                 {"state", to_word(held.grant.state)},
                 {"offer", held.answer == OfferAnswer::none ? std::string_view("to be answered")
                                                            : to_word(held.answer)},
                 {"inform_by", time_or_null(inform_by(m, held))},
                 {"to_do", owed ? "say what became of it" : ""}});
        }
    });
    print_list(console.out, rows, listing_of(given));
    return Exit::done;
}

int answer_to_offer(const cxxopts::ParseResult& given, const std::vector<std::string>& words,
                    OfferAnswer answer, Store& store, Console& console) {
    if (words.size() != 2) throw UsageError("which offer? courant grant held shows them");
    const Jid peer = jid_from(words[0]);
    bool found = false;
    store.commit([&](Mailboxes& m) {
        const auto held = m.exchange().find_held(peer, words[1]);
        found = held.has_value();
        if (found)
            answer_offer(m, *held, answer, text_of(given, "reason"),
                         std::chrono::system_clock::now());
    });
    if (!found)
        throw Error(fmt::format("{} has offered no grant {}", peer.to_string(), words[1]),
                    Retry::useless);
    console.err << "grant " << words[1] << " of " << peer.to_string() << " is " << to_word(answer)
                << '\n';
    return Exit::done;
}

int note_persons_informed(const std::vector<std::string>& words, Store& store, Console& console) {
    if (words.size() != 2) throw UsageError("whose grant? courant grant held shows them");
    const Jid peer = jid_from(words[0]);
    bool found = false;
    store.commit([&](Mailboxes& m) {
        const auto held = m.exchange().find_held(peer, words[1]);
        found = held.has_value();
        if (found) note_informed(m, *held, std::chrono::system_clock::now());
    });
    if (!found)
        throw Error(fmt::format("{} has offered no grant {}", peer.to_string(), words[1]),
                    Retry::useless);
    console.err << "noted: the persons know what " << peer.to_string() << " gave us under "
                << words[1] << '\n';
    return Exit::done;
}

int answer_outcome(const cxxopts::ParseResult& given, const std::vector<std::string>& words,
                   Store& store, Console& console) {
    const auto outcome = words.size() == 3 ? outcome_from(words[2]) : std::nullopt;
    if (!outcome) throw UsageError("grant answer PEER ID erased|partly|kept --reason TEXT");
    const std::string reason = text_of(given, "reason");
    if (*outcome != OutcomeNotice::Outcome::erased && reason.empty())
        throw UsageError("who keeps something says on what ground: --reason TEXT");
    const Jid peer = jid_from(words[0]);
    store.commit([&](Mailboxes& m) {
        const auto log = m.exchange().log_of(words[1]);
        if (std::none_of(log.begin(), log.end(), [&](const NoticeEntry& entry) {
                return !entry.sent && entry.peer == peer;
            }))
            throw Error(fmt::format("{} has said nothing of {}", peer.to_string(), words[1]),
                        Retry::useless);
        tell_outcome(m, peer, {.about = words[1], .outcome = *outcome, .reason = reason},
                     std::chrono::system_clock::now());
    });
    console.err << peer.to_string() << " is told: " << words[2] << '\n';
    return Exit::done;
}

int pass_on_request(const cxxopts::ParseResult& given, const std::vector<std::string>& words,
                    Store& store, Console& console) {
    const auto right = words.size() == 3 ? persons_right_from(words[2]) : std::nullopt;
    const std::string subject = text_of(given, "subject");
    if (!right || subject.empty() || subject == "*")
        throw UsageError(
            "grant request PEER ID access|rectify|erase|limit|port|object --subject WHO");
    const Jid peer = jid_from(words[0]);
    bool found = false;
    store.commit([&](Mailboxes& m) {
        const auto held = m.exchange().find_held(peer, words[1]);
        found = held.has_value();
        if (found)
            pass_on(m, *held,
                    {.grant = words[1],
                     .right = *right,
                     .subject = subject,
                     .reason = text_of(given, "reason")},
                    std::chrono::system_clock::now());
    });
    if (!found)
        throw Error(fmt::format("{} has offered no grant {}", peer.to_string(), words[1]),
                    Retry::useless);
    console.err << peer.to_string() << " is told what " << subject << " asks: " << words[2] << '\n';
    return Exit::done;
}

int tell(const cxxopts::ParseResult& given, const std::vector<std::string>& words, Store& store,
         Console& console) {
    using Kind = CorrectionNotice::Kind;
    const auto from = moment(given, "from");
    const auto to = moment(given, "to");
    const bool known = words.size() == 2 && (words[0] == "rectified" || words[0] == "erased");
    if (!known || !from || !to || *to <= *from)
        throw UsageError("grant tell rectified|erased SERIES --from TIME --to TIME");
    const Time now = std::chrono::system_clock::now();
    const CorrectionNotice correction{
        .id = make_lane_id(now).value,
        .kind = words[0] == "rectified" ? Kind::rectified : Kind::erased,
        .series = words[1],
        .from = *from,
        .to = *to,
        .reason = text_of(given, "reason")};
    std::vector<Jid> peers;
    store.commit([&](Mailboxes& m) { peers = tell_correction(m, correction, now); });
    console.out << correction.id << '\n';
    for (const Jid& peer : peers) console.err << peer.to_string() << " is told\n";
    if (peers.empty()) console.err << "nobody was ever given " << words[1] << '\n';
    return Exit::done;
}

}  // namespace courant::cli
