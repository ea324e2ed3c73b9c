// What a reading costs as a proxy grows: processor time from the extraction to the receipt, with
// ten subscriptions and with ten thousand.
//
//     build/bench/tests/bench/scale_bench [readings]         20 000 by default, for each line
//
// Everything is real but the network: a SQLite store on the disk, the extraction's door into the
// outbox, the federation. In place of servers stands a transport that answers each message at once
// with the receipt of a peer. `few` sends to the same ten peers whatever the number of
// subscriptions; `all` to every peer in turn; `idle` is the processor time of a second in which
// nothing happens. A line should not be dearer than the one above it.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "jobs/outbound.hpp"
#include "proxy-core/federation/federation.hpp"
#include "proxy-core/mailbox/sqlite_store.hpp"
#include "senml/name.hpp"
#include "tests/support/open_grant.hpp"
#include "tests/support/temp_dir.hpp"

namespace {

using namespace courant;
using namespace std::chrono_literals;

constexpr int readings_in_an_extraction = 10;
const Jid self = *Jid::parse("meters@town.example");

double processor_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double resident_mib() {
    long pages = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1048576.0;
}

std::string attribute(std::string_view stanza, std::string_view key) {
    const auto begin = stanza.find(key) + key.size();
    return std::string(stanza.substr(begin, stanza.find('\'', begin) - begin));
}

/// Peers that have everything at once.
class PromptPeers : public Transport {
  public:
    void open() override { opened_ = true; }
    void close() override {}
    void poll(std::chrono::milliseconds patience, TransportListener& listener) override {
        if (std::exchange(opened_, false)) listener.on_online(*Jid::parse(self.to_string() + "/x"));
        if (receipts_.empty()) {
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, patience, [this] { return woken_; });
            woken_ = false;
        }
        for (const std::string& receipt : std::exchange(receipts_, {})) listener.on_stanza(receipt);
    }
    void send(std::string_view stanza) override {
        if (stanza.find("<readings") == std::string_view::npos) return;
        receipts_.push_back(fmt::format(
            "<message xmlns='jabber:client' from='{}'><receipt xmlns='urn:courant:0' lane='{}' "
            "through='{}'/></message>",
            attribute(stanza, " to='"), attribute(stanza, " lane='"), attribute(stanza, " seq='")));
    }
    std::size_t queued_bytes() const override { return 0; }
    void wake() noexcept override {
        const std::scoped_lock lock(mutex_);
        woken_ = true;
        changed_.notify_one();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false;
    bool opened_ = false;
    std::vector<std::string> receipts_;
};

std::string series(int house) {
    return fmt::format("meters@town.example/house{}@town.example/power", house);
}

/// A proxy with so many subscriptions, each of a peer of its own; every tenth is a pattern.
class Town {
  public:
    explicit Town(int subscriptions)
        : store_(open_sqlite_store(home_ / "store.db")),
          federation_(settings(), transport_, store_, {},
                      Logger(LogLevel::error, LogFormat::text, log_), counters_),
          outbound_(
              "meters", {.self = self}, store_,
              [this](std::vector<Enqueued> messages) {
                  federation_.outbox_grew(std::move(messages));
              },
              counters_) {
        store_.ask([&](Mailboxes& m) {
            for (int i = 0; i < subscriptions; ++i) {
                std::string name = series(i);
                if (i % 10 == 9) name.replace(name.rfind('/'), std::string::npos, "/*");
                const Jid peer = *Jid::parse(fmt::format("app@coop{}.example", i));
                const std::string grant = fmt::format("G{}", i);
                m.put_peer({.jid = peer});
                m.access().add_grant(test::open_grant(peer, grant));
                m.put_subscription({.id = 0,
                                    .peer = peer,
                                    .series = name,
                                    .retain = "P3Y",
                                    .grant = grant,
                                    .added_at = {}});
            }
        });
        for (int i = 0; i < subscriptions; ++i)
            names_.push_back(senml::Name::parse(series(i))->senml());
        thread_ = std::jthread([this](const std::stop_token& stop) { federation_.run(stop); });
    }

    /// Extracts so many readings of the first `houses` in turn, and waits until all is
    /// acknowledged.
    void extract(int readings, int houses) {
        for (int i = 0; i < readings; i += readings_in_an_extraction) {
            senml::Pack pack;
            for (int j = 0; j < readings_in_an_extraction; ++j) {
                const auto house = static_cast<std::size_t>((next_ + j) % houses);
                pack.add(pack.intern_name(names_[house]), pack.intern_unit("W"),
                         senml::from_unix_seconds(1'780'000'000 + next_ + j), next_ + j);
            }
            next_ += readings_in_an_extraction;
            outbound_.put(pack, {}, std::to_string(next_), senml::from_unix_seconds(1'780'000'000));
        }
        while (waiting() > 0) std::this_thread::sleep_for(2ms);
    }

  private:
    static FederationSettings settings() {
        FederationSettings settings;
        settings.self = self;
        return settings;
    }
    std::int64_t waiting() {
        return store_.ask([](Mailboxes& m) {
            std::int64_t sum = 0;
            for (const OutgoingLane& lane : m.outgoing_lanes()) sum += lane.waiting_messages;
            return sum;
        });
    }
    test::TempDir home_;
    std::ostringstream log_;
    Counters counters_;
    StoreThread store_;
    PromptPeers transport_;
    Federation federation_;
    Outbound outbound_;
    std::vector<std::string> names_;
    int next_ = 0;
    std::jthread thread_;
};

double microseconds_each(int readings, const std::function<void()>& work) {
    const double begin = processor_seconds();
    work();
    return (processor_seconds() - begin) * 1e6 / readings;
}

void measure(int subscriptions, int readings) {
    Town town(subscriptions);
    town.extract(std::max(readings / 10, subscriptions), subscriptions);  // every lane is there
    const double few = microseconds_each(readings, [&] { town.extract(readings, 10); });
    const double all = microseconds_each(readings, [&] { town.extract(readings, subscriptions); });
    const double begin = processor_seconds();
    std::this_thread::sleep_for(4s);
    const double idle = (processor_seconds() - begin) * 1e3 / 4;
    std::cout << fmt::format("{:>13}{:>16.1f}{:>16.1f}{:>16.2f}{:>12.1f}\n", subscriptions, few,
                             all, idle, resident_mib())
              << std::flush;
}

}  // namespace

int main(int argc, char** argv) {
    const int readings = argc > 1 ? std::atoi(argv[1]) : 20'000;
    std::cout << readings << " readings in a line, " << readings_in_an_extraction
              << " in an extraction\n"
              << "subscriptions   few, us each    all, us each   idle, ms each s  resident MiB\n";
    for (const int subscriptions : {10, 100, 1'000, 10'000}) measure(subscriptions, readings);
}
