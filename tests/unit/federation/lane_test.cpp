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
    limits.first_pause = 1s;
    limits.longest_pause = 20s;
    return limits;
}

LaneLimits coalescing() {
    LaneLimits limits = ::limits();
    limits.coalesce = 50ms;
    limits.records_per_message = 100;
    return limits;
}

/// A lane whose outbox holds messages of 100 bytes from acknowledged + 1 on.
struct Sender {
    Lane lane;
    Seq last;
    std::int64_t bytes = 100;
    std::vector<Seq> merges;

    explicit Sender(Seq messages, Seq acknowledged = 0, const LaneLimits& how = limits(),
                    std::uint64_t seed = 1)
        : lane(stored(messages, acknowledged), how, seed), last(messages) {}

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
            if (fetch->merge) {
                merges.push_back(*fetch->merge);
                last = std::min(last, *fetch->merge);
                lane.merged(*fetch, last);
            }
            const auto messages = outbox(*fetch);
            if (lane.fetched(*fetch, messages, now))
                for (const InFlight& message : messages) {
                    seqs.push_back(message.seq);
                    lane.sent(message.seq, now);
                }
            if (messages.empty() && fetch->messages > 0) break;
        }
        return seqs;
    }
    /// So many messages of one reading each come into the outbox, one after another.
    void grows(int messages, Instant now, std::int64_t records = 1) {
        for (int i = 0; i < messages; ++i) lane.grew(++last, records, now);
    }
    /// Silence until the circuit opens: how long the pause then is.
    std::chrono::nanoseconds opens(Instant& now) {
        REQUIRE(lane.due());
        now = *lane.due();
        CHECK(goes(now).empty());
        REQUIRE(lane.circuit() == Circuit::open);
        const auto pause = *lane.due() - now;
        now = *lane.due();
        return pause;
    }
};

std::vector<Seq> run(Seq first, Seq last) {
    std::vector<Seq> seqs;
    for (Seq seq = first; seq <= last; ++seq) seqs.push_back(seq);
    return seqs;
}

using Seqs = std::vector<Seq>;

bool is_fault(const Answered& outcome) {
    return std::holds_alternative<PeerFault>(outcome);
}

}  // namespace

TEST_CASE("nothing goes without a session") {
    Sender sender(5);
    CHECK(sender.goes(start).empty());
    CHECK_FALSE(sender.lane.due());
    sender.lane.session_began(start);
    CHECK(sender.goes(start) == run(1, 5));
    sender.lane.session_lost();
    sender.lane.grew(sender.last = 6, start);
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
    CHECK(sender.lane.due() == start + 8s);
    CHECK(sender.goes(start + 7s).empty());
    CHECK(sender.lane.circuit() == Circuit::closed);
    Instant now = start;
    CHECK(sender.opens(now) <= 1s);
    CHECK(sender.goes(now) == run(1, 1));
    CHECK(sender.lane.circuit() == Circuit::half_open);
    sender.lane.receipt(1, now);
    CHECK(sender.lane.circuit() == Circuit::closed);
    CHECK(sender.goes(now) == run(2, 5));
}

TEST_CASE("the time for an answer begins when the message is with the transport") {
    Sender sender(1);
    sender.lane.session_began(start);
    const auto fetch = sender.lane.next_fetch(start);
    REQUIRE(fetch);
    REQUIRE(sender.lane.fetched(*fetch, sender.outbox(*fetch), start));
    CHECK_FALSE(sender.lane.due());
    sender.lane.sent(1, start + 60s);
    CHECK(sender.lane.due() == start + 68s);
}

TEST_CASE("pauses fill the range from nothing to a ceiling that grows with every silence") {
    const auto pauses = [](std::uint64_t seed) {
        Sender sender(1, 0, limits(), seed);
        Instant now = start;
        sender.lane.session_began(now);
        std::vector<std::chrono::nanoseconds> drawn;
        for (int i = 0; i < 7; ++i) {
            CHECK(sender.goes(now) == run(1, 1));
            drawn.push_back(sender.opens(now));
        }
        return drawn;
    };
    const std::vector<std::chrono::seconds> ceilings{1s, 2s, 4s, 8s, 16s, 20s, 20s};
    int in_lower_half = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const auto drawn = pauses(seed);
        for (std::size_t i = 0; i < ceilings.size(); ++i) {
            CHECK(drawn[i] <= ceilings[i]);
            if (drawn[i] * 2 < ceilings[i]) ++in_lower_half;
        }
    }
    CHECK(in_lower_half > 600);
    CHECK(in_lower_half < 800);
    CHECK(pauses(7) == pauses(7));
    CHECK(pauses(7) != pauses(8));
}

TEST_CASE("a reason that will not pass by itself makes the lane try ever more rarely") {
    const auto longest = [](Bounce kind) {
        std::chrono::nanoseconds most{0};
        for (std::uint64_t seed = 0; seed < 50; ++seed) {
            Sender sender(1, 0, limits(), seed);
            Instant now = start;
            sender.lane.session_began(now);
            for (int i = 0; i < 12; ++i) {
                REQUIRE(sender.goes(now) == run(1, 1));
                sender.lane.bounced(1, kind, now);
                const Instant again = *sender.lane.due();
                most = std::max<std::chrono::nanoseconds>(most, again - now);
                now = again;
            }
        }
        return most;
    };
    CHECK(longest(Bounce::passing) <= 20s);
    CHECK(longest(Bounce::lasting) > 60s);
    CHECK(longest(Bounce::lasting) <= 120s);
}

TEST_CASE("a new session tries at once, with one message if the peer did not answer before") {
    for (const Seq acknowledged : {0, 2}) {
        const Seq first = acknowledged + 1;
        Sender sender(5);
        sender.lane.session_began(start);
        sender.goes(start);
        sender.lane.receipt(acknowledged, start);
        sender.lane.session_lost();
        CHECK_FALSE(sender.lane.due());
        sender.lane.session_began(start);
        CHECK(sender.goes(start) == run(first, 5));
        sender.lane.bounced(first, Bounce::passing, start);
        sender.lane.session_lost();
        sender.lane.session_began(start);
        // Who has acknowledged something is asked first.
        if (acknowledged > 0) {
            CHECK(sender.lane.question(start) == acknowledged);
            sender.lane.receipt(acknowledged, start);
        }
        CHECK(sender.goes(start) == run(first, first));
        sender.lane.receipt(first, start);
        CHECK(sender.goes(start) == run(first + 1, 5));
    }
}

TEST_CASE(
    "a peer that was silent is asked again within seconds, and a message waits for its answer") {
    LaneLimits how = limits();
    how.longest_pause = 300s;
    Sender sender(9, 4, how);
    auto now = start;
    sender.lane.session_began(now);
    CHECK(sender.goes(now) == run(5, 9));
    for (int asked = 0; asked < 20; ++asked) {
        CHECK(sender.opens(now) <= how.longest_unasked);
        CHECK(sender.lane.question(now) == 4);
        CHECK(sender.goes(now).empty());
    }
    // An answer counts although the question after it is on its way, or due.
    sender.opens(now);
    CHECK_FALSE(is_fault(sender.lane.receipt(4, now)));
    CHECK(sender.lane.circuit() == Circuit::open);
    CHECK_FALSE(sender.lane.question(now));
    CHECK(sender.goes(now) == Seqs{5});
    CHECK(sender.lane.circuit() == Circuit::half_open);
    sender.lane.receipt(5, now);
    CHECK(sender.lane.circuit() == Circuit::closed);
    CHECK(sender.goes(now) == run(6, 9));
}

TEST_CASE("a message that comes back from a peer that is there is not tried every few seconds") {
    LaneLimits how = limits();
    how.longest_pause = 300s;
    std::chrono::nanoseconds most{0};
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Sender sender(5, 4, how, seed);
        Instant now = start;
        sender.lane.session_began(now);
        CHECK(sender.goes(now) == Seqs{5});
        for (int i = 0; i < 12; ++i) {
            sender.lane.bounced(5, Bounce::passing, now);
            most = std::max<std::chrono::nanoseconds>(most, *sender.lane.due() - now);
            now = *sender.lane.due();
            CHECK(sender.lane.question(now) == 4);
            sender.lane.receipt(4, now);
            CHECK(sender.goes(now) == Seqs{5});
        }
    }
    CHECK(most > 100s);
    CHECK(most <= 300s);
}

TEST_CASE("the bounces of one window count as one") {
    Sender sender(8);
    sender.lane.session_began(start);
    sender.goes(start);
    for (Seq seq = 1; seq <= 8; ++seq) sender.lane.bounced(seq, Bounce::passing, start);
    const Instant again = *sender.lane.due();
    CHECK(again <= start + 1s);  // the first ceiling
    CHECK(sender.goes(again) == run(1, 1));
    sender.lane.bounced(8, Bounce::passing, again);
    CHECK(sender.lane.circuit() == Circuit::half_open);
}

TEST_CASE("answers that take long make the lane more patient, and quick ones less again") {
    Sender sender(100);
    sender.lane.session_began(start);
    Instant now = start;
    CHECK(sender.lane.patience() == 8s);
    for (Seq seq = 1; seq <= 3; ++seq) {
        sender.goes(now);
        now += 7s;
        sender.lane.receipt(seq, now);
    }
    CHECK(sender.lane.patience() == 20s);  // twice as long as the slow ones, to a limit
    for (Seq seq = 4; seq <= 40; ++seq) {
        sender.goes(now);
        sender.lane.receipt(seq, now);
    }
    CHECK(sender.lane.patience() == 8s);
}

TEST_CASE("an answer to what was sent twice tells nothing about the time that it took") {
    Sender sender(1);
    Instant now = start;
    sender.lane.session_began(now);
    sender.goes(now);
    sender.opens(now);
    CHECK(sender.lane.patience() == 16s);
    CHECK(sender.goes(now) == run(1, 1));
    sender.lane.receipt(1, now);  // to the first copy, as likely as not
    CHECK(sender.lane.patience() == 16s);
}

TEST_CASE("a cap on the rate lets so many bytes a second go, and one message at least") {
    LaneLimits capped = limits();
    capped.bytes_per_second = 200;
    Sender sender(100, 0, capped);
    sender.lane.session_began(start);
    std::size_t went = 0;
    for (auto now = start; now < start + 10s; now += 100ms)
        for (const Seq seq : sender.goes(now)) {
            ++went;
            sender.lane.receipt(seq, now);
        }
    // A burst of one second's worth, one message beyond the cap, and what a window reads at once.
    CHECK(went >= 20);
    CHECK(went <= 20 + 2 + 8);

    Sender large(3, 0, capped);
    large.bytes = 5'000;
    large.lane.session_began(start);
    CHECK(large.goes(start) == run(1, 1));
    large.lane.receipt(1, start);
    CHECK(large.lane.due() == start + 24s);
    CHECK(large.goes(start + 23s).empty());
    CHECK(large.goes(start + 24s) == run(2, 2));
}

TEST_CASE("a resume makes the lane go on at once, from where the peer stands") {
    Sender sender(8);
    sender.lane.session_began(start);
    sender.goes(start);
    sender.lane.bounced(1, Bounce::passing, start);
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
    sender.lane.grew(sender.last = 10, start);
    auto fetch = sender.lane.next_fetch(start);
    REQUIRE(fetch);
    sender.lane.receipt(9, start);  // a peer that has it from a session before
    CHECK_FALSE(sender.lane.fetched(*fetch, sender.outbox(*fetch), start));
    CHECK(sender.goes(start) == run(10, 10));

    sender.lane.grew(sender.last = 12, start);
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
    CHECK_FALSE(sender.lane.due());
}

TEST_CASE("an outbox that held less than was thought is asked again when it grows") {
    Sender sender(8);
    sender.lane.session_began(start);
    const auto fetch = sender.lane.next_fetch(start);
    REQUIRE(fetch);
    CHECK(sender.lane.fetched(*fetch, {}, start));
    CHECK_FALSE(sender.lane.next_fetch(start));
    CHECK_FALSE(sender.lane.due());
    CHECK_FALSE(is_fault(sender.lane.receipt(2, start)));  // of a session before
    sender.lane.grew(8, start);
    CHECK(sender.goes(start) == run(3, 8));
}

// --- putting small messages together

TEST_CASE("a message that finds its lane idle goes at once") {
    Sender sender(0, 0, coalescing());
    sender.lane.session_began(start);
    sender.grows(1, start);
    CHECK(sender.goes(start) == run(1, 1));
    CHECK(sender.merges.empty());
}

TEST_CASE("while something is in flight small messages wait for its receipt, then go as one") {
    Sender sender(0, 0, coalescing());
    sender.lane.session_began(start);
    sender.grows(1, start);
    sender.goes(start);
    sender.grows(10, start + 5ms);
    CHECK(sender.goes(start + 20ms).empty());
    sender.lane.receipt(1, start + 20ms);
    CHECK(sender.goes(start + 20ms) == run(2, 2));
    CHECK(sender.merges == Seqs{2});
    sender.lane.receipt(2, start + 30ms);
    CHECK(sender.lane.in_flight() == 0);
    CHECK_FALSE(sender.lane.due());
}

TEST_CASE("small messages wait for fifty milliseconds and no more") {
    Sender sender(0, 0, coalescing());
    sender.lane.session_began(start);
    sender.grows(1, start);
    sender.goes(start);
    sender.grows(1, start + 5ms);
    sender.grows(1, start + 30ms);
    CHECK(sender.lane.due() == start + 55ms);
    CHECK(sender.goes(start + 54ms).empty());
    CHECK(sender.goes(start + 55ms) == run(2, 2));
    sender.grows(1, start + 60ms);
    CHECK(sender.lane.due() == start + 110ms);
}

TEST_CASE("what fills half a message waits for nobody, nor does anything where that is off") {
    Sender full(0, 0, coalescing());
    full.lane.session_began(start);
    full.grows(1, start, 100);
    full.goes(start);
    full.grows(1, start, 50);
    CHECK(full.goes(start) == run(2, 2));

    Sender off(0, 0, limits());
    off.lane.session_began(start);
    off.grows(1, start);
    off.goes(start);
    off.grows(3, start);
    CHECK(off.goes(start) == run(2, 4));
    CHECK(off.merges.empty());
}

TEST_CASE("what may have been sent before is never put together") {
    Sender sender(5, 0, coalescing());  // from before this lane was made
    sender.lane.session_began(start);
    sender.grows(2, start);
    CHECK(sender.goes(start) == run(1, 7));
    CHECK(sender.merges.empty());
    sender.lane.session_lost();
    sender.lane.session_began(start);
    CHECK(sender.goes(start) == run(1, 7));
    CHECK(sender.merges.empty());
}

TEST_CASE("a crowd of small messages is put together although it cannot go") {
    Sender sender(0, 0, coalescing());
    sender.grows(63, start);
    CHECK_FALSE(sender.lane.due());
    sender.grows(1, start);
    REQUIRE(sender.lane.due());
    CHECK(sender.goes(start).empty());
    CHECK(sender.merges == Seqs{1});
    CHECK(sender.last == 1);
    CHECK_FALSE(sender.lane.due());
    sender.grows(64, start);
    sender.goes(start);
    CHECK(sender.merges == Seqs{1, 2});  // each once
}

TEST_CASE("a merge that fails holds nothing up") {
    Sender sender(0, 0, coalescing());
    sender.lane.session_began(start);
    sender.grows(3, start);
    const auto fetch = sender.lane.next_fetch(start);
    REQUIRE(fetch);
    REQUIRE(fetch->merge == 1);
    CHECK_FALSE(sender.lane.fetched(*fetch, {}, start));  // the disk is full
    CHECK(sender.goes(start) == run(1, 3));
    CHECK(sender.merges.empty());
}

TEST_CASE("what this run numbers waits for the peer's word, for which a void asks once") {
    Sender sender(10, 10);
    sender.lane.doubt();
    sender.lane.session_began(start);
    CHECK_FALSE(sender.lane.question(start));  // nothing waits
    sender.grows(3, start);
    REQUIRE(sender.lane.due());
    CHECK(sender.lane.question(start) == 10);
    CHECK_FALSE(sender.lane.question(start));
    CHECK(sender.goes(start).empty());
    CHECK_FALSE(is_fault(sender.lane.receipt(10, start)));
    CHECK(sender.goes(start) == run(11, 13));
    CHECK_FALSE(sender.lane.question(start));
}

TEST_CASE("where older messages go first, their receipt is the word") {
    Sender sender(10, 7);
    sender.lane.doubt();
    sender.lane.session_began(start);
    sender.grows(5, start);
    CHECK_FALSE(sender.lane.question(start));
    CHECK(sender.goes(start) == run(8, 10));
    CHECK_FALSE(sender.lane.has_more());
    CHECK_FALSE(is_fault(sender.lane.receipt(8, start)));
    CHECK(sender.goes(start) == run(11, 15));
}

TEST_CASE("a peer that knows more than this store gave out shows that it is an older copy") {
    Sender sender(10, 10);
    sender.lane.doubt();
    sender.lane.session_began(start);
    sender.grows(50, start);
    CHECK(sender.lane.question(start) == 10);
    const auto answered = sender.lane.receipt(30, start);
    REQUIRE(std::holds_alternative<OlderCopy>(answered));
    CHECK(std::get<OlderCopy>(answered).through == 30);
    CHECK(std::get<OlderCopy>(answered).genuine == 10);
    CHECK(sender.lane.acknowledged() == 10);
    CHECK(sender.goes(start).empty());
}

TEST_CASE("a receipt from before the question is no word: servers store them for the absent") {
    Sender sender(10, 9);
    sender.lane.doubt();
    sender.lane.session_began(start);
    sender.grows(1, start);
    CHECK_FALSE(is_fault(sender.lane.receipt(10, start)));
    CHECK(sender.goes(start).empty());
    CHECK(sender.lane.question(start) == 10);
}

TEST_CASE("a question without answer, or that comes back, is asked again after a pause") {
    for (const bool comes_back : {true, false}) {
        Sender sender(10, 10);
        sender.lane.doubt();
        auto now = start;
        sender.lane.session_began(now);
        sender.grows(1, now);
        CHECK(sender.lane.question(now) == 10);
        if (comes_back) {
            sender.lane.bounced(10, Bounce::passing, now);
        } else {
            now = *sender.lane.due();
            CHECK(sender.goes(now).empty());
        }
        CHECK(sender.lane.circuit() == Circuit::open);
        now = *sender.lane.due();
        CHECK(sender.lane.question(now) == 10);
        CHECK(sender.lane.circuit() == Circuit::half_open);
        CHECK_FALSE(is_fault(sender.lane.receipt(10, now)));
        CHECK(sender.goes(now) == Seqs{11});
    }
}

TEST_CASE(
    "where nobody answers questions, the first message finds out, alone, and nothing is doubted") {
    LaneLimits blunt = limits();
    blunt.probe = Probe::message;
    Sender sender(10, 9, blunt);
    sender.lane.doubt();
    auto now = start;
    sender.lane.session_began(now);
    sender.grows(2, now);
    CHECK_FALSE(sender.lane.question(now));
    CHECK(sender.goes(now) == Seqs{10, 11, 12});
    sender.lane.bounced(10, Bounce::passing, now);
    CHECK(sender.lane.circuit() == Circuit::open);
    now = *sender.lane.due();
    CHECK_FALSE(sender.lane.question(now));
    CHECK(sender.goes(now) == Seqs{10});
    CHECK_FALSE(is_fault(sender.lane.receipt(10, now)));
    CHECK(sender.lane.circuit() == Circuit::closed);
    CHECK(sender.goes(now) == Seqs{11, 12});
}

TEST_CASE("a lane that is to be spoken to in another way waits for no answer to its question") {
    Sender sender(10, 10);
    sender.lane.doubt();
    sender.lane.session_began(start);
    sender.grows(1, start);
    CHECK(sender.lane.question(start) == 10);
    LaneLimits blunt = limits();
    blunt.probe = Probe::message;
    sender.lane.follow(blunt);
    CHECK(sender.goes(start) == Seqs{11});
}
