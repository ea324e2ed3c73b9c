// What the jobs' tests share: a store of their own that can get into trouble, and adapters that do
// what a test tells them.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "jobs/job_thread.hpp"
#include "jobs/outbound.hpp"
#include "senml/codec.hpp"
#include "tests/support/open_grant.hpp"
#include "tests/unit/federation/faulty_store.hpp"
#include "tests/unit/mailbox/sqlite_home.hpp"

namespace courant::test {

/// A JID that must be one.
inline Jid address(std::string_view text) {
    return Jid::parse(text).value();
}

inline const Jid self = address("zabbix@lorient.example");
inline const Jid coop = address("bmhs@coop.example");
inline const Jid analyst = address("dash@analyst.example");
inline constexpr std::string_view power = "zabbix:lorient.example/school:lorient.example/pv/power";
inline constexpr std::string_view indexes = "zabbix:lorient.example/school:lorient.example/index";
inline constexpr PageLimit everything{.messages = 1'000'000, .bytes = std::int64_t{1} << 40};

/// A moment, so many seconds after some day in 2026.
inline Time at(std::int64_t seconds) {
    return senml::from_unix_seconds(1'780'000'000 + seconds);
}

/// Adds a reading of watts.
inline void add(senml::Pack& pack, std::string_view name, Time time, double value) {
    pack.add(pack.intern_name(name), pack.intern_unit("W"), time, value);
}

/// Readings of one series, a second apart, with values that say their place: first, first + 1 …
inline senml::Pack readings(int count, int first = 1, std::string_view name = power) {
    senml::Pack pack;
    for (int i = first; i < first + count; ++i) add(pack, name, at(i), i);
    return pack;
}

/// Runs under a grant of its own unless one is named.
inline Subscription subscription(const Jid& peer, std::string series = "*",
                                 std::string retain = "P3Y", std::string grant = {}) {
    if (grant.empty()) grant = "for " + peer.to_string();
    return {.id = 0,
            .peer = peer,
            .series = std::move(series),
            .retain = std::move(retain),
            .grant = std::move(grant),
            .added_at = {}};
}

/// Who gets what where all of these run under such grants.
inline Audience audience_of(const std::vector<Subscription>& subscriptions,
                            const std::vector<Peer>& peers = {}) {
    std::vector<Grant> grants;
    for (const Subscription& one : subscriptions) grants.push_back(open_grant(one.peer, one.grant));
    return {subscriptions, grants, peers, at(0)};
}

inline DispatchRules rules() {
    return {.self = self};
}

inline Call call(std::stop_token stop = {}) {
    return {.now = at(0),
            .deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1),
            .stop = std::move(stop)};
}

/// The numbers that a body holds.
inline std::vector<double> numbers_of(const std::string& body) {
    senml::Pack pack;
    REQUIRE(BodyReader().read(body, at(0), pack));
    std::vector<double> numbers;
    for (const auto& record : pack.records()) numbers.push_back(record.number);
    return numbers;
}

/// first, first + 1 … last.
inline std::vector<double> run(int first, int last) {
    std::vector<double> numbers;
    for (int i = first; i <= last; ++i) numbers.push_back(i);
    return numbers;
}

/// Waits for another thread; a test that waits longer than half a minute has failed.
template <class Condition>
void wait_until(Condition met) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!met()) {
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        std::this_thread::yield();
    }
}

/// A store with its thread, a log and counters.
class Desk {
  public:
    Desk() { open(); }
    ~Desk() { faults_.mend(); }

    StoreThread& store() { return *store_; }
    StoreFaults& faults() { return faults_; }
    Logger logger() { return {LogLevel::info, LogFormat::text, log_}; }
    std::string log() const { return log_.str(); }
    Counters& counters() { return counters_; }
    /// The end of the process and its next start.
    void reopen() {
        store_.reset();
        open();
    }

    template <class F>
    auto ask(F question) {
        return store_->ask(question);
    }
    /// Under its grant, which is made where there is none.
    void subscribe(const Subscription& subscription) {
        ask([&](Mailboxes& m) {
            if (!m.find_peer(subscription.peer)) m.put_peer({.jid = subscription.peer});
            if (!m.access().find_grant(subscription.grant))
                m.access().add_grant(open_grant(subscription.peer, subscription.grant));
            m.put_subscription(subscription);
        });
    }
    /// The numbers that wait for a peer, in lane order.
    std::vector<double> outbox(const Jid& peer) {
        std::vector<double> numbers;
        for (const Message& message : messages(peer)) {
            const auto more = numbers_of(message.body);
            numbers.insert(numbers.end(), more.begin(), more.end());
        }
        return numbers;
    }
    std::vector<Message> messages(const Jid& peer) {
        return ask([&](Mailboxes& m) {
            std::vector<Message> messages;
            for (const OutgoingLane& lane : m.outgoing_lanes())
                if (lane.peer == peer) messages = m.outbox(lane.lane, 0, everything);
            return messages;
        });
    }
    std::vector<DeadLetter> dead() {
        return ask([](Mailboxes& m) {
            return m.dead(0, {.messages = 1'000'000, .bytes = std::int64_t{1} << 40});
        });
    }
    /// Takes a pack into the inbox.
    void arrives(const senml::Pack& pack, Time when = at(0)) {
        const auto body = senml::write(senml::Format::xml, pack);
        REQUIRE(body);
        ask([&](Mailboxes& m) {
            m.take_in({.peer = coop,
                       .lane = {"L"},
                       .seq = ++arrived_,
                       .envelope = {.retain = "P3Y", .grant = "g-1", .hops = {coop}},
                       .body = *body,
                       .records = static_cast<std::int64_t>(pack.size()),
                       .stored_at = when},
                      when);
        });
    }
    Outbound outbound(DispatchRules how = rules()) {
        const auto tell = [this](const std::vector<Enqueued>& messages) {
            told_ += messages.size();
        };
        const auto obstacle = [this](Mailboxes&, std::int64_t bytes, Time) {
            return bytes < room_ ? std::string() : obstacle_;
        };
        return {"roof",
                std::move(how),
                *store_,
                tell,
                counters_,
                std::make_shared<CurrentAudience>(),
                {.right = {}, .obstacle = obstacle, .withheld = {}},
                tally_};
    }
    /// Where the series of what was put are counted.
    SharedTally tally() const { return tally_; }
    /// Why nothing may be extracted from now on; empty: it may.
    void shut(std::string obstacle) {
        ask([&](Mailboxes&) { obstacle_ = std::move(obstacle); });
    }
    /// So many bytes at once have a place all the same.
    void makes_room_for(std::int64_t bytes) {
        ask([&](Mailboxes&) { room_ = bytes; });
    }
    /// Of how many messages the federation has been told.
    std::size_t told() const { return told_; }

  private:
    void open() {
        store_ =
            std::make_unique<StoreThread>(std::make_unique<FaultyStore>(home_.open({}), faults_));
    }
    SqliteHome home_;
    StoreFaults faults_;
    std::ostringstream log_;
    Counters counters_;
    std::unique_ptr<StoreThread> store_;
    SharedTally tally_ = std::make_shared<SeriesTally>();
    std::atomic<std::size_t> told_{0};
    std::string obstacle_;   ///< the store thread's
    std::int64_t room_ = 0;  ///< the store thread's
    Seq arrived_ = 0;
};

/// A source of a test's own making.
class ScriptedSource : public Source {
  public:
    using Pull = std::function<Extraction(std::string_view cursor, const Call& call)>;
    explicit ScriptedSource(Pull pull) : pull_(std::move(pull)) {}
    Extraction pull(std::string_view cursor, const Call& call) override {
        return pull_(cursor, call);
    }

  private:
    Pull pull_;
};

/// An app with readings 1 … last whose cursor is the last one taken, `portion` at a time.
inline Extraction numbered(std::string_view cursor, int last, int portion) {
    const int from = cursor.empty() ? 0 : std::stoi(std::string(cursor));
    const int to = std::min(last, from + portion);
    Extraction extraction;
    if (to > from) extraction.readings = readings(to - from, from + 1);
    extraction.cursor = std::to_string(to);
    extraction.more = to < last;
    return extraction;
}

/// A sink of a test's own making.
class ScriptedSink : public Sink {
  public:
    using Deliver = std::function<std::vector<Verdict>(const senml::Pack&, const Call&)>;
    explicit ScriptedSink(Deliver deliver) : deliver_(std::move(deliver)) {}
    std::vector<Verdict> deliver(const senml::Pack& pack, const Call& call) override {
        return deliver_(pack, call);
    }

  private:
    Deliver deliver_;
};

}  // namespace courant::test
