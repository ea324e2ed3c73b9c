// Whether a contestant found what the payload says.
#include <fmt/format.h>

#include <bit>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <variant>

#include "tests/bench/senml/contestant.hpp"

namespace courant::bench {

namespace {

struct Seen {
    std::string_view name;
    std::string_view unit;
    double time = 0;
    double value = 0;
};

[[noreturn]] void differ(std::size_t index, std::size_t record, const std::string& what) {
    throw std::runtime_error("pack " + std::to_string(index) + ", record " +
                             std::to_string(record + 1) + ": " + what);
}

std::string two(std::string_view what, double wanted, double seen) {
    return fmt::format("{} {:.17g}, not {:.17g}", what, seen, wanted);
}

bool same_bits(double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

double seconds(senml::Time time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

/// `see` gives record i of the result.
template <typename See>
void compare_all(const Corpus& corpus, std::size_t index, std::size_t size, const See& see) {
    const senml::Pack& pack = corpus.packs[index];
    if (size != pack.size()) {
        differ(index, size, "the pack has " + std::to_string(pack.size()) + " records");
    }
    for (std::size_t i = 0; i < size; ++i) {
        const Seen seen = see(i);
        if (seen.name != pack.name(pack[i].name)) differ(index, i, "another name");
        if (seen.unit != pack.unit(pack[i].unit)) differ(index, i, "another unit");
        if (!same_bits(seen.time, seconds(pack[i].time))) {
            differ(index, i, two("time", seconds(pack[i].time), seen.time));
        }
        if (!same_bits(seen.value, pack[i].number)) {
            differ(index, i, two("value", pack[i].number, seen.value));
        }
    }
}

}  // namespace

void compare(const Corpus& corpus, std::size_t index, const senml::Pack& result) {
    compare_all(corpus, index, result.size(), [&](std::size_t i) -> Seen {
        const senml::Record& record = result[i];
        if (record.kind != senml::Kind::number) differ(index, i, "no number");
        if (record.time != corpus.packs[index][i].time) differ(index, i, "another nanosecond");
        return {result.name(record.name), result.unit(record.unit), seconds(record.time),
                record.number};
    });
}

void compare(const Corpus& corpus, std::size_t index, const SharedReadings& result) {
    compare_all(corpus, index, result.rows.size(), [&](std::size_t i) -> Seen {
        const auto& row = result.rows[i];
        return {result.names[row.name], result.units[row.unit], row.time, row.value};
    });
}

void compare(const Corpus& corpus, std::size_t index, const OwningReadings& result) {
    compare_all(corpus, index, result.size(), [&](std::size_t i) -> Seen {
        return {result[i].name, result[i].unit, result[i].time, result[i].value};
    });
}

void compare(const Corpus& corpus, std::size_t index, const std::vector<senml::Reading>& result) {
    compare_all(corpus, index, result.size(), [&](std::size_t i) -> Seen {
        const senml::Reading& reading = result[i];
        const auto* value = std::get_if<double>(&reading.value);
        if (value == nullptr || !reading.unit) differ(index, i, "no number with a unit");
        return {reading.name, *reading.unit, seconds(reading.time), *value};
    });
}

void compare(const Corpus& corpus, std::size_t index, std::string_view result) {
    const auto pack = senml::read(corpus.format, result, corpus.options);
    if (!pack) throw std::runtime_error("what was written: " + pack.error().to_string());
    compare(corpus, index, *pack);
}

}  // namespace courant::bench
