// A store without room, on the real program: nothing is lost, nobody fails a commit, and everything
// goes on by itself.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

#include "tests/integration/federation_of_two.hpp"

using namespace courant::test;

namespace {

constexpr int half_a_year = 8640;

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

bool stopped(const Proxy& proxy) {
    return !proxy.status()["obstacles"].empty();
}

/// What the store says when a commit finds no room: what the watchdog is there to prevent.
bool failed_a_commit(const Proxy& proxy) {
    return contains(proxy.log(), "no room left for the store");
}

/// A small disk of its own, in memory, over a folder; seen by this process and its children alone.
class SmallDisk {
  public:
    SmallDisk(std::filesystem::path folder, int mebibytes) : folder_(std::move(folder)) {
        if (unshare(CLONE_NEWNS) != 0 ||
            mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            mount("tmpfs", folder_.c_str(), "tmpfs", 0,
                  fmt::format("size={}m", mebibytes).c_str()) != 0)
            fault_ = std::strerror(errno);
    }
    ~SmallDisk() {
        if (fault_.empty()) umount2(folder_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    /// Why there is none; empty if there is.
    const std::string& fault() const { return fault_; }
    /// Somebody else's file, which leaves so many bytes free.
    void leave(std::uintmax_t bytes) const {
        const auto free = std::filesystem::space(folder_).available;
        std::ofstream other(folder_ / "other", std::ios::binary);
        const std::string block(1 << 16, 'x');
        for (auto rest = free - bytes; rest >= block.size(); rest -= block.size()) other << block;
    }
    void tidy() const { std::filesystem::remove(folder_ / "other"); }

  private:
    std::filesystem::path folder_;
    std::string fault_;
};

}  // namespace

TEST_CASE("a small store stops extraction before it is full, and goes on as receipts make room") {
    FederationOfTwo stage("records_per_message = 1\n\n[space]\nmax_bytes = 1048576\n");
    const Household household = made_up(stage.home / "meter.csv", half_a_year, stage.home.jid());
    stage.publish(household);
    stage.home.start();
    REQUIRE(wait_until([&] { return stopped(stage.home); }));
    const auto status = stage.home.status();
    MESSAGE("stopped with " << status["outbox"]["readings"] << " of " << household.readings
                            << " readings in " << status["store"]["bytes"] << " bytes");
    CHECK(status["outbox"]["readings"] < household.readings);
    CHECK(status["store"]["bytes"] <= 1048576);
    CHECK(contains(stage.home.expect({"status"}), "STOPPED the store has less room left"));
    stage.coop.start();
    stage.wait_for(household);
    CHECK(wait_until([&] { return !stopped(stage.home); }));
    CHECK(stage.home.status()["dead"] == 0);
    CHECK_FALSE(failed_a_commit(stage.home));
}

TEST_CASE("a full disk stops extraction for a while and loses nothing") {
    FederationOfTwo stage("records_per_message = 1\n");
    const Household household = made_up(stage.home / "meter.csv", half_a_year, stage.home.jid());
    stage.publish(household);
    stage.home.expect({"peer", "add", "nobody@nowhere.test"});
    stage.home.lets_have("nobody@nowhere.test", "*/pv/*");
    // Files of this process cannot grow beyond 6 MiB: to the store that is a full disk.
    stage.home.start({"/bin/bash", "-c", "trap '' XFSZ; ulimit -S -f 6144; exec \"$@\"", "bash"});
    REQUIRE(wait_until([&] { return stopped(stage.home); }));
    MESSAGE("stopped with " << stage.home.status()["outbox"]["readings"] << " readings waiting in "
                            << stage.home.status()["store"]["bytes"] << " bytes");
    rlimit limit{};
    REQUIRE(prlimit(stage.home.pid(), RLIMIT_FSIZE, nullptr, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    REQUIRE(prlimit(stage.home.pid(), RLIMIT_FSIZE, &limit, nullptr) == 0);
    REQUIRE(wait_until(
        [&] { return stage.home.status()["outbox"]["readings"] == household.readings * 3 / 2; }));
    CHECK_FALSE(stopped(stage.home));
    CHECK(contains(stage.home.log(), "fault is over what=space"));
    CHECK_FALSE(failed_a_commit(stage.home));
    stage.coop.start();
    stage.wait_for(household);
    CHECK(stage.home.status()["dead"] == 0);
}

TEST_CASE("a receiver without room leaves the rest with its sender, and deliveries make room") {
    FederationOfTwo stage("records_per_message = 1\n");
    const Household household = made_up(stage.home / "meter.csv", half_a_year, stage.home.jid());
    stage.publish(household);
    const std::string small = "[space]\nmax_bytes = 2097152\n\n";
    stage.coop.configure(small);  // no app yet: the inbox keeps everything
    stage.coop.start();
    stage.home.start();
    REQUIRE(wait_until([&] { return stopped(stage.coop); }));
    REQUIRE(wait_until([&] {
        return stage.home.status()["counters"].value(
                   "courant_readings_extracted_total adapter=meter", 0) == household.readings;
    }));
    const auto here = stage.coop.status()["inbox"]["readings"].get<std::int64_t>();
    MESSAGE("the cooperative has room for " << here << " of " << household.readings);
    CHECK(here < household.readings);
    CHECK(stage.home.status()["outbox"]["readings"] >= household.readings - here);
    CHECK_FALSE(failed_a_commit(stage.coop));

    stage.coop.configure(small +
                         "[adapters.archive]\ntype = \"csv\"\nfolder = \"archive\"\n\n"
                         "[[receive]]\nadapter = \"archive\"\n");
    stage.coop.signal(SIGHUP);
    stage.wait_for(household);
    CHECK(stage.home.status()["dead"] == 0);
    CHECK(stage.coop.status()["dead"] == 0);
    CHECK_FALSE(failed_a_commit(stage.coop));
}

TEST_CASE("a disk that somebody else fills stops extraction; it goes on when that is gone") {
    FederationOfTwo stage;
    const SmallDisk disk(stage.home / "", 32);
    if (!disk.fault().empty()) {
        MESSAGE("skipped: no small disk can be mounted here (" << disk.fault()
                                                               << "); it takes root");
        return;
    }
    const Household household = made_up(stage.home / "meter.csv", half_a_year, stage.home.jid());
    stage.limits = "records_per_message = 5\n\n[space]\nreserve_bytes = 6291456\n";
    stage.publish(household);
    stage.home.expect({"peer", "add", "coop@coop.test"});
    stage.home.lets_have("coop@coop.test", "*");
    disk.leave(std::uintmax_t{5} << 20);
    stage.home.start();
    REQUIRE(wait_until([&] { return stopped(stage.home); }));
    CHECK(stage.home.status()["outbox"]["readings"] == 0);
    disk.tidy();
    REQUIRE(wait_until(
        [&] { return stage.home.status()["outbox"]["readings"] == household.readings; }));
    CHECK_FALSE(stopped(stage.home));
    CHECK_FALSE(failed_a_commit(stage.home));
    stage.coop.start();
    stage.wait_for(household);
    CHECK(stage.home.stop() == 0);
}
