// Spans of time as people write them: "30s", "5m", "1h30m", "2d" in settings, ISO 8601 ("P3Y") for
// how long data may be kept.
//
// Two notations because they mean two things. A setting is a fixed number of nanoseconds. A
// retention follows the calendar (three years are not a number of days) and travels on the wire,
// where the GDPR registers of the world write ISO 8601.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace courant {

/// Reads whole numbers with units d, h, m, s, ms, the larger unit first: "1h30m". Zero is a
/// duration, a bare number is none. The fault says what is wrong and how it is written.
tl::expected<std::chrono::nanoseconds, std::string> parse_duration(std::string_view text);

/// The shortest spelling that parse_duration reads back; what is finer than a millisecond is left
/// out.
std::string duration_text(std::chrono::nanoseconds duration);

/// Whether the text is an ISO 8601 duration of whole numbers that is longer than nothing: "P3Y",
/// "P1Y6M", "PT36H", "P2W".
bool is_iso_duration(std::string_view text);

/// About how long such a duration is, to tell which of two is the longer: a year counts as 365.2425
/// days and a month as a twelfth of it. At most 250 years, which a Time can go back from now on;
/// zero for what is none.
std::chrono::seconds nominal_length(std::string_view iso_duration);

}  // namespace courant
