#include "tests/bench/delivery/latency.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "jobs/outbound.hpp"
#include "proxy-core/federation/federation.hpp"
#include "proxy-core/federation/xmpp_session.hpp"
#include "proxy-core/mailbox/sqlite_store.hpp"
#include "tests/bench/delivery/payload.hpp"
#include "tests/support/open_grant.hpp"
#include "tests/support/temp_dir.hpp"

namespace courant::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{60};

/// A store that writes down when how many readings were in its inbox, durably.
class WatchedStore final : public Store {
  public:
    struct Arrival {
        Clock::time_point at;
        std::size_t readings = 0;
    };

    explicit WatchedStore(std::unique_ptr<Store> inner) : inner_(std::move(inner)) {}
    std::vector<std::exception_ptr> commit_together(std::span<const Work> works) override {
        auto outcome = inner_->commit_together(works);
        const auto now = Clock::now();
        std::size_t readings = 0;
        inner_->read(
            [&](Mailboxes& m) { readings = static_cast<std::size_t>(m.inbox_size(0).records); });
        if (arrivals_.empty() || arrivals_.back().readings != readings)
            arrivals_.push_back({now, readings});
        seen_ = readings;
        return outcome;
    }
    void read(const Work& work) override { inner_->read(work); }

    std::size_t seen() const { return seen_; }
    /// After the store thread has ended.
    const std::vector<Arrival>& arrivals() const { return arrivals_; }

  private:
    std::unique_ptr<Store> inner_;
    std::vector<Arrival> arrivals_;
    std::atomic<std::size_t> seen_{0};
};

/// A proxy without adapters.
class Node {
  public:
    Node(const std::string& account, const test::XmppServer& server, const Pair& pair,
         std::unique_ptr<Store> store)
        : store_(std::move(store)),
          session_(xmpp(account, server, pair)),
          federation_(settings(account, server), session_, store_, {},
                      Logger(LogLevel::error, LogFormat::text, log_), counters_),
          thread_([this](const std::stop_token& stop) { federation_.run(stop); }) {}

    static Jid jid(const std::string& account, const test::XmppServer& server) {
        return *Jid::parse(account + '@' + server.domain());
    }
    StoreThread& store() { return store_; }
    Federation& federation() { return federation_; }
    Counters& counters() { return counters_; }
    void wait_until_online() const {
        for (const auto until = Clock::now() + patience; !federation_.online();) {
            if (Clock::now() > until) throw std::runtime_error("no session: " + log_.str());
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

  private:
    static XmppSettings xmpp(const std::string& account, const test::XmppServer& server,
                             const Pair& pair) {
        XmppSettings settings;
        settings.account = jid(account, server);
        settings.password = "secret";
        settings.servers = {server.address()};
        settings.ca_file = pair.servers.ca_file().string();
        return settings;
    }
    static FederationSettings settings(const std::string& account, const test::XmppServer& server) {
        FederationSettings settings;
        settings.self = jid(account, server);
        return settings;
    }

    std::ostringstream log_;
    Counters counters_;
    StoreThread store_;
    XmppSession session_;
    Federation federation_;
    std::jthread thread_;
};

}  // namespace

std::vector<double> live_latency(const Pair& pair, std::size_t count,
                                 std::chrono::microseconds interval) {
    const test::TempDir folder;
    auto watched = std::make_unique<WatchedStore>(open_sqlite_store(folder / "coop.sqlite"));
    const WatchedStore& inbox = *watched;
    std::vector<Clock::time_point> extracted;
    extracted.reserve(count);
    std::vector<WatchedStore::Arrival> arrivals;
    {
        Node coop("coop", pair.to, pair, std::move(watched));
        Node home("home", pair.from, pair, open_sqlite_store(folder / "home.sqlite"));
        const Jid home_jid = Node::jid("home", pair.from);
        const Jid coop_jid = Node::jid("coop", pair.to);
        const Time now = std::chrono::system_clock::now();
        coop.store().ask([&](Mailboxes& m) { m.put_peer({home_jid, false, now}); });
        home.store().ask([&](Mailboxes& m) {
            m.put_peer({coop_jid, false, now});
            m.access().add_grant(test::open_grant(coop_jid, "G"));
            m.put_subscription({.id = 0,
                                .peer = coop_jid,
                                .series = "*",
                                .retain = "P3Y",
                                .grant = "G",
                                .added_at = now});
        });
        coop.wait_until_online();
        home.wait_until_online();
        Outbound outbound(
            "meter", {.self = home_jid}, home.store(),
            [&](std::vector<Enqueued> messages) {
                home.federation().outbox_grew(std::move(messages));
            },
            home.counters());
        const auto until = [&](std::size_t readings) {
            for (const auto end = Clock::now() + patience; inbox.seen() < readings;) {
                if (Clock::now() > end) throw std::runtime_error("live readings do not arrive");
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        };
        auto next = Clock::now();
        for (std::size_t i = 0; i < count; ++i) {
            std::this_thread::sleep_until(next);
            next += interval;
            extracted.push_back(Clock::now());
            outbound.put_once(live_pack(i), {}, std::to_string(i),
                              std::chrono::system_clock::now());
            if (i == 0) {  // the servers find each other
                until(1);
                next = Clock::now();
            }
        }
        until(count);
        coop.store().ask([&](Mailboxes&) { arrivals = inbox.arrivals(); });
    }
    std::vector<double> seconds;
    auto arrival = arrivals.begin();
    for (std::size_t i = 1; i < count; ++i) {
        while (arrival != arrivals.end() && arrival->readings <= i) ++arrival;
        seconds.push_back(std::chrono::duration<double>(arrival->at - extracted[i]).count());
    }
    return seconds;
}

double percentile(std::vector<double> values, double part) {
    const auto at = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return values[static_cast<std::size_t>(at)];
}

}  // namespace courant::bench
