#include "cli/senml_command.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Run {
    int code = -1;
    std::string out;
    std::string err;
};

Run run(const std::vector<std::string_view>& args, const std::string& input = {}) {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    const int code = courant::cli::run_senml_command(args, in, out, err);
    return {code, out.str(), err.str()};
}

constexpr auto json_pack = R"([{"bn":"a/","n":"x","t":-5,"v":1},{"n":"y","t":-10,"vs":"é"}])";
constexpr auto xml_pack =
    "<sensml xmlns='urn:ietf:params:xml:ns:senml'><senml bn='a/' n='x' t='-5' v='1'/></sensml>";

}  // namespace

TEST_CASE("validate says nothing about a good pack, and one line per fault about a bad one") {
    CHECK(run({"validate", "-"}, json_pack).code == 0);
    CHECK(run({"validate", "-"}, json_pack).out.empty());
    const auto bad =
        run({"validate", "-"}, R"([{"n":"a","v":1},{"n":"b c","v":1},{"n":"d","bver":5,"v":1}])");
    CHECK(bad.code == 1);
    CHECK(bad.out ==
          "record 2: the name has a character outside A-Z a-z 0-9 - : . / _ (RFC 8428 4.5.1)\n"
          "record 3: bver differs (RFC 8428 4.4)\n");
    CHECK(run({"validate", "-"}, "[]").code == 1);
    CHECK(run({"validate", "-"}, "").code == 1);
}

TEST_CASE("validate notes what a tolerant reader lets pass, and --strict refuses it") {
    constexpr auto deployed = R"([{"n":"a","u":"Wh","v":1}])";
    const auto tolerant = run({"validate", "-"}, deployed);
    CHECK(tolerant.code == 0);
    CHECK(tolerant.err == "note: record 1: secondary unit 'Wh' without bver 26 (RFC 8798 3)\n");
    const auto strict = run({"validate", "--strict", "-"}, deployed);
    CHECK(strict.code == 1);
    CHECK(strict.out == "record 1: secondary unit 'Wh' without bver 26 (RFC 8798 3)\n");
}

TEST_CASE("the format is told by the first byte, or by --from") {
    CHECK(run({"validate", "-"}, xml_pack).code == 0);
    CHECK(run({"validate", "-"}, " \n" + std::string{xml_pack}).code == 0);
    CHECK(run({"validate", "--from", "xml", "-"}, xml_pack).code == 0);
    CHECK(run({"validate", "--from=json", "-"}, xml_pack).code == 1);
    CHECK(run({"validate", "-"}, "hello").code == 1);
    CHECK(run({"validate", "--from", "exi", "-"}, xml_pack).code == 2);
}

TEST_CASE("resolve writes full records with absolute times, in order of time") {
    const auto resolved = run({"resolve", "--now", "1600000000", "-"}, json_pack);
    CHECK(resolved.code == 0);
    CHECK(resolved.out ==
          "[{\"n\":\"a/y\",\"t\":1599999990,\"vs\":\"é\"},{\"n\":\"a/"
          "x\",\"t\":1599999995,\"v\":1}]\n");
    const auto xml = run({"resolve", "--now=1600000000.5", "--to", "xml", "-"}, json_pack);
    CHECK(xml.out.find("t=\"1599999995.5\"") != std::string::npos);
    CHECK(run({"resolve", "-"}, xml_pack).out.starts_with("<sensml"));
    CHECK(run({"resolve", "-"}, xml_pack).out.find("t=\"1\"") == std::string::npos);
    const auto bad = run({"resolve", "-"}, R"([{"n":"a"}])");
    CHECK(bad.code == 1);
    CHECK(bad.out.empty());
    CHECK(bad.err == "courant senml resolve: record 1: no value and no sum (RFC 8428 4.2)\n");
    CHECK(run({"resolve", "--now", "noon", "-"}, json_pack).code == 2);
}

TEST_CASE("convert writes the same pack in another format") {
    const auto xml = run({"convert", "--from", "json", "--to", "xml", "-"}, json_pack);
    CHECK(xml.code == 0);
    CHECK(
        xml.out ==
        "<sensml xmlns=\"urn:ietf:params:xml:ns:senml\"><senml bn=\"a/\" n=\"x\" t=\"-5\" v=\"1\"/>"
        "<senml n=\"y\" t=\"-10\" vs=\"é\"/></sensml>\n");
    const auto json = run({"convert", "--from", "xml", "--to", "json", "-"}, xml.out);
    CHECK(json.out == std::string{json_pack} + '\n');
    CHECK(run({"convert", "-"}, json_pack).code == 2);
    CHECK(run({"convert", "--to", "xml", "-"}, "[]").code == 1);
}

TEST_CASE("a file is read where one is named") {
    const auto path = std::filesystem::temp_directory_path() /
                      ("courant-senml-" + std::to_string(std::random_device{}()) + ".json");
    std::ofstream(path) << json_pack;
    const auto text = path.string();
    CHECK(run({"validate", text}).code == 0);
    std::filesystem::remove(path);
    const auto missing = run({"validate", text});
    CHECK(missing.code == 1);
    CHECK(missing.err.find("cannot be read") != std::string::npos);
}

TEST_CASE("name takes a federated name apart, as JSON or for people") {
    constexpr auto text = "zabbix@lorient.example/kersabiec@lorient.example/pv/power";
    const auto json = run({"name", text, "--json"});
    CHECK(json.code == 0);
    CHECK(nlohmann::json::parse(json.out) ==
          nlohmann::json{{"app", "zabbix"},
                         {"app_server", "lorient.example"},
                         {"subject", "kersabiec"},
                         {"subject_server", "lorient.example"},
                         {"path", {"pv", "power"}},
                         {"name", text},
                         {"senml", "zabbix:lorient.example/kersabiec:lorient.example/pv/power"}});
    const auto odd = run({"name", "--json", "a@s/b@t/\"q\\:01"});
    CHECK(nlohmann::json::parse(odd.out)["path"][0] == "\"q\\\x01");
    CHECK(run({"name", text}).out.find("kersabiec at lorient.example") != std::string::npos);
    const auto none = run({"name", "a@s/user/x"});
    CHECK(none.code == 1);
    CHECK(none.out.empty());
    CHECK(none.err.find("the subject has no server") != std::string::npos);
}

TEST_CASE("a misuse ends with 2, help with 0") {
    CHECK(run({}).code == 2);
    CHECK(run({"frobnicate"}).code == 2);
    CHECK(run({"validate"}).code == 2);
    CHECK(run({"validate", "--nonsense", "-"}).code == 2);
    CHECK(run({"validate", "-", "another"}).code == 2);
    CHECK(run({"name"}).code == 2);
    CHECK(run({"--help"}).code == 0);
    for (const auto* command : {"validate", "resolve", "convert", "name"}) {
        const auto help = run({command, "--help"});
        CHECK(help.code == 0);
        CHECK(help.out.find(command) != std::string::npos);
        CHECK(help.err.empty());
    }
}
