#include "tests/bench/senml/payload.hpp"

#include <fmt/format.h>

#include <iterator>
#include <random>
#include <stdexcept>
#include <string_view>

namespace courant::bench {

namespace {

using senml::Format;

constexpr std::size_t name_size = 55;
constexpr int step = 1800;  // seconds

/// A value as it is drawn: thousandths, so that its text needs no formatting of doubles.
using Milli = std::int64_t;

struct Curve {
    std::string name;
    std::int64_t begin = 0;
    std::vector<Milli> values;
};

using Random = std::mt19937_64;

std::int64_t draw(Random& random, std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(random);
}

/// A whole number that has one to `digits` digits, each as likely.
std::int64_t draw_digits(Random& random, std::int64_t digits) {
    std::int64_t limit = 10;
    for (auto n = draw(random, 1, digits); n > 1; --n) limit *= 10;
    return draw(random, limit == 10 ? 0 : limit / 10, limit - 1);
}

Curve draw_curve(Random& random, std::size_t index, Digits digits, std::size_t records) {
    Curve curve;
    curve.name = fmt::format("zabbix:lorient.example/school-{:03}:lorient.example/power", index);
    if (curve.name.size() != name_size) throw std::logic_error("the name has another length");
    curve.begin = 1'700'000'000 + step * draw(random, 0, 9'999);
    curve.values.reserve(records);
    for (std::size_t i = 0; i < records; ++i) {
        curve.values.push_back(digits == Digits::integers
                                   ? draw_digits(random, 6) * 1000
                                   : draw_digits(random, 4) * 1000 + draw(random, 0, 999));
    }
    return curve;
}

void append_value(std::string& out, Milli value) {
    fmt::format_to(std::back_inserter(out), "{}", value / 1000);
    if (value % 1000 == 0) return;
    out += fmt::format(".{:03}", value % 1000);
    while (out.back() == '0') out.pop_back();
}

std::string json_text(const Curve& curve) {
    std::string out = fmt::format(R"([{{"bn":"{}","bt":{},"bu":"W","v":)", curve.name, curve.begin);
    append_value(out, curve.values[0]);
    for (std::size_t i = 1; i < curve.values.size(); ++i) {
        fmt::format_to(std::back_inserter(out), R"(}},{{"t":{},"v":)", i * step);
        append_value(out, curve.values[i]);
    }
    return out += "}]";
}

std::string xml_text(const Curve& curve) {
    std::string out = fmt::format(
        R"(<sensml xmlns="urn:ietf:params:xml:ns:senml"><senml bn="{}" bt="{}" bu="W" v=")",
        curve.name, curve.begin);
    append_value(out, curve.values[0]);
    for (std::size_t i = 1; i < curve.values.size(); ++i) {
        fmt::format_to(std::back_inserter(out), R"("/><senml t="{}" v=")", i * step);
        append_value(out, curve.values[i]);
    }
    return out += R"("/></sensml>)";
}

std::string text(Format format, const Curve& curve, const senml::Pack& pack) {
    switch (format) {
        case Format::json:
            return json_text(curve);
        case Format::xml:
            return xml_text(curve);
        case Format::cbor:
            break;
    }
    auto bytes = senml::write(format, pack);
    if (!bytes) throw std::runtime_error("writing the payload: " + bytes.error().to_string());
    return *bytes;
}

}  // namespace

Corpus make_corpus(Format format, Digits digits, std::size_t records) {
    Corpus corpus;
    corpus.format = format;
    corpus.digits = digits;
    corpus.records = records;
    corpus.options.now = senml::from_unix_seconds(1'900'000'000);
    Random random(seed);
    for (std::size_t index = 0; index < rotation(records); ++index) {
        const Curve curve = draw_curve(random, index, digits, records);
        auto& pack = corpus.packs.emplace_back();
        auto& rows = corpus.rows.emplace_back();
        const auto name = pack.intern_name(curve.name);
        const auto unit = pack.intern_unit("W");
        const auto their_name = rows.names.intern(curve.name);
        const auto their_unit = rows.units.intern("W");
        for (std::size_t i = 0; i < records; ++i) {
            const auto seconds = curve.begin + static_cast<std::int64_t>(i) * step;
            const double value = static_cast<double>(curve.values[i]) / 1000;
            pack.add(name, unit, senml::from_unix_seconds(seconds), value);
            rows.rows.push_back({static_cast<double>(seconds), value, their_name, their_unit});
        }
        corpus.texts.push_back(text(format, curve, pack));
    }
    return corpus;
}

}  // namespace courant::bench
