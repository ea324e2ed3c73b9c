// What everybody reads and writes: half-hourly load curves, the same readings in every format.
//
// A pack is one meter: the first record has bn (55 characters), bt, bu and v, all others t and v.
// The numbers of digits vary at random, and many different packs come in turn, because one pack
// again and again trains the branch predictor and no reader ever sees that.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "senml/codec.hpp"
#include "tests/bench/senml/readings.hpp"

namespace courant::bench {

inline constexpr std::uint64_t seed = 20'231'114;

/// How many packs rotate; fewer of large ones, to bound memory.
constexpr std::size_t rotation(std::size_t records) {
    return records < 10'000 ? 256 : 16;
}

/// What the values look like.
enum class Digits {
    integers,  ///< whole watts, one to six digits
    decimals,  ///< up to three decimals, as a shortest text has them
};

/// Packs of one kind and size, in every shape that somebody begins with.
struct Corpus {
    senml::Format format{};
    Digits digits{};
    std::size_t records = 0;           ///< per pack
    std::vector<std::string> texts;    ///< what is parsed
    std::vector<senml::Pack> packs;    ///< what we encode; what parsing must give
    std::vector<SharedReadings> rows;  ///< what the others encode: the same
    senml::ReadOptions options;

    std::size_t size() const { return texts.size(); }
};

/// The same readings, whatever the format.
Corpus make_corpus(senml::Format format, Digits digits, std::size_t records);

}  // namespace courant::bench
