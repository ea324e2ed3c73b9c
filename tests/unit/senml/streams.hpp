// What the tests of streams share: a stream fed in pieces, and what came of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "packs.hpp"
#include "senml/stream.hpp"

namespace courant::senml::test {

/// What a stream reader made of a stream.
struct Streamed {
    Pack pack;
    std::optional<Fault> fault;  ///< of a feed or, if there is none, of the end

    /// "record 2 (RFC 8428 4.4)"; empty for a stream without fault. What a fault says in words may
    /// name a byte.
    std::string verdict() const {
        if (!fault) return {};
        return "record " + std::to_string(fault->record) + " (" + fault->rule + ')';
    }
};

/// Feeds the pieces one after another, all of them at `now`.
inline Streamed stream(Format format, const std::vector<std::string_view>& pieces,
                       const StreamOptions& options = {}, Time now = noon) {
    StreamReader reader(format, options);
    Streamed result;
    for (const std::string_view piece : pieces) {
        if (const auto fed = reader.feed(piece, now, result.pack); !fed) result.fault = fed.error();
    }
    if (const auto end = reader.finish(); !end) result.fault = end.error();
    return result;
}

/// Feeds byte by byte.
inline Streamed stream_bytes(Format format, std::string_view bytes,
                             const StreamOptions& options = {}, Time now = noon) {
    std::vector<std::string_view> pieces;
    pieces.reserve(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) pieces.push_back(bytes.substr(i, 1));
    return stream(format, pieces, options, now);
}

/// Why a stream is refused; empty if it is not.
inline std::string stream_fault(Format format, std::string_view bytes,
                                const StreamOptions& options = {}) {
    const auto result = stream(format, {bytes}, options);
    return result.fault ? result.fault->to_string() : std::string{};
}

}  // namespace courant::senml::test
