// Reads a time cell: what a clock on the wall showed, and, where the text says so, how far that
// clock was from UTC.
//
// Own code instead of strptime or std::get_time: both follow the locale, neither knows fractions of
// a second, and what they do not read they leave as it was. Here a text fits the format as a whole
// or is refused with the reason.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "senml/time.hpp"

namespace courant::csv {

/// A time as it is written.
struct Stamp {
    /// The reading of the clock, counted as if it were UTC.
    senml::Time clock;
    /// How far the clock was ahead of UTC, where the text says so.
    std::optional<std::chrono::seconds> offset;
};

/// How times are written in a file. A value; safe to share.
class TimeFormat {
  public:
    /// `iso8601`, `unix`, `unix_ms`, or a pattern: %Y %m %d %H %M %S (with a fraction, if there is
    /// one) %y %b (Jan, in English) %I %p %z (+01:00, +0100, Z) %F (%Y-%m-%d) %T (%H:%M:%S) %%; a
    /// blank is one blank or more.
    static tl::expected<TimeFormat, std::string> compile(std::string_view text);

    /// The time in a cell; blanks around it are allowed.
    tl::expected<Stamp, std::string> read(std::string_view cell) const;

  private:
    enum class Kind { iso8601, unix_seconds, unix_milliseconds, pattern };
    Kind kind_ = Kind::iso8601;
    std::string pattern_;
};

/// A time as this adapter writes it: ISO 8601 in UTC with as many decimals as it needs,
/// "2011-06-30T14:00:00Z".
std::string iso8601(senml::Time time);

}  // namespace courant::csv
