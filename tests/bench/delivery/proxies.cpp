#include "tests/bench/delivery/proxies.hpp"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "proxy-core/mailbox/sqlite_store.hpp"
#include "tests/bench/delivery/payload.hpp"
#include "tests/support/proxy.hpp"

namespace courant::bench {
namespace {

using namespace courant::test;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes patience{20};

double peak_mib(pid_t pid) {
    const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
    const auto at = status.find("VmHWM:");
    return at == std::string::npos ? 0 : std::atof(status.c_str() + at + 6) / 1024;
}

double cpu_seconds(pid_t pid) {
    const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
    std::istringstream words(stat.substr(stat.rfind(')') + 2));
    std::string word;
    for (int i = 3; i < 14; ++i) words >> word;  // proc(5): utime is the 14th, stime the 15th
    double user = 0;
    double system = 0;
    words >> user >> system;
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double file_mib(const std::filesystem::path& file) {
    std::error_code none;
    const auto size = std::filesystem::file_size(file, none);
    return none ? 0 : static_cast<double>(size) / (1 << 20);
}

/// The two proxies, known to each other; nothing runs yet.
struct Stage {
    Stage(const Pair& pair, const std::filesystem::path& csv, const std::string& limits)
        : home("home@" + pair.from.domain(), "secret", pair.from, pair.servers.ca_file()),
          coop("coop@" + pair.to.domain(), "secret", pair.to, pair.servers.ca_file()) {
        coop.configure(limits);
        home.configure(limits + "\n" + csv_adapter(csv, home.jid()));
        must(home.command({"peer", "add", coop.jid()}));
        must(home.command(
            {"grant", "add", coop.jid(), "*", "--purpose", "test", "--basis", "not-personal"}));
        must(home.command({"subscription", "add", coop.jid(), "*"}));
        must(coop.command({"peer", "add", home.jid()}));
        SqliteOptions beside;
        beside.ownership = Ownership::shared;
        home_store = open_sqlite_store(home / "store.sqlite", beside);
        coop_store = open_sqlite_store(coop / "store.sqlite", beside);
    }
    static void must(const Answer& answer) {
        if (answer.code != 0)
            throw std::runtime_error("the proxies cannot be set up: " + answer.err);
    }
    template <typename Condition>
    void wait_for(Condition condition) {
        for (const auto until = Clock::now() + patience; !condition();) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            if (Clock::now() > until)
                throw std::runtime_error("the proxies do not get there\n" + home.log() +
                                         coop.log());
        }
    }
    bool receiver_online() {
        std::string session;
        coop_store->read([&](Mailboxes& m) { session = m.note("session"); });
        return session.starts_with("online");
    }
    std::size_t arrived() {
        std::int64_t readings = 0;
        coop_store->read([&](Mailboxes& m) { readings = m.inbox_size(0).records; });
        return static_cast<std::size_t>(readings);
    }
    std::size_t waiting() {
        std::int64_t readings = 0;
        home_store->read([&](Mailboxes& m) {
            for (const OutgoingLane& lane : m.outgoing_lanes()) readings += lane.waiting_records;
        });
        return static_cast<std::size_t>(readings);
    }
    Carried result(Clock::time_point begin, double cpu_before) {
        return {.seconds = std::chrono::duration<double>(Clock::now() - begin).count(),
                .cpu_seconds = cpu_seconds(home.pid()) + cpu_seconds(coop.pid()) - cpu_before,
                .sender_peak_mib = peak_mib(home.pid()),
                .receiver_peak_mib = peak_mib(coop.pid()),
                .store_mib = file_mib(home / "store.sqlite")};
    }

    Proxy home;
    Proxy coop;
    std::unique_ptr<Store> home_store;
    std::unique_ptr<Store> coop_store;
};

}  // namespace

Carried carry(const Pair& pair, const std::filesystem::path& csv, std::size_t readings,
              const std::string& limits) {
    Stage stage(pair, csv, limits);
    stage.coop.start();
    stage.wait_for([&] { return stage.receiver_online(); });
    const double cpu_before = cpu_seconds(stage.coop.pid());
    const auto begin = Clock::now();
    stage.home.start();
    stage.wait_for([&] { return stage.arrived() >= readings; });
    return stage.result(begin, cpu_before);
}

Carried drain_backlog(const Pair& pair, const std::filesystem::path& csv, std::size_t readings,
                      const std::string& limits) {
    Stage stage(pair, csv, limits);
    stage.home.start();
    stage.wait_for([&] { return stage.waiting() >= readings; });
    const double extracted = cpu_seconds(stage.home.pid());
    stage.coop.start();
    stage.wait_for([&] { return stage.receiver_online(); });
    const double cpu_before = extracted + cpu_seconds(stage.coop.pid());
    const auto begin = Clock::now();
    stage.wait_for([&] { return stage.arrived() >= readings; });
    return stage.result(begin, cpu_before);
}

}  // namespace courant::bench
