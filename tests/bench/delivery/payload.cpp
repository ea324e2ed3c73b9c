#include "tests/bench/delivery/payload.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>

#include "senml/codec.hpp"
#include "senml/name.hpp"
#include "senml/number.hpp"

namespace courant::bench {
namespace {

constexpr std::uint64_t seed = 20231114;
constexpr std::int64_t first_second = 1'309'442'400;
constexpr std::int64_t step = 900;  // seconds; ten million readings end before 2262
constexpr std::array<std::string_view, 2> curves = {
    "home@home.test/house@home.test/consumption/power", "home@home.test/house@home.test/pv/power"};

std::string in_senml(std::string_view people) {
    return std::string(senml::Name::parse(people)->senml());
}

std::string stanza_around(const senml::Pack& pack, const std::string& to) {
    const auto body = senml::write(senml::Format::xml, pack);
    if (!body) throw std::runtime_error(body.error().to_string());
    return fmt::format(
        "<message to='{}' type='normal'><readings xmlns='urn:courant:0' lane='bare' seq='1' "
        "retain='P3Y' hops='home@home.test'>{}</readings></message>",
        to, *body);
}

}  // namespace

std::vector<senml::Pack> make_packs(std::size_t readings) {
    std::mt19937_64 random(seed);
    std::vector<senml::Pack> packs;
    for (std::size_t i = 0; i < readings; ++i) {
        if (i % readings_per_message == 0) packs.emplace_back();
        auto& pack = packs.back();
        const auto name = pack.intern_name(in_senml(curves[i % 2]));
        const auto time = first_second + step * static_cast<std::int64_t>(i / 2);
        // Watts with up to three decimals, between nothing and some kilowatts.
        const double value = static_cast<double>(random() % 4'000'000) / 1000;
        pack.add(name, pack.intern_unit("W"), senml::from_unix_seconds(time), value);
    }
    return packs;
}

void write_csv(const std::vector<senml::Pack>& packs, const std::filesystem::path& file) {
    std::ofstream out(file);
    std::string row = "t,a,b\n";
    for (const auto& pack : packs)
        for (std::size_t i = 0; i + 1 < pack.size(); i += 2) {
            fmt::format_to(
                std::back_inserter(row), "{},",
                std::chrono::floor<std::chrono::seconds>(pack[i].time).time_since_epoch().count());
            senml::append_number(row, pack[i].number);
            row += ',';
            senml::append_number(row, pack[i + 1].number);
            row += '\n';
            if (row.size() > 1 << 16) {
                out << row;
                row.clear();
            }
        }
    out << row;
}

std::string csv_adapter(const std::filesystem::path& file, const std::string& jid) {
    return fmt::format(
        "[adapters.meter]\ntype = \"csv\"\npath = \"{}\"\ntime_format = \"unix\"\nseries = [\n"
        "  {{ column = \"a\", name = \"{}/house@home.test/consumption/power\", unit = \"W\" }},\n"
        "  {{ column = \"b\", name = \"{}/house@home.test/pv/power\", unit = \"W\" }} ]\n\n"
        "[[extract]]\nadapter = \"meter\"\nevery = \"1h\"\n",
        file.string(), jid, jid);
}

std::vector<std::string> stanzas_of(const std::vector<senml::Pack>& packs, const std::string& to) {
    std::vector<std::string> stanzas;
    stanzas.reserve(packs.size());
    for (const auto& pack : packs) stanzas.push_back(stanza_around(pack, to));
    return stanzas;
}

std::string live_stanza(const std::string& to) {
    return stanza_around(live_pack(0), to);
}

senml::Pack live_pack(std::size_t index) {
    senml::Pack pack;
    pack.add(pack.intern_name(in_senml(curves[0])), pack.intern_unit("W"),
             senml::from_unix_seconds(first_second + static_cast<std::int64_t>(index)),
             static_cast<double>(index % 5000) + 0.25);
    return pack;
}

}  // namespace courant::bench
