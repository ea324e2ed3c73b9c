// A store that is put back from yesterday's copy: what its lanes say must not lie.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/faults/stage.hpp"

using namespace courant;
using namespace courant::test;

namespace {

/// A copy of a stopped proxy's store, to be put back later.
class Backup {
  public:
    explicit Backup(const Proxy& proxy) : store_(proxy / "store.sqlite"), copy_(store_) {
        copy_ += ".copy";
        std::filesystem::copy_file(store_, copy_);
    }
    void put_back() const {
        for (const char* part : {"", "-wal", "-shm"})
            std::filesystem::remove(store_.string() + part);
        std::filesystem::copy_file(copy_, store_);
    }

  private:
    std::filesystem::path store_;
    std::filesystem::path copy_;
};

StageSettings small_messages() {
    StageSettings settings;
    settings.limits += "records_per_message = 25\n";
    return settings;
}

/// Two days of readings that have arrived, and then one store is that of the first evening again.
struct TwoDays {
    /// `restored` is the one whose store that is; it does not run.
    explicit TwoDays(Proxy Stage::*restored)
        : ledger(stage.home / "meter.csv", "meter", stage.home.jid(), 2) {
        Proxy& proxy = stage.*restored;
        stage.publish({&ledger}, "50ms");
        stage.coop.start();
        stage.home.start();
        a_day(1, 100);
        first = ledger.readings();
        REQUIRE(proxy.stop() == 0);
        const Backup evening(proxy);
        proxy.start();
        // Live: many messages of few readings.
        a_day(20, 1);
        second = ledger.readings() - first;
        REQUIRE(proxy.stop() == 0);
        evening.put_back();
    }

    void a_day(int portions, int rows) {
        for (int i = 0; i < portions; ++i) {
            ledger.grow(rows);
            REQUIRE(stage.wait_for(ledger.readings()));
        }
        REQUIRE(stage.wait_for_receipts());
    }
    Audit audit_now() {
        Audit audit;
        stage.in_store(stage.coop,
                       [&](Mailboxes& m) { audit = ledger.audit(m, stage.home.jid()); });
        return audit;
    }

    Stage stage{small_messages()};
    Ledger ledger;
    std::int64_t first = 0;
    std::int64_t second = 0;
};

void after_the_senders_restoration(int rows) {
    TwoDays days(&Stage::home);
    days.ledger.grow(rows);
    days.stage.home.start();
    for (int more : {5, 5}) {
        // What is behind the last reading in the lane is there when that one is.
        CHECK(wait_until([&] { return days.audit_now().last; }));
        CHECK(days.stage.wait_for_receipts());
        days.ledger.grow(more);
    }
    CHECK(wait_until([&] { return days.audit_now().last; }));
    const Audit audit = days.stage.audit(days.ledger);
    CHECK(audit.lost == 0);
    CHECK(audit.strange == 0);
    CHECK(audit.twice <= days.second);
    tell("restore",
         fmt::format("sender's store a day old, {} readings since: lost {} of {}, "
                     "arrived a second time {} of the {} after the copy",
                     2 * rows, audit.lost, days.ledger.readings(), audit.twice, days.second));
}

}  // namespace

// The source still has the second day, so the sender extracts it again, together with what has come
// since: under numbers that the receiver knows there are other readings now. With a thousand rows
// it gives out more numbers than the receiver knows before it hears of it.
TEST_CASE(
    "the sender's store restored: nothing is lost, and what comes again came after the copy") {
    if (!servers_installed()) return;
    for (const int rows : {0, 10, 1000}) after_the_senders_restoration(rows);
}

TEST_CASE(
    "the receiver's store restored: what it had acknowledged since the copy is told as lost, and "
    "what comes then arrives") {
    if (!servers_installed()) return;
    TwoDays days(&Stage::coop);
    days.ledger.grow(100);
    days.stage.coop.start();
    const std::int64_t still_there = days.ledger.readings() - days.second;
    CHECK(wait_until([&] { return days.audit_now().once >= still_there; }));
    CHECK(days.stage.wait_for_receipts());
    const Audit audit = days.stage.audit(days.ledger);
    CHECK(audit == Audit{.once = still_there, .lost = days.second, .last = true});
    // Both operators can see it.
    CHECK(days.stage.home.log().find("the peer has lost what it had acknowledged") !=
          std::string::npos);
    CHECK(days.stage.coop.log().find("number voided by its sender") != std::string::npos);
    CHECK(days.stage.home.stop() == 0);  // counters go to the store now and then, and at the end
    const auto counters = days.stage.home.status()["counters"];
    CHECK(counters.dump().find("courant_peer_losses_total") != std::string::npos);
    tell("restore", fmt::format("receiver's store a day old: {} readings since the copy are gone, "
                                "and told on both sides; the {} others are there, twice {}",
                                audit.lost, audit.once, audit.twice));
}
