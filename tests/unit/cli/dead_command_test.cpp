// `courant dead`, as an operator uses it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/command.hpp"
#include "proxy-core/mailbox/sqlite_store.hpp"
#include "senml/codec.hpp"
#include "tests/support/open_grant.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/cli/run_command.hpp"

using namespace courant;
using namespace courant::test;

namespace {

const Jid coop = *Jid::parse("bmhs@coop.example");
const Jid town = *Jid::parse("meter@town.example");

Time at(std::int64_t seconds) {
    return senml::from_unix_seconds(1'780'000'000 + seconds);
}

std::string pack_of(const std::string& name) {
    return "<sensml xmlns='urn:ietf:params:xml:ns:senml'><senml n='" + name +
           "' u='W' v='1' t='1780000000'/></sensml>";
}

/// A proxy's folder with a configuration and a store, and its operator.
class Office {
  public:
    Office() {
        std::ofstream(config_) << "[identity]\njid = 'bmhs@coop.example'\npassword = 'x'\n";
        store_ = open_sqlite_store(dir_ / "courant.db");
        store_->commit([](Mailboxes& m) {
            m.put_peer({.jid = town, .relay = false, .added_at = at(0)});
            m.access().add_grant(open_grant(town, "G"));
        });
    }

    Answer dead(const std::vector<std::string>& words) {
        return run_command(cli::dead_command, words, config_.string());
    }
    /// The numbers that a listing with these words names.
    std::vector<std::int64_t> listed(std::vector<std::string> words) {
        words.insert(words.begin(), {"list", "--json"});
        const Answer answer = dead(words);
        REQUIRE(answer.code == 0);
        std::vector<std::int64_t> ids;
        for (const auto& row : nlohmann::json::parse(answer.out)) ids.push_back(row["id"]);
        return ids;
    }
    std::int64_t buries(const DeadLetter& letter) {
        std::int64_t id = 0;
        store_->commit([&](Mailboxes& m) { id = m.bury(letter); });
        return id;
    }
    /// Ten letters: of a source, of two peers, of a sink, of what was dropped; an hour apart.
    void buries_ten() {
        for (std::int64_t i = 1; i <= 10; ++i) {
            DeadLetter letter;
            letter.at = at(i * 3600);
            letter.envelope.retain = "P3Y";
            letter.envelope.grant = "G";
            letter.reason = i % 2 == 0 ? "Unknown unit" : "no such roof";
            letter.payload = pack_of("meter:town.example/school:town.example/pv");
            letter.lane = LaneId{"L"};
            letter.seq = i;
            letter.origin = static_cast<DeadOrigin>((i - 1) % 5);
            const bool peer =
                letter.origin != DeadOrigin::source && letter.origin != DeadOrigin::sink;
            letter.whom = peer ? (i <= 5 ? town : coop).to_string() : "roof";
            buries(letter);
        }
    }
    template <class F>
    auto ask(F question) {
        return cli::read_from(*store_, question);
    }
    std::int64_t count() {
        return ask([](Mailboxes& m) { return m.dead_count(); });
    }
    std::filesystem::path operator/(const std::string& name) const { return dir_ / name; }

  private:
    TempDir dir_;
    std::filesystem::path config_ = dir_ / "courant.toml";
    std::unique_ptr<Store> store_;
};

using Ids = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("letters are listed by number, range and filter, which narrow each other") {
    Office office;
    office.buries_ten();
    CHECK(office.listed({}) == Ids{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
    CHECK(office.listed({"3"}) == Ids{3});
    CHECK(office.listed({"7-9", "2,4-5", "8"}) == Ids{2, 4, 5, 7, 8, 9});
    CHECK(office.listed({"--origin", "sink"}) == Ids{4, 9});
    CHECK(office.listed({"--peer", "meter@town.example"}) == Ids{2, 3, 5});
    CHECK(office.listed({"--adapter", "roof"}) == Ids{1, 4, 6, 9});
    CHECK(office.listed({"--reason", "UNIT"}) == Ids{2, 4, 6, 8, 10});
    CHECK(office.listed({"--since", "2026-05-29T00:26:40Z"}) == Ids{4, 5, 6, 7, 8, 9, 10});
    CHECK(office.listed({"--until", "2026-05-29"}) == Ids{1, 2, 3});
    CHECK(office.listed({"--since", "7d"}).size() + office.listed({"--until", "7d"}).size() == 10);
    CHECK(office.listed({"--adapter", "roof", "--reason", "roof", "1-8"}) == Ids{1});
}

TEST_CASE("a list reads well in 100 columns, however long a reason is") {
    Office office;
    office.buries_ten();
    DeadLetter letter;
    letter.at = at(0);
    letter.whom = "somebody.with.a.long.name@energy.cooperative.of.the.valley.example";
    letter.origin = DeadOrigin::sent;
    letter.seq = 1'000'000'000;
    letter.record = 499;
    for (int i = 0; i < 30; ++i) letter.reason += "a reason that goes on, ";
    letter.reason += std::string(150, 'x') + "\nforged\x1b[2J line";
    office.buries(letter);
    const Answer answer = office.dead({"list"});
    std::istringstream lines(answer.out);
    std::size_t longest = 0;
    for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
    CHECK(longest > 80);
    CHECK(longest <= 100);
    CHECK_FALSE(answer.says("\x1b"));
    CHECK(answer.says("sent     meter@town.example, message 2\n         Unknown unit\n"));
}

TEST_CASE("show gives the payload on stdout and the facts beside it; a missing number is told") {
    Office office;
    office.buries_ten();
    const Answer two = office.dead({"show", "2", "7"});
    CHECK(two.code == 0);
    CHECK(two.lines() == 2);
    CHECK(two.out.find("<sensml") == 0);
    CHECK(two.err.find("\"retain\": \"P3Y\"") != std::string::npos);
    const Answer none = office.dead({"show", "2", "77"});
    CHECK(none.code == 1);
    CHECK(none.lines() == 1);
    CHECK(none.says("there is no dead letter 77"));
}

TEST_CASE("nothing is retried, purged or shown without saying what") {
    Office office;
    office.buries_ten();
    for (const char* action : {"retry", "purge", "remove", "show"}) {
        CAPTURE(action);
        CHECK(office.dead({action}).code == cli::Exit::usage);
    }
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"purge", "--all", "3"},
             {"purge", "9-3"},
             {"purge", "seven"},
             {"purge", "--origin", "elsewhere"},
             {"purge", "--since", "yesterday"},
             {"purge", "--peer", "nobody"},
             {"purge", "--peer", "a@b.example", "--adapter", "roof"},
             {"bury", "3"}}) {
        CAPTURE(words);
        CHECK(office.dead(words).code == cli::Exit::usage);
    }
    CHECK(office.count() == 10);
}

TEST_CASE("purge removes what was selected and nothing else; a dry run only says so") {
    Office office;
    office.buries_ten();
    const Answer dry = office.dead({"purge", "--origin", "sink", "--dry-run"});
    CHECK(dry.code == 0);
    CHECK(dry.says("2 dead letters would be removed"));
    CHECK(dry.says("no such roof"));
    CHECK(office.count() == 10);
    CHECK(office.dead({"purge", "--origin", "sink"}).says("2 dead letters removed"));
    CHECK(office.listed({}) == Ids{1, 2, 3, 5, 6, 7, 8, 10});
    CHECK(office.dead({"remove", "1"}).says("1 dead letter removed"));
    CHECK(office.dead({"purge", "1"}).code == 1);
    CHECK(office.dead({"purge", "--all"}).code == 0);
    CHECK(office.count() == 0);
}

TEST_CASE("a thousand letters are purged, page by page") {
    Office office;
    for (int i = 0; i < 100; ++i) office.buries_ten();
    CHECK(office.dead({"purge", "--reason", "roof"}).says("500 dead letters removed"));
    CHECK(office.count() == 500);
}

TEST_CASE("of several retries each has its own result: what cannot go stays, the others go") {
    Office office;
    office.buries_ten();
    const Answer answer = office.dead({"retry", "--all"});
    CHECK(answer.code == 1);
    // Of each kind two; a source's and what was dropped cannot go. Of what had been sent, the
    // second has no grant for its peer; of what had arrived, the second is from ourselves, who are
    // no peer.
    CHECK(answer.says("4 go again, 6 stay"));
    CHECK(answer.says("dead letter 7 stays"));
    CHECK(answer.says("no grant that is valid now lets this message go"));
    CHECK(answer.says("dead letter 1 stays: a source could not use this"));
    CHECK(answer.says("dead letter 2 goes again"));
    CHECK(answer.says("dead letter 5 stays: what was dropped is gone"));
    CHECK(answer.says("dead letter 8 stays: it cannot go again: bmhs@coop.example is no peer"));
    CHECK(office.listed({}) == Ids{1, 5, 6, 7, 8, 10});
    std::set<std::string> lanes;
    office.ask([&](Mailboxes& m) {
        for (const OutgoingLane& lane : m.outgoing_lanes()) lanes.insert(lane.peer.to_string());
        CHECK(m.inbox_size(0).messages == 3);
        return 0;
    });
    CHECK(lanes == std::set<std::string>{"meter@town.example"});
    CHECK(office.dead({"retry", "2", "6"}).says("there is no dead letter 2"));
}

TEST_CASE("an export as ndjson carries everything, bytes that are no text included") {
    Office office;
    office.buries_ten();
    DeadLetter odd;
    odd.at = at(1) + std::chrono::milliseconds(5);
    odd.whom = "roof";
    odd.reason = "broken \xFF reason";
    odd.payload = std::string("\xFF\x00\x01", 3);
    odd.envelope.hops = {town, coop};
    odd.envelope.quality = Quality::validated;
    office.buries(odd);
    const auto file = office / "letters.ndjson";
    const Answer answer = office.dead({"export", "2", "11", "-o", file.string()});
    CHECK(answer.code == 0);
    CHECK(answer.out.empty());
    CHECK(answer.says("2 dead letters exported"));
    CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::all) ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    std::ifstream in(file);
    std::string line;
    REQUIRE(std::getline(in, line));
    auto letter = nlohmann::json::parse(line);
    CHECK(letter["id"] == 2);
    CHECK(letter["lane"] == "L");
    CHECK(letter["seq"] == 2);
    CHECK(letter["record"].is_null());
    CHECK(letter["payload"] == pack_of("meter:town.example/school:town.example/pv"));
    CHECK(letter["retain"] == "P3Y");
    REQUIRE(std::getline(in, line));
    letter = nlohmann::json::parse(line);
    CHECK(letter["at"] == "2026-05-28T20:26:41.005Z");
    CHECK(letter["payload_base64"] == "/wAB");
    CHECK(letter["quality"] == "validated");
    CHECK(letter["hops"] == "meter@town.example bmhs@coop.example");
}

TEST_CASE("an export as CSV is one that every table program reads") {
    Office office;
    DeadLetter letter;
    letter.at = at(0);
    letter.whom = "roof";
    letter.reason = "a \"word\", and another";
    letter.payload = "12,x\r\n13,y";
    letter.record = 3;
    office.buries(letter);
    const Answer answer = office.dead({"export", "--format", "csv"});
    CHECK(answer.out ==
          "id,at,origin,whom,lane,seq,record,reason,retain,grant,quality,hops,payload\r\n"
          "1,2026-05-28T20:26:40Z,source,roof,,,3,\"a \"\"word\"\", and another\",,,raw,,"
          "\"12,x\r\n13,y\"\r\n");
}

TEST_CASE("an export as SenML is one pack of the readings, and says what it leaves out") {
    Office office;
    office.buries_ten();
    DeadLetter odd;
    odd.at = at(1);
    odd.payload = "no pack";
    office.buries(odd);
    const Answer answer = office.dead({"export", "--format", "senml", "--since", "2026-01-01"});
    const auto pack = senml::read(senml::Format::json, answer.out, {.now = at(0)});
    REQUIRE(pack);
    CHECK(pack->size() == 10);
    CHECK(answer.says("10 dead letters exported"));
    CHECK(answer.says("1 hold no readings"));
    CHECK(office.dead({"export", "--format", "xlsx"}).code == cli::Exit::usage);
}
