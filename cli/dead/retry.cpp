#include "cli/dead/retry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "cli/command.hpp"
#include "proxy-core/federation/intake.hpp"
#include "senml/codec.hpp"

namespace courant::cli {
namespace {

[[noreturn]] void refuse_retry(const std::string& why) {
    throw Error("it cannot go again: " + why, Retry::useless);
}

/// How many readings a letter holds; refuses one that holds none.
std::int64_t readings_in(const DeadLetter& letter) {
    const auto pack = senml::read(senml::Format::xml, letter.payload,
                                  {.now = letter.at, .names = senml::NameRule::federated});
    if (!pack) refuse_retry(pack.error().to_string());
    return static_cast<std::int64_t>(pack->size());
}

// What was wrong with an attribute does not show in the envelope that was kept.
bool envelope_was_at_fault(const DeadLetter& letter) {
    constexpr std::array<std::string_view, 4> attributes{"hops=", "quality=", "grant=", "retain="};
    return std::any_of(attributes.begin(), attributes.end(), [&](std::string_view attribute) {
        return letter.reason.starts_with(attribute);
    });
}

// What we refused comes in only if it would come in today: a retry is no way around the checks.
void check_again(Mailboxes& m, const DeadLetter& letter, const Jid& self, Time now) {
    if (envelope_was_at_fault(letter)) refuse_retry(letter.reason);
    const Jid from = jid_from(letter.whom);
    const auto peer = m.find_peer(from);
    if (!peer) refuse_retry(letter.whom + " is no peer (courant peer add)");
    const Inspection inspection = inspect(
        {.lane = {}, .seq = 1, .envelope = letter.envelope, .body = letter.payload, .fault = {}},
        from, self, now);
    const Refusal refused = refusal(inspection, *peer);
    if (!refused.whole.empty()) refuse_retry(refused.whole);
    if (!refused.records.empty()) refuse_retry(refused.records.front().reason);
}

/// Puts a letter into the inbox once more, in a lane from ourselves that all retries share.
void take_in_again(Mailboxes& m, const DeadLetter& letter, const Jid& self, Time now) {
    Message message{.peer = self,
                    .lane = {"retry"},
                    .seq = 1,
                    .envelope = letter.envelope,
                    .body = letter.payload,
                    .records = readings_in(letter),
                    .stored_at = now};
    for (const IncomingLane& lane : m.incoming_lanes(self))
        if (lane.lane == message.lane) message.seq = lane.next;
    m.take_in(message, now);
}

void insist_on_readings(const DeadLetter& letter) {
    if (letter.origin == DeadOrigin::source)
        throw Error(
            "a source could not use this; mend it there (courant dead show) and let the source "
            "bring it again",
            Retry::useless);
    if (letter.origin == DeadOrigin::dropped)
        throw Error(
            "what was dropped is gone; only its source can bring it again, if it still has it",
            Retry::useless);
}

}  // namespace

void retry(Mailboxes& m, const DeadLetter& letter, const Jid& self, Time now) {
    insist_on_readings(letter);
    if (!m.remove_dead(letter.id))
        throw Error(fmt::format("dead letter {} is gone already", letter.id), Retry::useless);
    if (letter.origin == DeadOrigin::sent) {
        m.enqueue({.peer = any_jid_from(letter.whom),
                   .envelope = letter.envelope,
                   .body = letter.payload,
                   .records = readings_in(letter)},
                  now);
        return;
    }
    if (letter.origin == DeadOrigin::arrived) check_again(m, letter, self, now);
    take_in_again(m, letter, self, now);
}

}  // namespace courant::cli
