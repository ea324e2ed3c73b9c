// `courant subject`: what a person may ask, and that nobody else is touched by the answer.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/holdings.hpp"
#include "proxy-core/access/subject_book.hpp"
#include "proxy-core/catalog/series_book.hpp"
#include "proxy-core/mailbox/body.hpp"
#include "proxy-core/mailbox/reading_archive.hpp"
#include "proxy-core/mailbox/sqlite_store.hpp"
#include "senml/codec.hpp"
#include "senml/name.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/cli/run_command.hpp"

using namespace courant;
using namespace courant::test;
using nlohmann::json;

namespace {

const Jid self = Jid::parse("zabbix@lorient.example").value();
const Jid coop = Jid::parse("bmhs@coop.example").value();
const Jid analyst = Jid::parse("dash@analyst.example").value();
const std::string person = "kersabiec@lorient.example";
const std::string persons = "zabbix:lorient.example/kersabiec:lorient.example/power";
const std::string neighbours = "zabbix:lorient.example/legall:lorient.example/power";
constexpr PageLimit everything{.messages = 1'000'000, .bytes = std::int64_t{1} << 40};

Time now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// Two readings for each of these series.
senml::Pack two_of_each(const std::vector<std::string>& names, double value = 1) {
    senml::Pack pack;
    for (const std::string& name : names)
        for (int i = 0; i < 2; ++i)
            pack.add(pack.intern_name(name), pack.intern_unit("W"),
                     senml::from_unix_seconds(1'780'000'000 + i), value + i);
    return pack;
}

std::string xml(const senml::Pack& pack) {
    return senml::write(senml::Format::xml, pack).value();
}

Outgoing outgoing(const Jid& peer, const std::string& grant, const senml::Pack& pack) {
    return {.peer = peer,
            .envelope = {.retain = "P1Y", .grant = grant, .hops = {self}},
            .body = xml(pack),
            .records = static_cast<std::int64_t>(pack.size())};
}

Message arriving(Seq seq, const std::string& body, std::int64_t records) {
    return {.peer = coop,
            .lane = {"L"},
            .seq = seq,
            .envelope = {.retain = "P2Y", .grant = "theirs", .hops = {coop}},
            .body = body,
            .records = records,
            .stored_at = now()};
}

Grant grant_of(const std::string& id, const Jid& peer, const std::string& subject) {
    Grant grant;
    grant.id = id;
    grant.subject = subject;
    grant.series = "*";
    grant.peer = peer;
    grant.purpose = "monitoring";
    grant.basis = LegalBasis::consent;
    grant.retain = "P1Y";
    grant.added_at = grant.state_since = grant.from = now() - std::chrono::hours(1);
    grant.consent = Consent{.collected_by = "the town",
                            .collected_at = now(),
                            .method = "signed form",
                            .text_version = "2026-1"};
    return grant;
}

std::string text_of_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void replace_in(const std::filesystem::path& file, const std::string& from, const std::string& to) {
    std::string text = text_of_file(file);
    REQUIRE(text.find(from) != std::string::npos);
    text.replace(text.find(from), from.size(), to);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

/// A proxy that knows a person and a neighbour: coop has a grant for the person alone, the analyst
/// one for everybody, and of both something waits, has come in, and was set aside.
class Node {
  public:
    Node() {
        std::ofstream(config_) << "[identity]\njid = 'zabbix@lorient.example'\npassword = 'x'\n";
        store_ = open_sqlite_store(dir_ / "courant.db");
        store_->commit([](Mailboxes& m) {
            for (const Jid& peer : {coop, analyst})
                m.put_peer(
                    {.jid = peer, .terms = {.link = LegalLink::processor, .agreement = "A-7"}});
            m.access().add_grant(grant_of("alone", coop, person));
            m.access().add_grant(grant_of("many", analyst, "*"));
        });
    }

    /// Mailboxes full of both.
    Node& fill() {
        store_->commit([](Mailboxes& m) {
            m.enqueue(outgoing(coop, "alone", two_of_each({persons})), now());
            m.enqueue(outgoing(analyst, "many", two_of_each({persons, neighbours})), now());
            m.enqueue(outgoing(analyst, "many", two_of_each({persons})), now());
            m.enqueue(outgoing(analyst, "many", two_of_each({neighbours})), now());
            m.take_in(arriving(1, xml(two_of_each({neighbours, persons}, 7)), 4), now());
            m.take_in(arriving(2, xml(two_of_each({neighbours})), 2), now());
            m.take_in(arriving(3, BodyWriter().compact(two_of_each({persons})).value(), 2), now());
            m.take_in(arriving(5, xml(two_of_each({persons, neighbours})), 4), now());
            m.bury(letter("refused", xml(two_of_each({persons, neighbours}))));
            m.bury(
                letter("roof.csv:7: zabbix@lorient.example/kersabiec@lorient.example/power at "
                       "noon: no number",
                       "n/a"));
            m.bury(
                letter("roof.csv:8: zabbix@lorient.example/legall@lorient.example/power", "n/a"));
        });
        return *this;
    }
    static DeadLetter letter(std::string reason, std::string payload) {
        DeadLetter letter;
        letter.at = now();
        letter.origin = DeadOrigin::sent;
        letter.whom = coop.to_string();
        letter.reason = std::move(reason);
        letter.payload = std::move(payload);
        letter.envelope.retain = "P1Y";
        return letter;
    }

    Answer subject(const std::vector<std::string>& words) {
        return run_command(cli::subject_command, words, config_.string());
    }
    json shown() { return json::parse(subject({"show", person, "--json"}).out); }
    template <class F>
    auto read(F work) {
        return cli::read_from(*store_, work);
    }
    GrantState state(const std::string& grant) {
        return read([&](Mailboxes& m) { return m.access().find_grant(grant)->state; });
    }
    std::vector<Message> outbox(const Jid& peer) {
        return read([&](Mailboxes& m) {
            std::vector<Message> waiting;
            for (const OutgoingLane& lane : m.outgoing_lanes())
                if (lane.peer == peer) waiting = m.outbox(lane.lane, 0, everything);
            return waiting;
        });
    }
    /// All that the mailboxes hold, in words.
    std::string contents() {
        return read([](Mailboxes& m) {
            std::string all;
            BodyReader bodies;
            const auto add = [&](const std::string& body) {
                if (!body.empty()) all += bodies.to_xml(body, now()).value_or(body);
            };
            for (const OutgoingLane& lane : m.outgoing_lanes())
                for (const Message& message : m.outbox(lane.lane, 0, everything)) add(message.body);
            for (const Arrival& arrival : m.inbox(0, everything)) add(arrival.message.body);
            for (const DeadLetter& letter : m.dead(0, everything)) {
                add(letter.payload);
                all += letter.reason;
            }
            return all;
        });
    }
    Store& store() { return *store_; }
    std::filesystem::path file(const std::string& name) const { return dir_ / name; }

  private:
    TempDir dir_;
    std::filesystem::path config_ = dir_ / "courant.toml";
    std::unique_ptr<Store> store_;
};

}  // namespace

TEST_CASE("R2.2: show tells who may have what, who has got it, and what is here") {
    Node node;
    node.fill();
    node.store().commit([](Mailboxes& m) {
        for (const OutgoingLane& lane : m.outgoing_lanes())
            if (lane.peer == coop) m.acknowledge(lane.lane, 1);
    });
    const json all = node.shown();
    REQUIRE(all["grants"].size() == 2);
    const json& alone = all["grants"][0];
    CHECK(alone["grant"] == "alone");
    CHECK(alone["for_many"] == false);
    CHECK(alone["purpose"] == "monitoring");
    CHECK(alone["retain"] == "P1Y");
    CHECK(alone["consent"]["text_version"] == "2026-1");
    CHECK(alone["received"]["readings"] == 2);
    CHECK(all["grants"][1]["for_many"] == true);
    CHECK(all["objection"].is_null());
    json readings;
    for (const json& row : all["held"]) readings[row["place"].get<std::string>()] = row["readings"];
    CHECK(readings == json{{"outbox", 4}, {"inbox", 4}, {"waiting", 2}, {"dead", 2}});
    CHECK(all["series"] == json{"zabbix@lorient.example/kersabiec@lorient.example/power"});
    CHECK(node.subject({"show", "kersabiec@LORIENT.example"}).says("kersabiec@lorient.example"));
    CHECK(node.subject({"show", "kersabiec"}).code == 2);
    CHECK(node.subject({"show", "*@lorient.example"}).code == 2);
}

TEST_CASE("R5.1, R3.3: an export is SenML in JSON and XML, with rights, provenance and digests") {
    Node node;
    node.fill();
    const auto folder = node.file("export");
    REQUIRE(node.subject({"export", person, "-o", folder.string()}).code == 0);
    CHECK(std::filesystem::status(folder).permissions() == std::filesystem::perms::owner_all);
    const json manifest = json::parse(text_of_file(folder / "manifest.json"));
    CHECK(manifest["format"] == "courant-subject-export");
    CHECK(manifest["version"] == 1);
    CHECK(manifest["subject"] == person);
    CHECK(manifest["node"] == "zabbix@lorient.example");
    std::vector<std::string> names;
    for (const json& file : manifest["files"]) {
        names.push_back(file["name"]);
        CHECK(file["sha256"].get<std::string>().size() == 64);
    }
    CHECK(names == std::vector<std::string>{"rights.json", "provenance.json", "readings-raw.json",
                                            "readings-raw.xml"});
    const auto read = [&](senml::Format format, const char* name) {
        return senml::read(format, text_of_file(folder / name), {.now = now()}).value();
    };
    const auto pack = read(senml::Format::json, "readings-raw.json");
    CHECK(pack == read(senml::Format::xml, "readings-raw.xml"));
    // However many messages hold it, a reading is one; the later message counts.
    CHECK(pack.size() == 2);
    const json provenance = json::parse(text_of_file(folder / "provenance.json"));
    CHECK(provenance.size() == 7);
    CHECK(provenance[0]["grant"] == "alone");
    CHECK(provenance[0]["hops"] == json{"zabbix@lorient.example"});
    CHECK(json::parse(text_of_file(folder / "rights.json"))["grants"].size() == 2);
    CHECK(node.subject({"export", person, "-o", folder.string()}).code == 1);
}

TEST_CASE("R5.4: an export holds nothing of other people") {
    Node node;
    node.fill();
    node.store().commit([](Mailboxes& m) {
        Grant theirs = grant_of("theirs alone", coop, "*");
        theirs.series = "zabbix@lorient.example/legall@lorient.example/*";
        m.access().add_grant(theirs);
        Grant children = grant_of("children", coop, "*@lorient.example");
        children.consent->guardian = "legall, the father";
        m.access().add_grant(children);
        m.access().set_grant_state("children", GrantState::limited, "legall complains", now());
    });
    const auto folder = node.file("export");
    REQUIRE(node.subject({"export", person, "-o", folder.string()}).code == 0);
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        ++files;
        CHECK(text_of_file(file.path()).find("legall") == std::string::npos);
    }
    CHECK(files == 5);
}

TEST_CASE("R5.2: another node takes an export in, once") {
    Node node;
    node.fill();
    const auto folder = node.file("export");
    REQUIRE(node.subject({"export", person, "-o", folder.string()}).code == 0);
    Node other;
    CHECK(
        other.subject({"import", folder.string()}).says("2 readings from zabbix@lorient.example"));
    const auto inbox = [&] {
        return other.read([](Mailboxes& m) { return m.inbox(0, everything); });
    };
    REQUIRE(inbox().size() == 1);
    const Message message = inbox().front().message;
    CHECK(message.records == 2);
    CHECK(message.envelope.retain == "P1Y");
    CHECK(message.envelope.quality == Quality::raw);
    CHECK(message.body.find("kersabiec") != std::string::npos);
    CHECK(other.subject({"import", folder.string()}).says("taken in before"));
    CHECK(inbox().size() == 1);
}

TEST_CASE("R5.2: an export that was changed, or speaks of somebody else, is not taken in") {
    Node node;
    node.fill();
    const auto folder = node.file("export");
    REQUIRE(node.subject({"export", person, "-o", folder.string()}).code == 0);
    Node other;
    SUBCASE("changed readings") {
        replace_in(folder / "readings-raw.json", "kersabiec", "kersabyec");
        CHECK(other.subject({"import", folder.string()}).says("(SHA-256)"));
    }
    SUBCASE("a manifest for somebody else") {
        replace_in(folder / "manifest.json", "kersabiec", "kersabyec");
        CHECK(other.subject({"import", folder.string()}).says("is not about"));
    }
    SUBCASE("a file outside the folder") {
        replace_in(folder / "manifest.json", "rights.json", "../courant.toml");
        CHECK(other.subject({"import", folder.string()}).says("cannot be one of the folder"));
    }
    SUBCASE("no manifest of ours") {
        std::ofstream(folder / "manifest.json", std::ios::trunc) << "{}";
        CHECK(other.subject({"import", folder.string()}).code == 1);
    }
    CHECK(other.read([](Mailboxes& m) { return m.inbox(0, everything); }).empty());
}

TEST_CASE("R4.1: who objects goes under no grant any more, not even with what waits already") {
    Node node;
    node.fill();
    CHECK(node.subject({"object", person}).code == 2);
    const Answer answer = node.subject({"object", person, "--reason", "letter of today"});
    INFO(answer.err);
    REQUIRE(answer.code == 0);
    CHECK(answer.says("bmhs@coop.example is told"));
    CHECK(answer.says("dash@analyst.example has a grant for many"));
    CHECK(node.state("alone") == GrantState::objected);
    CHECK(node.state("many") == GrantState::active);
    CHECK(node.shown()["objection"]["state"] == "objected");
    CHECK_FALSE(node.outbox(coop)[0].void_reason.empty());
    const auto waiting = node.outbox(analyst);
    REQUIRE(waiting.size() == 3);
    CHECK(waiting[0].records == 2);
    CHECK(waiting[0].body.find("kersabiec") == std::string::npos);
    CHECK(waiting[0].body.find("legall") != std::string::npos);
    CHECK_FALSE(waiting[1].void_reason.empty());
    CHECK(waiting[2].records == 2);
    // What came in stays: it is ours to keep, and others' to send.
    CHECK(node.read([](Mailboxes& m) { return m.inbox_size(0); }).records == 8);
}

TEST_CASE("R4.3: limitation keeps what is here and lets nothing go, until it is lifted") {
    Node node;
    node.fill();
    REQUIRE(node.subject({"limit", person, "--reason", "disputed", "--until", "2031-01-01"}).code ==
            0);
    CHECK(node.state("alone") == GrantState::limited);
    CHECK(node.shown()["objection"]["reason"].get<std::string>().find("2031-01-01") !=
          std::string::npos);
    CHECK(node.subject({"resume", person, "--reason", "settled"}).says("is told"));
    CHECK(node.state("alone") == GrantState::active);
    CHECK(node.shown()["objection"].is_null());
    CHECK(node.subject({"resume", person, "--reason", "again"}).code == 1);
}

TEST_CASE("resuming leaves alone what was stopped for another reason") {
    Node node;
    node.store().commit([](Mailboxes& m) {
        m.access().set_grant_state("alone", GrantState::limited, "audit",
                                   now() - std::chrono::minutes(5));
    });
    REQUIRE(node.subject({"limit", person, "--reason", "disputed"}).code == 0);
    REQUIRE(node.subject({"resume", person, "--reason", "settled"}).code == 0);
    CHECK(node.state("alone") == GrantState::limited);
}

TEST_CASE("R3.6: erasing reaches outbox, inbox, what waits and dead letters, and nobody else") {
    Node node;
    node.fill();
    const Answer dry = node.subject({"erase", person, "--dry-run"});
    CHECK(dry.says("would go: 14 readings in 6 messages and 2 dead letters"));
    CHECK(node.state("alone") == GrantState::active);
    CHECK(node.contents().find("kersabiec") != std::string::npos);
    CHECK(node.subject({"erase", person}).code == 2);
    const Answer done = node.subject({"erase", person, "--reason", "asked for it", "--yes"});
    INFO(done.err);
    REQUIRE(done.code == 0);
    CHECK(done.says("bmhs@coop.example is told"));
    CHECK(node.state("alone") == GrantState::erased);
    const auto left = node.contents();
    CHECK(left.find("kersabiec") == std::string::npos);
    CHECK(left.find("legall") != std::string::npos);
    CHECK(node.shown()["held"].empty());
    const InboxSize size = node.read([](Mailboxes& m) { return m.inbox_size(0); });
    CHECK(size.messages == 3);
    CHECK(size.records == 4);
    CHECK(node.read([](Mailboxes& m) { return m.dead_count(); }) == 2);
    // What waited for its turn comes without the subject.
    node.store().commit(
        [](Mailboxes& m) { m.take_in(arriving(4, xml(two_of_each({neighbours})), 2), now()); });
    CHECK(node.contents().find("kersabiec") == std::string::npos);
    CHECK(node.read([](Mailboxes& m) { return m.inbox_size(0); }).records == 8);
    CHECK(node.subject({"resume", person, "--reason", "sorry"}).says("was erased"));
    CHECK(node.subject({"erase", person, "--reason", "again", "--yes"}).code == 0);
}

TEST_CASE("R3.6: what is kept of sent readings is shown, taken along and erased, too") {
    Node node;
    node.store().commit([](Mailboxes& m) {
        m.past().keep(two_of_each({persons, neighbours}, 7), Quality::validated, Time::max());
        for (const std::string& name : {persons, neighbours})
            m.series().note({.name = named_series(name).name, .latest = {{now(), 7}}});
    });
    CHECK(node.shown()["held"][0]["place"] == "archive");
    CHECK(node.shown()["held"][0]["readings"] == 2);
    const auto folder = node.file("export");
    REQUIRE(node.subject({"export", person, "-o", folder.string()}).code == 0);
    CHECK(text_of_file(folder / "readings-validated.json").find("kersabiec") != std::string::npos);
    const Answer erased = node.subject({"erase", person, "--reason", "asked for it", "--yes"});
    REQUIRE(erased.code == 0);
    CHECK(erased.says("dash@analyst.example is told which series have to go"));
    node.store().read([](Mailboxes& m) {
        REQUIRE(m.past().series().size() == 1);
        CHECK(m.past().series()[0].name == neighbours);
        const auto seen = m.series().page("", 9);
        REQUIRE(seen.size() == 1);
        CHECK(seen[0].name == named_series(neighbours).name);
    });
}

TEST_CASE("R6.4: what goes under a pseudonym is the person's, too") {
    Node node;
    const PseudonymFiles files{.key = node.file("pseudonyms.key"),
                               .names = node.file("pseudonyms.db")};
    ensure_pseudonym_key(files);
    std::string given;
    {
        Pseudonyms names(files);
        given = names
                    .conceal(senml::Name::parse(persons).value(), analyst,
                             {.subject = true, .levels = {1}}, now())
                    ->senml();
    }
    node.store().commit([&](Mailboxes& m) {
        m.enqueue(outgoing(analyst, "many", two_of_each({given, neighbours})), now());
    });
    CHECK(node.shown()["held"][0]["readings"] == 2);
    const auto folder = node.file("export");
    REQUIRE(node.subject({"export", person, "-o", folder.string()}).code == 0);
    CHECK(text_of_file(folder / "readings-raw.json").find(persons) != std::string::npos);
    REQUIRE(node.subject({"object", person, "--reason", "no"}).code == 0);
    CHECK(node.outbox(analyst)[0].records == 2);
    const auto pseudonym = senml::Name::parse(given)->subject();
    SUBCASE("R6.2: lifting is written down") {
        CHECK(node.subject({"lift", given}).code == 2);
        CHECK(node.subject({"liftings", "--json"}).out == "[]\n");
        CHECK(node.subject({"lift", given, "--reason", "case 12"}).out == person + "\n");
        CHECK(node.subject({"lift", "p-nobody", "--reason", "curious"}).code == 1);
        const json rows = json::parse(node.subject({"liftings", "--json"}).out);
        REQUIRE(rows.size() == 2);
        CHECK(rows[0]["pseudonym"] == pseudonym);
        CHECK(rows[0]["reason"] == "case 12");
        CHECK_FALSE(rows[0]["who"].get<std::string>().empty());
        CHECK(rows[1]["found"] == false);
    }
    SUBCASE("R3.5: after an erasure nobody can tell any more") {
        REQUIRE(node.subject({"erase", person, "--reason", "asked", "--yes"}).code == 0);
        CHECK(node.subject({"lift", pseudonym, "--reason", "case 12"}).code == 1);
        CHECK(text_of_file(files.names).find("kersabiec") == std::string::npos);
    }
    SUBCASE("R6.3: another key is made only when it is meant so") {
        const auto before = text_of_file(files.key);
        CHECK(node.subject({"rotate", "--yes"}).code == 2);
        REQUIRE(node.subject({"rotate", "--reason", "seen by a visitor", "--yes"}).code == 0);
        CHECK(text_of_file(files.key) != before);
    }
}
