// Times wider than Time, as they stand in a pack before base and offset are added up.
#pragma once

#include <limits>
#include <optional>
#include <string>

#include "senml/detail/decimal.hpp"
#include "senml/time.hpp"

namespace courant::senml::detail {

inline constexpr std::int64_t nanos_per_second = 1'000'000'000;

/// As a Span, if it is in the range of one.
inline std::optional<Span> narrow(Nanos nanos) {
    if (nanos < std::numeric_limits<std::int64_t>::min() ||
        nanos > std::numeric_limits<std::int64_t>::max()) {
        return std::nullopt;
    }
    return Span{static_cast<std::int64_t>(nanos)};
}

/// Writes nanoseconds as decimal seconds, without trailing zeros, at `out`; returns its end. Needs
/// `number_room` bytes (detail/digits.hpp). At most 10^18 seconds: the reader's bound.
char* put_seconds(char* out, Nanos nanos);

/// Appends nanoseconds as decimal seconds.
void append_seconds(std::string& out, Nanos nanos);

}  // namespace courant::senml::detail
