#include "vector_cases.hpp"

#include <bit>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "senml/detail/text.hpp"
#include "senml/number.hpp"

namespace courant::senml::test {

namespace {

using Json = nlohmann::json;

std::string printed(Time time) {
    std::string text;
    append_seconds(text, time.time_since_epoch());
    return text;
}

bool same_bits(double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool same_optional(const Json& record, const char* label, const std::optional<double>& value) {
    if (!record.contains(label)) return !value;
    return value && same_bits(record[label].get<double>(), *value);
}

bool same_value(const Pack& pack, const Record& record, const Json& expected) {
    switch (record.kind) {
        case Kind::none:
            return !expected.contains("v") && !expected.contains("vs") &&
                   !expected.contains("vb") && !expected.contains("vd");
        case Kind::number:
            return expected.contains("v") && same_bits(expected["v"].get<double>(), record.number);
        case Kind::boolean:
            return expected.contains("vb") && expected["vb"].get<bool>() == record.boolean;
        case Kind::text:
            return expected.contains("vs") &&
                   expected["vs"].get<std::string>() == pack.text(record);
        case Kind::data: {
            std::string octets;
            if (!expected.contains("vd") ||
                detail::append_decoded(octets, expected["vd"].get<std::string>()) ==
                    detail::Base64::bad) {
                return false;
            }
            const auto data = pack.data(record);
            return octets ==
                   std::string_view{reinterpret_cast<const char*>(data.data()), data.size()};
        }
    }
    return false;
}

std::string record_difference(const Pack& pack, std::size_t index, const Json& expected) {
    const Record& record = pack[index];
    if (pack.name(record.name) != expected.value("n", "")) return "name";
    if ((record.unit == no_unit) == expected.contains("u") ||
        pack.unit(record.unit) != expected.value("u", "")) {
        return "unit";
    }
    const std::string time = printed(record.time);
    if (!same_bits(*parse_json_number(time), expected["t"].get<double>())) {
        return "time " + time + " is not " + expected["t"].dump();
    }
    if (!same_value(pack, record, expected)) return "value";
    const Extra extra = pack.extra(index);
    if (!same_optional(expected, "s", extra.sum)) return "sum";
    if (!same_optional(expected, "ut", extra.update_time)) return "update time";
    if (expected.value("bver", default_version) != pack.version()) return "version";
    return {};
}

}  // namespace

std::optional<std::filesystem::path> vectors() {
    const char* given = std::getenv("COURANT_SHARED");
    const std::filesystem::path folder =
        std::filesystem::path(given != nullptr ? given : COURANT_SHARED_DEFAULT) / "vectors/senml";
    if (!std::filesystem::is_directory(folder)) return std::nullopt;
    return folder;
}

std::string read_bytes(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

nlohmann::json read_json_file(const std::filesystem::path& file) {
    return Json::parse(read_bytes(file));
}

std::vector<std::vector<std::string>> read_csv(const std::filesystem::path& file) {
    std::vector<std::vector<std::string>> rows;
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    while (std::getline(stream, line)) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        std::vector<std::string> fields(1);
        bool quoted = false;
        for (const char c : line) {
            if (c == '"') {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                fields.emplace_back();
            } else {
                fields.back() += c;
            }
        }
        rows.push_back(std::move(fields));
    }
    return rows;
}

Time time_from(const nlohmann::json& seconds) {
    if (seconds.is_null()) return {};
    return Time{*parse_seconds(seconds.dump())};
}

std::string difference(const Pack& pack, const nlohmann::json& expected) {
    if (pack.size() != expected.size()) {
        return std::to_string(pack.size()) + " records, not " + std::to_string(expected.size());
    }
    for (std::size_t i = 0; i < pack.size(); ++i) {
        const auto what = record_difference(pack, i, expected[i]);
        if (!what.empty()) return "record " + std::to_string(i + 1) + ": " + what;
    }
    return {};
}

}  // namespace courant::senml::test
