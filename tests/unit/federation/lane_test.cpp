#include "proxy-core/federation/lane.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace courant;
using namespace std::chrono_literals;

namespace {

constexpr Instant start{};

LaneLimits limits() {
    LaneLimits limits;
    limits.window_messages = 8;
    limits.window_bytes = 8'000;
    limits.answer_timeout = 8s;
    limits.longest_pause = 20s;
    return limits;
}

/// A lane whose outbox holds messages of 100 bytes from acknowledged + 1 on.
struct Sender {
    Lane lane;
    Seq last;
    std::int64_t bytes = 100;

    explicit Sender(Seq messages, Seq acknowledged = 0)
        : lane(stored(messages, acknowledged), limits()), last(messages) {}

    static OutgoingLane stored(Seq messages, Seq acknowledged) {
        OutgoingLane lane;
        lane.lane = {"L"};
        lane.peer = Jid::parse("bmhs@coop.example").value();
        lane.next = messages + 1;
        lane.acknowledged = acknowledged;
        return lane;
    }

    /// What the outbox answers to a fetch.
    std::vector<InFlight> outbox(const Fetch& fetch) const {
        std::vector<InFlight> messages;
        std::int64_t size = 0;
        for (Seq seq = fetch.after + 1;
             seq <= last && std::cmp_less(messages.size(), fetch.messages); ++seq) {
            if (size + bytes > fetch.bytes && size > 0) break;
            messages.push_back({.seq = seq, .bytes = bytes});
            size += bytes;
        }
        return messages;
    }
    /// Fetches and sends until nothing may go: the numbers that went.
    std::vector<Seq> goes(Instant now) {
        std::vector<Seq> seqs;
        while (const auto fetch = lane.next_fetch(now)) {
            const auto messages = outbox(*fetch);
            if (lane.fetched(*fetch, messages, now))
                for (const InFlight& message : messages) seqs.push_back(message.seq);
            if (messages.empty()) break;
        }
        return seqs;
    }
};

std::vector<Seq> run(Seq first, Seq last) {
    std::vector<Seq> seqs;
    for (Seq seq = first; seq <= last; ++seq) seqs.push_back(seq);
    return seqs;
}

using Seqs = std::vector<Seq>;

bool is_fault(const std::variant<Settled, PeerFault>& outcome) {
    return std::holds_alternative<PeerFault>(outcome);
}

}  // namespace

TEST_CASE("nothing goes without a session") {
    Sender sender(5);
    CHECK(sender.goes(start).empty());
    CHECK_FALSE(sender.lane.deadline());
    sender.lane.session_began(start);
    CHECK(sender.goes(start) == run(1, 5));
    sender.lane.session_lost();
    sender.lane.grew(sender.last = 6);
    CHECK(sender.goes(start).empty());
}

TEST_CASE("a window of messages is in flight, and opens as receipts come") {
    Sender sender(100);
    sender.lane.session_began(start);
    CHECK(sender.goes(start) == run(1, 8));
    CHECK(sender.lane.in_flight() == 8);
    const auto settled = std::get<Settled>(sender.lane.receipt(3, start));
    CHECK(settled.messages.size() == 3);
    CHECK(settled.messages.front().seq == 1);
    CHECK(settled.advanced);
    CHECK(sender.lane.acknowledged() == 3);
    CHECK(sender.goes(start) == run(9, 11));
}

TEST_CASE("the window is one of bytes too, and a message larger than it goes all the same") {
    Sender sender(100);
    sender.bytes = 3'000;
    sender.lane.session_began(start);
    CHECK(sender.goes(start).size() == 3);  // the third opens before the window is full
    Sender large(3);
    large.bytes = 50'000;
    large.lane.session_began(start);
    CHECK(large.goes(start) == run(1, 1));
}

TEST_CASE("a window that opens by one message does not read the outbox for each") {
    Sender sender(100);
    sender.lane.session_began(start);
    sender.goes(start);
    sender.lane.receipt(1, start);
    CHECK(sender.goes(start).empty());
    sender.lane.receipt(2, start);
    CHECK(sender.goes(start) == run(9, 10));
}

TEST_CASE("without an answer the lane goes back and sends its first message alone") {
    Sender sender(5);
    sender.lane.session_began(start);
    sender.goes(start);
    CHECK(sender.lane.deadline() == start + 8s);
    CHECK(sender.goes(start + 7s).empty());
    CHECK(sender.goes(start + 8s).empty());
    CHECK(sender.lane.probing());
    CHECK(sender.lane.deadline() == start + 9s);  // an eighth of the patience
    CHECK(sender.goes(start + 9s) == run(1, 1));
    sender.lane.receipt(1, start + 9s);
    CHECK_FALSE(sender.lane.probing());
    CHECK(sender.goes(start + 9s) == run(2, 5));
}

TEST_CASE("pauses grow with every silence, to a limit") {
    Sender sender(1);
    Instant now = start;
    sender.lane.session_began(now);
    std::vector<std::chrono::seconds> pauses;
    for (int i = 0; i < 7; ++i) {
        CHECK(sender.goes(now) == run(1, 1));
        now += 8s;
        CHECK(sender.goes(now).empty());
        const auto again = sender.lane.deadline().value();
        pauses.push_back(std::chrono::duration_cast<std::chrono::seconds>(again - now));
        now = again;
    }
    CHECK(pauses == std::vector<std::chrono::seconds>{1s, 2s, 4s, 8s, 16s, 20s, 20s});
}

TEST_CASE("a new session forgets the pauses and sends everything unacknowledged again") {
    Sender sender(5);
    sender.lane.session_began(start);
    sender.goes(start);
    sender.lane.receipt(2, start);
    sender.lane.bounced(start);
    sender.lane.session_lost();
    sender.lane.session_began(start);
    CHECK(sender.goes(start) == run(3, 5));
}

TEST_CASE("the bounces of one window count as one") {
    Sender sender(8);
    sender.lane.session_began(start);
    sender.goes(start);
    for (int i = 0; i < 8; ++i) sender.lane.bounced(start);
    CHECK(sender.lane.deadline() == start + 1s);
    CHECK(sender.goes(start).empty());
    CHECK(sender.goes(start + 1s) == run(1, 1));
}

TEST_CASE("a resume makes the lane go on at once, from where the peer stands") {
    Sender sender(8);
    sender.lane.session_began(start);
    sender.goes(start);
    sender.lane.bounced(start);
    const auto settled = std::get<Settled>(sender.lane.resume(4, start));
    CHECK(settled.advanced);
    CHECK(sender.lane.acknowledged() == 3);
    CHECK(sender.goes(start) == run(4, 8));
}

TEST_CASE("a resume behind what was acknowledged does not take it back") {
    Sender sender(8, 5);
    sender.lane.session_began(start);
    CHECK_FALSE(is_fault(sender.lane.resume(1, start)));
    CHECK(sender.lane.acknowledged() == 5);
    CHECK(sender.goes(start) == run(6, 8));
}

TEST_CASE("a receipt for the past settles nothing; one for the future is the peer's fault") {
    Sender sender(8, 5);
    sender.lane.session_began(start);
    sender.goes(start);
    CHECK_FALSE(std::get<Settled>(sender.lane.receipt(2, start)).advanced);
    const auto fault = std::get<PeerFault>(sender.lane.receipt(9, start));
    CHECK(fault.through == 9);
    CHECK(fault.given_out == 8);
    CHECK(is_fault(sender.lane.resume(10, start)));
    CHECK(sender.lane.acknowledged() == 5);
    CHECK(sender.lane.in_flight() == 3);
}

TEST_CASE("what is missing goes again, and once for a while however often it is asked for") {
    Sender sender(8);
    sender.lane.session_began(start);
    sender.goes(start);
    CHECK_FALSE(sender.lane.missing(2, 3, start));
    CHECK_FALSE(sender.lane.missing(2, 3, start));
    auto fetch = sender.lane.next_fetch(start);
    REQUIRE(fetch);
    CHECK(fetch->after == 1);
    CHECK(fetch->through == 3);
    CHECK(sender.lane.fetched(*fetch, sender.outbox(*fetch), start));
    CHECK_FALSE(sender.lane.next_fetch(start));
    sender.lane.missing(2, 3, start + 1s);
    CHECK_FALSE(sender.lane.next_fetch(start + 1s));
    sender.lane.missing(2, 2, start + 2s);
    fetch = sender.lane.next_fetch(start + 2s);
    REQUIRE(fetch);
    CHECK(fetch->through == 2);
}

TEST_CASE("what was never sent is not sent because somebody misses it") {
    Sender sender(100);
    sender.lane.session_began(start);
    sender.goes(start);
    CHECK_FALSE(sender.lane.missing(50, 60, start));
    CHECK_FALSE(sender.lane.next_fetch(start));
}

TEST_CASE("what was acknowledged and is missed is to be voided, a window at a time, once") {
    using Range = std::pair<Seq, Seq>;
    Sender sender(5'000, 4'000);
    sender.lane.session_began(start);
    CHECK(sender.lane.missing(1, 4'100, start) == Range{1, 1'000});
    CHECK_FALSE(sender.lane.missing(1, 4'100, start));
    CHECK_FALSE(sender.lane.missing(2'000, 4'100, start));  // however many ranges a receipt has
    sender.lane.receipt(400, start);
    CHECK(sender.lane.missing(401, 4'100, start) == Range{1'001, 1'400});
    sender.lane.receipt(3'499, start);
    CHECK(sender.lane.missing(3'500, 4'100, start) == Range{3'500, 4'000});
    CHECK(sender.lane.missing(3'600, 4'100, start + 2s) == Range{3'600, 4'000});
    CHECK_FALSE(sender.lane.missing(4'001, 4'100, start + 2s));
}

TEST_CASE("a fetch that the lane has overtaken is not sent") {
    Sender sender(8);
    sender.lane.session_began(start);
    sender.goes(start);
    sender.lane.receipt(8, start);
    sender.lane.grew(sender.last = 10);
    auto fetch = sender.lane.next_fetch(start);
    REQUIRE(fetch);
    sender.lane.receipt(9, start);  // a peer that has it from a session before
    CHECK_FALSE(sender.lane.fetched(*fetch, sender.outbox(*fetch), start));
    CHECK(sender.goes(start) == run(10, 10));

    sender.lane.grew(sender.last = 12);
    fetch = sender.lane.next_fetch(start);
    REQUIRE(fetch);
    sender.lane.session_lost();
    CHECK_FALSE(sender.lane.fetched(*fetch, sender.outbox(*fetch), start));
}

TEST_CASE("one fetch is under way at a time") {
    Sender sender(8);
    sender.lane.session_began(start);
    REQUIRE(sender.lane.next_fetch(start));
    CHECK_FALSE(sender.lane.next_fetch(start));
    CHECK_FALSE(sender.lane.deadline());
}

TEST_CASE("an outbox that held less than was thought is asked again when it grows") {
    Sender sender(8);
    sender.lane.session_began(start);
    const auto fetch = sender.lane.next_fetch(start);
    REQUIRE(fetch);
    CHECK(sender.lane.fetched(*fetch, {}, start));
    CHECK_FALSE(sender.lane.next_fetch(start));
    CHECK_FALSE(sender.lane.deadline());
    CHECK_FALSE(is_fault(sender.lane.receipt(2, start)));  // of a session before
    sender.lane.grew(8);
    CHECK(sender.goes(start) == run(3, 8));
}
