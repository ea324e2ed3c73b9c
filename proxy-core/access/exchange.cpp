#include "proxy-core/access/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/series_pattern.hpp"
#include "proxy-core/access/subject_book.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/body.hpp"
#include "proxy-core/word_table.hpp"
#include "senml/codec.hpp"
#include "senml/name.hpp"

namespace courant {
namespace {

constexpr WordTable<OfferAnswer, 3> answers{{{OfferAnswer::none, ""},
                                             {OfferAnswer::accepted, "accepted"},
                                             {OfferAnswer::declined, "declined"}}};

constexpr std::int64_t letters_at_once = 256;
// One peer cannot make us keep more offers.
constexpr std::ptrdiff_t most_held = 10'000;

// Goes nowhere; stands in the log.
constexpr std::string_view informed_word = "informed";

// Whether nothing may be left of it at the holder.
bool has_to_go(const HeldGrant& held) {
    switch (held.grant.state) {
        case GrantState::objected:
        case GrantState::withdrawn:
            return held.role == LegalLink::processor;
        case GrantState::erased:
            return held.role == LegalLink::processor || held.role == LegalLink::joint_controller;
        case GrantState::active:
        case GrantState::limited:
            break;
    }
    return false;
}

void send(Mailboxes& m, const Jid& to, const Notice& notice, Time now) {
    const auto peer = m.find_peer(to);
    // Only our own kind understands.
    if (!peer || peer->dialect != Dialect::courant) return;
    const std::string body = notice_body(notice);
    m.enqueue({.peer = to.bare(), .envelope = {}, .body = body, .records = 0}, now);
    m.exchange().log({.at = now,
                      .sent = true,
                      .peer = to.bare(),
                      .about = std::string(subject_of(notice)),
                      .word = std::string(word_of(notice)),
                      .body = body});
}

bool has_said(Mailboxes& m, const Jid& peer, std::string_view about, std::string_view word) {
    const auto log = m.exchange().log_of(about);
    return std::any_of(log.begin(), log.end(), [&](const NoticeEntry& entry) {
        return !entry.sent && entry.peer == peer && entry.word == word;
    });
}

// --- what the holder hears

std::string take(Mailboxes& m, const Jid& peer, const OfferNotice& offer, Time now) {
    if (const auto known = m.exchange().find_held(peer, offer.grant.id)) {
        // Told again: what we said stands.
        if (known->answer != OfferAnswer::none) answer_offer(m, *known, known->answer, "", now);
        return {};
    }
    const auto all = m.exchange().held();
    if (std::count_if(all.begin(), all.end(),
                      [&](const HeldGrant& one) { return one.grant.peer == peer; }) >= most_held)
        return {};
    HeldGrant held{.grant = offer.grant, .role = offer.role};
    held.grant.peer = peer;
    held.grant.state = GrantState::active;
    held.grant.state_since = held.grant.added_at = now;
    const auto known = m.find_peer(peer);
    const auto& purposes = known->terms.purposes;
    const bool agreed = purposes.empty() || std::find(purposes.begin(), purposes.end(),
                                                      offer.grant.purpose) != purposes.end();
    m.exchange().put_held(held);
    if (agreed) {
        answer_offer(m, held, OfferAnswer::accepted, "", now);
        return fmt::format("grant {} was offered and accepted: {} for {}", held.grant.id,
                           held.grant.series, held.grant.purpose);
    }
    return fmt::format(
        "grant {} was offered for {}, which the agreement does not name: courant grant accept or "
        "decline {} {}",
        held.grant.id, held.grant.purpose, peer.to_string(), held.grant.id);
}

std::string take(Mailboxes& m, const Jid& peer, const StateNotice& change, Time now) {
    auto held = m.exchange().find_held(peer, change.grant);
    // What ended for good does not come back, whoever finds an old notice.
    if (!held || !may_become(held->grant.state, change.state)) return {};
    held->grant.state = change.state;
    held->grant.state_since = change.at;
    held->grant.state_reason = change.reason;
    m.exchange().put_held(*held);
    std::string what = fmt::format("its grant {} is {} now", change.grant, to_word(change.state));
    if (has_to_go(*held)) {
        m.exchange().add_erasure({.peer = peer,
                                  .about = change.grant,
                                  .series = held->grant.series,
                                  .subject = held->grant.subject,
                                  .asked_at = now});
        what += "; what was had under it is being erased";
    } else if (awaits_outcome(m, *held)) {
        what += fmt::format("; say what became of what was had: courant grant answer {} {}",
                            peer.to_string(), change.grant);
    }
    return what;
}

std::string take(Mailboxes& m, const Jid& peer, const ExpiryNotice& expiry, Time) {
    if (!m.exchange().find_held(peer, expiry.grant)) return {};
    if (has_said(m, peer, expiry.grant, word_of(Notice(expiry)))) return {};
    return fmt::format("its grant {} ends at {}", expiry.grant,
                       to_timestamp_for_people(expiry.until));
}

std::string take(Mailboxes& m, const Jid& peer, const CorrectionNotice& correction, Time now) {
    if (has_said(m, peer, correction.id, word_of(Notice(correction)))) return {};
    const auto all = m.exchange().held();
    const bool bound = std::any_of(all.begin(), all.end(), [&](const HeldGrant& held) {
        return held.grant.peer == peer &&
               (held.role == LegalLink::processor || held.role == LegalLink::joint_controller);
    });
    if (correction.kind == CorrectionNotice::Kind::erased && bound) {
        m.exchange().add_erasure({.peer = peer,
                                  .about = correction.id,
                                  .series = correction.series,
                                  .subject = "*",
                                  .from = correction.from,
                                  .to = correction.to,
                                  .asked_at = now});
        return fmt::format("{} from {} to {} is being erased", correction.series,
                           to_timestamp_for_people(correction.from),
                           to_timestamp_for_people(correction.to));
    }
    return fmt::format("readings of {} from {} to {} are {}: courant grant answer {} {}",
                       correction.series, to_timestamp_for_people(correction.from),
                       to_timestamp_for_people(correction.to),
                       correction.kind == CorrectionNotice::Kind::erased ? "to be erased" : "wrong",
                       peer.to_string(), correction.id);
}

// --- what the giver hears

std::string take(Mailboxes& m, const Jid& peer, const AnswerToOffer& answer, Time now) {
    const auto grant = m.access().find_grant(answer.grant);
    if (!grant || grant->peer != peer) return {};
    if (answer.accepted) return fmt::format("grant {} was accepted", answer.grant);
    if (may_become(grant->state, GrantState::withdrawn))
        m.access().set_grant_state(answer.grant, GrantState::withdrawn,
                                   "declined: " + answer.reason, now);
    return fmt::format("grant {} was declined: {}", answer.grant, answer.reason);
}

std::string take(Mailboxes& m, const Jid& peer, const OutcomeNotice& outcome, Time) {
    const auto told = m.exchange().log_of(outcome.about);
    const bool asked = std::any_of(told.begin(), told.end(), [&](const NoticeEntry& entry) {
        return entry.sent && entry.peer == peer;
    });
    if (!asked) return {};
    return fmt::format("of what it had under {}: {} {}", outcome.about, to_word(outcome.outcome),
                       outcome.reason);
}

std::string take(Mailboxes& m, const Jid& peer, const RightsRequest& request, Time) {
    const auto grant = m.access().find_grant(request.grant);
    if (!grant || grant->peer != peer) return {};
    const std::string body = notice_body(request);
    const auto log = m.exchange().log_of(request.grant);
    if (std::any_of(log.begin(), log.end(),
                    [&](const NoticeEntry& entry) { return !entry.sent && entry.body == body; }))
        return {};
    return fmt::format(
        "{} asked there, of what it has under grant {}: {} {}; courant subject show {}",
        request.subject, request.grant, to_word(request.right), request.reason, request.subject);
}

// Takes out of a pack what an erasure means; how many records those were.
std::int64_t without(const Erasure& erasure, const senml::Pack& pack, senml::Pack& rest) {
    std::vector<bool> meant(pack.name_count());
    for (std::uint32_t i = 0; i < pack.name_count(); ++i)
        meant[i] = means(erasure, pack.name(senml::NameId{i}));
    for (std::size_t i = 0; i < pack.size(); ++i) {
        const senml::Record& record = pack[i];
        const bool in_range = (!erasure.from || record.time >= *erasure.from) &&
                              (!erasure.to || record.time < *erasure.to);
        if (!meant[static_cast<std::size_t>(record.name)] || !in_range) rest.add_from(pack, i);
    }
    return static_cast<std::int64_t>(pack.size() - rest.size());
}

// The message without what is meant; nothing where it stays as it is.
std::optional<Rewritten> rest_of(Mailboxes& m, const Erasure& erasure, const Kept& kept) {
    // All that came under the grant, or what a correction means.
    if (!erasure.from) return Rewritten{.position = kept.position};
    const auto arrival = m.exchange().arrival(kept.position);
    senml::Pack pack;
    senml::Pack rest;
    if (!arrival ||
        !BodyReader(stored_body_limits).read(arrival->message.body, kept.stored_at, pack))
        return std::nullopt;
    if (without(erasure, pack, rest) == 0) return std::nullopt;
    Rewritten left{.position = kept.position};
    if (!rest.empty()) left.body = senml::write(senml::Format::xml, rest).value();
    left.records = static_cast<std::int64_t>(rest.size());
    return left;
}

void erase_letters(Mailboxes& m, const Erasure& erasure) {
    for (std::int64_t after = 0;;) {
        const auto letters = m.dead(after, {.messages = letters_at_once});
        if (letters.empty()) return;
        after = letters.back().id;
        for (const DeadLetter& letter : letters) {
            const bool theirs = letter.origin == DeadOrigin::arrived
                                    ? letter.whom == erasure.peer.to_string()
                                    : letter.origin == DeadOrigin::sink;
            if (theirs && !letter.payload.empty() && letter.envelope.grant == erasure.about)
                m.exchange().empty_dead(letter.id, "erased");
        }
    }
}

}  // namespace

std::string_view to_word(OfferAnswer answer) {
    return word_of(answers, answer);
}
std::optional<OfferAnswer> offer_answer_from(std::string_view word) {
    return value_of(answers, word);
}

void give_grant(Mailboxes& m, const Grant& grant, Time now) {
    m.access().add_grant(grant);
    const auto peer = m.find_peer(grant.peer);
    OfferNotice offer{.grant = grant, .role = peer ? peer->terms.link : LegalLink::none};
    // Who gets a pseudonym must not read the name here.
    if (grant.pseudonym) {
        offer.grant.subject = offer.grant.series = "*";
        if (offer.grant.consent) offer.grant.consent->guardian.clear();
    }
    send(m, grant.peer, offer, now);
}

bool change_grant(Mailboxes& m, std::string_view id, GrantState state, std::string_view reason,
                  Time now) {
    const auto grant = m.access().find_grant(id);
    if (!grant || !may_become(grant->state, state)) return false;
    m.access().set_grant_state(id, state, reason, now);
    send(m, grant->peer,
         StateNotice{.grant = grant->id, .state = state, .at = now, .reason = std::string(reason)},
         now);
    return true;
}

std::vector<Jid> tell_correction(Mailboxes& m, const CorrectionNotice& correction, Time now) {
    std::set<Jid> peers;
    const bool is_pattern = correction.series.find('*') != std::string::npos;
    for (const Grant& grant : m.access().grants()) {
        const bool fits = is_pattern ? series_matches(grant.series, correction.series) ||
                                           series_matches(correction.series, grant.series)
                                     : covers(grant, named_series(correction.series));
        const bool any = grant.from < now && fits;
        // Under a pseudonym the series has another name there, which this notice cannot say.
        if (any && !grant.pseudonym) peers.insert(grant.peer);
    }
    for (const Jid& peer : peers) send(m, peer, correction, now);
    return {peers.begin(), peers.end()};
}

std::vector<Grant> announce_expiries(Mailboxes& m, std::chrono::seconds ahead, Time now) {
    std::vector<Grant> announced;
    for (const Grant& grant : m.access().grants()) {
        if (!grant.until || !obstacle(grant, now).empty() || *grant.until - now > ahead) continue;
        const auto told = m.exchange().log_of(grant.id);
        const ExpiryNotice notice{.grant = grant.id, .until = *grant.until};
        if (std::any_of(told.begin(), told.end(), [&](const NoticeEntry& entry) {
                return entry.sent && entry.word == word_of(Notice(notice));
            }))
            continue;
        send(m, grant.peer, notice, now);
        announced.push_back(grant);
    }
    return announced;
}

void answer_offer(Mailboxes& m, HeldGrant held, OfferAnswer answer, std::string_view reason,
                  Time now) {
    held.answer = answer;
    m.exchange().put_held(held);
    send(m, held.grant.peer,
         AnswerToOffer{.grant = held.grant.id,
                       .accepted = answer == OfferAnswer::accepted,
                       .reason = std::string(reason)},
         now);
}

void pass_on(Mailboxes& m, const HeldGrant& held, const RightsRequest& request, Time now) {
    send(m, held.grant.peer, request, now);
}

void tell_outcome(Mailboxes& m, const Jid& peer, const OutcomeNotice& outcome, Time now) {
    send(m, peer, outcome, now);
}

std::string take_notice(Mailboxes& m, const Jid& peer, const Notice& notice, Time now) {
    const Jid bare = peer.bare();
    if (!m.find_peer(bare)) return {};
    auto effect = std::visit([&](const auto& one) { return take(m, bare, one, now); }, notice);
    // What changes nothing leaves nothing behind, however often it is said.
    if (!effect.empty())
        m.exchange().log({.at = now,
                          .sent = false,
                          .peer = bare,
                          .about = std::string(subject_of(notice)),
                          .word = std::string(word_of(notice)),
                          .body = notice_body(notice)});
    return effect;
}

std::optional<Time> inform_by(Mailboxes& m, const HeldGrant& held) {
    constexpr std::chrono::hours month{24 * 30};
    if (held.role == LegalLink::processor || held.grant.basis == LegalBasis::not_personal)
        return std::nullopt;
    const auto log = m.exchange().log_of(held.grant.id);
    const bool informed = std::any_of(log.begin(), log.end(), [&](const NoticeEntry& entry) {
        return entry.peer == held.grant.peer && entry.word == informed_word;
    });
    return informed ? std::nullopt : std::optional(held.grant.added_at + month);
}

void note_informed(Mailboxes& m, const HeldGrant& held, Time now) {
    m.exchange().log({.at = now,
                      .sent = true,
                      .peer = held.grant.peer,
                      .about = held.grant.id,
                      .word = std::string(informed_word),
                      .body = {}});
}

std::string why_not_onward(Mailboxes& m, std::string_view series, std::string_view authorisation) {
    const auto authority = series.substr(0, series.find('/'));
    for (const HeldGrant& held : m.exchange().held()) {
        const std::string giver = held.grant.peer.to_string();
        if (authority != giver || held.grant.basis == LegalBasis::not_personal) continue;
        if (held.role == LegalLink::processor && authorisation.empty())
            return fmt::format(
                "we process these for {0}, and nobody else gets them without its written word: "
                "--authorisation REFERENCE",
                giver);
        if (inform_by(m, held))
            return fmt::format(
                "the persons do not know yet that we have this from {0}: tell them, then courant "
                "grant informed {0} {1}",
                giver, held.grant.id);
    }
    return {};
}

void note_authorisation(Mailboxes& m, const Grant& grant, std::string_view reference, Time now) {
    m.exchange().log({.at = now,
                      .sent = true,
                      .peer = grant.peer,
                      .about = grant.id,
                      .word = "authorisation",
                      .body = std::string(reference)});
}

bool awaits_outcome(Mailboxes& m, const HeldGrant& held) {
    if (held.role == LegalLink::none || held.grant.state == GrantState::active ||
        held.grant.state == GrantState::limited)
        return false;
    const auto log = m.exchange().log_of(held.grant.id);
    return std::none_of(log.begin(), log.end(), [&](const NoticeEntry& entry) {
        return entry.sent && entry.peer == held.grant.peer && entry.word == "outcome" &&
               entry.at >= held.grant.state_since;
    });
}

bool means(const Erasure& erasure, std::string_view series) {
    const auto name = senml::Name::parse(series);
    if (!name || name->authority() != erasure.peer.bare().to_string()) return false;
    const NamedSeries named = named_series(series);
    return series_matches(erasure.series, named.name) &&
           series_matches(erasure.subject, named.subject);
}

std::optional<std::int64_t> erase_here(Mailboxes& m, const Erasure& erasure, std::int64_t after,
                                       std::int64_t most, std::int64_t& readings) {
    const auto page = m.exchange().kept(after, most);
    std::vector<Rewritten> rewritten;
    for (const Kept& kept : page) {
        if (kept.peer != erasure.peer) continue;
        if (!erasure.from && kept.envelope.grant != erasure.about) continue;
        auto rest = rest_of(m, erasure, kept);
        if (!rest) continue;
        readings += kept.records - rest->records;
        rewritten.push_back(*std::move(rest));
    }
    m.subjects().rewrite_inbox(rewritten);
    if (!page.empty()) return page.back().position;
    if (!erasure.from) readings += m.exchange().empty_waiting(erasure.peer, erasure.about);
    erase_letters(m, erasure);
    return std::nullopt;
}

}  // namespace courant
