#include "tests/integration/federation_of_two.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "proxy-core/federation/protocol.hpp"
#include "senml/number.hpp"

namespace courant::test {
namespace {

std::string series_of(const std::string& jid, const std::string& what) {
    return jid + "/house@home.test/" + what + "/power";
}

std::string adapter_text(const std::filesystem::path& csv, const std::string& jid) {
    return fmt::format(
        "[adapters.meter]\ntype = \"csv\"\npath = \"{}\"\ntime_format = \"%Y-%m-%d "
        "%H:%M:%S\"\ntime_zone = \"+10:00\"\n"
        "series = [ {{ column = \"GC\", name = \"{}\", unit = \"kW\" }}, {{ column = \"GG\", name "
        "= \"{}\", unit = \"kW\" }} ]\n\n"
        "[[extract]]\nadapter = \"meter\"\nevery = \"1s\"\n",
        csv.string(), series_of(jid, "consumption"), series_of(jid, "pv"));
}

// "2011-07-01 00:30:00" at UTC+10, in the spelling of the cooperative's files.
std::string instant_of(const std::string& stamp) {
    const auto local = from_timestamp(stamp.substr(0, 10) + 'T' + stamp.substr(11) + 'Z');
    REQUIRE(local);
    return to_timestamp(*local - std::chrono::hours(10));
}

std::string watts(const std::string& kilowatts) {
    std::string text;
    senml::append_number(text, senml::parse_scaled(kilowatts, 3).value());
    return text;
}

}  // namespace

Household real_year(const std::filesystem::path& csv, const std::string& jid) {
    Household household{
        .file = csv, .adapter = adapter_text(csv, jid), .expected = {}, .readings = 0};
    std::ifstream in(csv);
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        const auto first = line.find(',');
        const auto second = line.find(',', first + 1);
        const std::string time = instant_of(line.substr(0, first));
        household.expected[series_of(jid, "consumption")].push_back(
            time + ',' + watts(line.substr(first + 1, second - first - 1)) + ",W");
        household.expected[series_of(jid, "pv")].push_back(time + ',' +
                                                           watts(line.substr(second + 1)) + ",W");
        household.readings += 2;
    }
    return household;
}

Household made_up(const std::filesystem::path& csv, int rows, const std::string& jid) {
    std::ofstream out(csv);
    out << ",GC,GG\n";
    for (int i = 0; i < rows; ++i)
        out << fmt::format("2011-{:02}-{:02} {:02}:{:02}:00,{}.{:03},{}.{:03}\n", 7 + i / 1440,
                           1 + i / 48 % 30, i / 2 % 24, i % 2 * 30, i % 4, i * 7 % 1000, i % 3,
                           i * 13 % 1000);
    out.close();
    return real_year(csv, jid);
}

FederationOfTwo::FederationOfTwo(const std::string& home_limits, const std::string& home_store,
                                 const std::string& coop_store)
    : home_server(servers.add(ServerKind::prosody, "home.test", {{"home", "secret"}})),
      coop_server(servers.add(ServerKind::ejabberd, "coop.test", {{"coop", "secret"}})),
      home("home@home.test", "secret", home_server, servers.ca_file()),
      coop("coop@coop.test", "secret", coop_server, servers.ca_file()),
      limits(home_limits),
      receiving(
          "[limits]\nretry_first = \"50ms\"\nretry_max = \"500ms\"\n\n[adapters.archive]\ntype "
          "= \"csv\"\nfolder = \"" +
          (coop / "archive").string() + "\"\n\n[[receive]]\nadapter = \"archive\"\n") {
    if (!home_store.empty()) home.set_store(home_store);
    if (!coop_store.empty()) coop.set_store(coop_store);
    coop.configure(receiving);
    home.configure("");
    home.expect({"peer", "add", "coop@coop.test"});
    home.lets_have("coop@coop.test", "*");
    coop.expect({"peer", "add", "home@home.test"});
}

void FederationOfTwo::publish(const Household& household) {
    home.configure(sending(household));
}

std::string FederationOfTwo::sending(const Household& household) const {
    return "[limits]\nretry_first = \"50ms\"\nretry_max = \"500ms\"\n" + limits + "\n" +
           household.adapter;
}

Lines FederationOfTwo::received(const std::string& series) const {
    std::filesystem::path found;
    const auto archive = coop / "archive";
    if (!std::filesystem::exists(archive)) return {};
    const std::string level = series.find("/pv/") != std::string::npos ? "pv" : "consumption";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(archive))
        if (entry.is_regular_file() && entry.path().extension() == ".csv" &&
            entry.path().lexically_relative(archive).string().find(level) != std::string::npos)
            found = entry.path();
    std::istringstream in(read_file(found));
    Lines lines;
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) lines.push_back(line);
    return lines;
}

void FederationOfTwo::check_complete(const Household& household) const {
    for (const auto& [series, lines] : household.expected) {
        const Lines got = received(series);
        INFO("series " << series);
        REQUIRE(got.size() == lines.size());
        for (std::size_t i = 0; i < lines.size(); ++i) REQUIRE(got[i] == lines[i]);
    }
}

void FederationOfTwo::wait_for(const Household& household) {
    const bool here = wait_until([&] {
        for (const auto& [series, lines] : household.expected)
            if (received(series).size() < lines.size()) return false;
        return true;
    });
    if (!here) {
        MESSAGE("home: " << home.status().dump(1) << tail(home / "log", 20));
        MESSAGE("coop: " << coop.status().dump(1) << tail(coop / "log", 20));
    }
    check_complete(household);
}

}  // namespace courant::test
