// The page that others implement the protocol from, and its schema, say what the code does.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "proxy-core/catalog/card.hpp"
#include "proxy-core/catalog/catalog_element.hpp"
#include "proxy-core/federation/base64.hpp"
#include "proxy-core/federation/commands.hpp"
#include "proxy-core/federation/intake.hpp"
#include "proxy-core/federation/pubsub.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/federation/proxies.hpp"
#include "tests/unit/federation/some_notices.hpp"

using namespace courant;
using namespace courant::test;

namespace {

const std::filesystem::path schemas = COURANT_SCHEMAS;

std::string content(const std::filesystem::path& file) {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
}

/// The ```xml blocks of the page.
std::vector<std::string> examples() {
    const std::string page = content(schemas / "PROTOCOL.md");
    std::vector<std::string> blocks;
    for (auto begin = page.find("```xml\n"); begin != std::string::npos;) {
        begin += 7;
        const auto end = page.find("```", begin);
        REQUIRE(end != std::string::npos);
        std::string block = page.substr(begin, end - begin);
        block.erase(0, block.find('<'));
        block.erase(block.rfind('>') + 1);
        blocks.push_back(block);
        begin = page.find("```xml\n", end);
    }
    return blocks;
}

/// Our element out of a message.
std::string element_of(const std::string& stanza) {
    const auto begin = stanza.find('<', 1);
    return stanza.substr(begin, stanza.rfind("</message>") - begin);
}

/// A stanza of every kind, with everything that it can hold.
std::vector<std::string> written() {
    const Jid coop = address("bmhs@coop.example");
    Message full;
    full.peer = coop;
    full.lane = {std::string(64, 'l')};
    full.seq = Seq{1} << 53;
    full.envelope = {"P1Y6M2DT3H4M5S",
                     "a grant with <, & and 'é'",
                     Quality::invoiced,
                     {coop, address("zabbix@lorient.example")}};
    full.body = pack_of(coop, 1);
    Message bare;
    bare.peer = coop;
    bare.lane = {"L"};
    bare.seq = 1;
    bare.envelope.retain = "P2W";
    bare.body = pack_of(coop, 1);
    Receipt receipt;
    receipt.lane = {"L"};
    receipt.through = 12;
    receipt.at = senml::from_unix_seconds(1'780'000'000);
    receipt.missing = {{13, 13}, {15, 20}};
    receipt.rejects = {{.seq = 3, .record = {}, .reason = std::string(3000, 'x')},
                       {.seq = 4, .record = 2, .reason = ""}};
    Receipt empty;
    empty.lane = {"L"};
    Message packed = full;
    packed.body = compact_of(full.body);
    std::vector<std::string> stanzas{to_stanza(full),
                                     to_stanza(packed),
                                     to_stanza(bare),
                                     to_stanza(receipt, coop),
                                     to_stanza(empty, coop),
                                     to_stanza(Void{{"L"}, 3, "its grant has ended"}, coop),
                                     to_stanza(Resume{{"L"}, 1}, coop),
                                     to_stanza(Where{"w1"}, coop),
                                     to_stanza(Here{"w1"}, coop)};
    for (const auto quality :
         {Quality::missing, Quality::estimated, Quality::corrected, Quality::validated}) {
        bare.envelope.quality = quality;
        stanzas.push_back(to_stanza(bare));
    }
    for (const Notice& notice : some_notices()) {
        bare.body = notice_body(notice);
        bare.records = 0;
        stanzas.push_back(to_stanza(bare));
    }
    return stanzas;
}

/// What is in the items of a node: with everything, and with as little as can be.
std::vector<std::string> published() {
    std::vector<std::string> payloads;
    for (const bool much : {true, false}) {
        Message message;
        message.peer = address("pubsub.lorient.example");
        message.lane = {"L"};
        message.seq = 1;
        message.envelope.hops = {address("zabbix@lorient.example")};
        if (much) message.envelope.quality = Quality::validated;
        senml::Pack pack;
        pack.add(pack.intern_name("a:b/c:d/e"), much ? pack.intern_unit("W") : senml::no_unit,
                 Time{}, 1);
        const Publication publication{
            .node = "n", .series = "a@b/c@d/e", .licence = much ? "CC-BY-4.0" : ""};
        const std::string stanza =
            written_for_pubsub(message, pack, pack_of(message.envelope.hops[0], 1), &publication,
                               "lorient.example")
                .stanzas.at(0);
        const std::string_view end = "</open-data>";
        const auto begin = stanza.find("<open-data");
        payloads.push_back(stanza.substr(begin, stanza.find(end) + end.size() - begin));
    }
    return payloads;
}

/// What stands in the answers to commands, with everything that it can hold and with nothing.
std::vector<std::string> answers() {
    const Time time = senml::from_unix_seconds(1'780'000'000);
    const CatalogEntry full{.series = "a@b.example/c@d.example/<é>",
                            .unit = "W",
                            .kind = senml::Kind::number,
                            .title = "'the' roof",
                            .meaning = "mean",
                            .period = "PT10M",
                            .first = time,
                            .last = time,
                            .licence = "CC0",
                            .price = "free",
                            .conditions = "none",
                            .grant = CatalogGrant{.id = "G",
                                                  .purpose = "billing",
                                                  .history = "P13M",
                                                  .resolution = "PT1H",
                                                  .until = time},
                            .sample = {{time, 1.5}, {time + std::chrono::minutes(1), 2}}};
    const Card card{.name = "Coopérative",
                    .contact = "c",
                    .website = "w",
                    .place = "p",
                    .latitude = -47.5,
                    .longitude = 1e-7,
                    .code_of_conduct = "1",
                    .dpo = "d",
                    .complaint_authority = "a",
                    .listed = true};
    const Jid jid = address("zabbix@lorient.example");
    return {catalog_element({{full, {.series = "x"}}, true}, 100'000),
            catalog_element({}, 100'000),
            card_element(card),
            card_element({}),
            directory_element({{{jid, card}, {jid, {.name = "x"}}}, true}, 100'000),
            directory_element({}, 100'000)};
}

/// Whether the schema takes the elements; what it complains about goes into the test's output.
bool valid(const std::vector<std::string>& elements) {
    const TempDir dir;
    std::vector<std::string> call{"xmllint", "--noout", "--schema",
                                  (schemas / "courant.xsd").string()};
    for (std::size_t i = 0; i < elements.size(); ++i) {
        const auto file = dir / (std::to_string(i) + ".xml");
        std::ofstream(file) << elements[i];
        call.push_back(file.string());
    }
    const bool well = run_to_end(call, dir / "log") == 0;
    if (!well) MESSAGE(tail(dir / "log", 10));
    return well;
}

bool xmllint_is_there() {
    const TempDir dir;
    if (run_to_end({"sh", "-c", "command -v xmllint"}, dir / "log") == 0) return true;
    MESSAGE("xmllint (package libxml2-utils) is not installed: the schema is not tested");
    return false;
}

}  // namespace

TEST_CASE("every stanza that we write fits the schema") {
    if (!xmllint_is_there()) return;
    std::vector<std::string> elements;
    for (const std::string& stanza : written()) elements.push_back(element_of(stanza));
    for (const std::string& item : published()) elements.push_back(item);
    for (const std::string& answer : answers()) elements.push_back(answer);
    CHECK(valid(elements));
}

TEST_CASE("the schema refuses what breaks the protocol") {
    if (!xmllint_is_there()) return;
    const std::string pack = pack_of(address("a@b.example"), 1);
    const std::string open = " xmlns='urn:courant:0' lane='L' ";
    for (const std::string& element :
         {"<readings" + open + "seq='1' hops=''>" + pack + "</readings>",
          "<readings" + open + "seq='0' retain='P1D' hops=''>" + pack + "</readings>",
          "<readings" + open + "seq='1' retain='soon' hops=''>" + pack + "</readings>",
          "<readings" + open + "seq='1' retain='P1D' hops='x'>" + pack + "</readings>",
          "<readings" + open + "seq='1' retain='P1D' hops='' quality='best'>" + pack +
              "</readings>",
          "<readings" + open + "seq='1' retain='P1D' hops=''/>",
          "<readings" + open +
              "seq='1' retain='P1D' hops=''><pack type='application/senml+cbor' "
              "coding='zstd'>KLUv/SAB AAA</pack></readings>",
          "<readings" + open + "seq='1' retain='P1D' hops=''><pack coding='zstd'>" +
              encode_base64(compact_of(pack)) + "</pack></readings>",
          "<readings" + open +
              "seq='1' retain='P1D' hops=''><pack type='application/senml+cbor' "
              "coding='zstd'>" +
              encode_base64("no frame of zstd") + "</pack></readings>",
          "<receipt" + open + "/>",
          "<receipt" + open + "through='1' at='2026-05-28T20:26:40+01:00'/>",
          "<resume" + open + "next='0'/>",
          std::string("<catalog xmlns='urn:courant:0' count='1'><series/></catalog>"),
          std::string("<directory xmlns='urn:courant:0' count='1'><organisation "
                      "listed='maybe'/></directory>"),
          "<void" + open + "seq='1'/>", "<hello" + open + "/>"}) {
        CAPTURE(element);
        const TempDir dir;
        std::ofstream(dir / "0.xml") << element;
        CHECK(run_to_end({"xmllint", "--noout", "--schema", (schemas / "courant.xsd").string(),
                          (dir / "0.xml").string()},
                         dir / "log") != 0);
    }
}

TEST_CASE("the page's examples are read as what they are, and fit the schema") {
    const auto blocks = examples();
    REQUIRE(blocks.size() == 15);
    std::vector<std::string> elements;
    std::vector<std::size_t> kinds;
    std::vector<std::string> packs;
    for (const std::string& block : blocks) {
        CAPTURE(block);
        const auto stanza = read_stanza(block);
        REQUIRE(stanza);
        if (stanza->name == "iq") {
            const Element* command = stanza->child("command", commands_namespace);
            REQUIRE(command);
            CHECK(form_in(*command));
            for (const std::string name : {"history", "catalog", "directory"}) {
                const auto begin = block.find('<' + name + ' ');
                if (begin == std::string::npos) continue;
                const std::string end = "</" + name + '>';
                elements.push_back(block.substr(begin, block.find(end) + end.size() - begin));
            }
            continue;
        }
        const auto payload = payload_of(*stanza);
        REQUIRE(payload);
        if (!*payload) {
            CHECK(stanza->attribute("type") == "error");
            continue;
        }
        kinds.push_back((*payload)->index());
        elements.push_back(element_of(block));
        if (const auto* notice = std::get_if<NoticeMessage>(&**payload))
            CHECK(notice->fault.empty());
        if (const auto* readings = std::get_if<Readings>(&**payload)) {
            const auto found = inspect(*readings, address("zabbix@lorient.example"),
                                       address("bmhs@coop.example"), Time{});
            CHECK(found.fault.empty());
            CHECK(found.foreign.empty());
            CHECK(found.records == 2);
            packs.push_back(BodyReader().to_xml(readings->body, Time{}).value());
            CHECK(stanza->attribute("id") == stanza_id(readings->lane, readings->seq));
        }
    }
    CHECK(kinds == std::vector<std::size_t>{0, 0, 2, 3, 4, 5, 6, 1, 1, 1});
    // Both encodings of the page say the same.
    REQUIRE(packs.size() == 2);
    senml::Pack one;
    senml::Pack other;
    REQUIRE(BodyReader().read(packs[0], Time{}, one));
    REQUIRE(BodyReader().read(packs[1], Time{}, other));
    CHECK(one == other);
    if (xmllint_is_there()) CHECK(valid(elements));
}
