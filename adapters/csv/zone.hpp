// From what a wall clock showed to UTC, with a stated decision for the two days of the year on
// which that has no single answer.
//
// In spring an hour of local times does not exist, in autumn an hour exists twice. Files
// nevertheless hold such times (a logger that ignores the change, an export on a plain calendar),
// and guessing silently would shift or double energy. So both cases are settings, and the default
// for the impossible one is to refuse the row and say why.
//
// Zones are IANA names (through the date library and the system's tz data), `UTC`, or a fixed
// offset like `+10:00`.
#pragma once

#include <date/tz.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "adapters/csv/time_format.hpp"

namespace courant::csv {

/// What to do with a local time that the clocks skip.
enum class Nonexistent {
    refuse,  ///< no reading
    shift,   ///< as if the clocks had not been changed yet: 02:30 is the 03:30 of the new time
};

/// Which of the two a local time is that the clocks show twice.
enum class Ambiguous {
    first,     ///< before the clocks go back
    second,    ///< after it
    sequence,  ///< by the order of the rows: a time not later than its predecessor is the second
};

/// Where `sequence` stands within the hour that comes twice; kept in the cursor.
struct Pass {
    /// The last local time seen in that hour.
    senml::Time clock;
    /// Whether the clocks have gone back already.
    enum class Which : std::uint8_t { first, second } which = Which::first;

    bool operator==(const Pass&) const = default;
};

/// A time zone and the two decisions. Safe to share.
class Zone {
  public:
    /// `UTC`, `+10:00` or an IANA name; the fault says what was expected.
    static tl::expected<Zone, std::string> find(std::string_view text, Nonexistent nonexistent,
                                                Ambiguous ambiguous);

    /// The time of a clock's reading in this zone. `pass` is the memory of `sequence` for the rows
    /// of one series: empty outside the hour that comes twice.
    tl::expected<senml::Time, std::string> to_utc(senml::Time clock,
                                                  std::optional<Pass>& pass) const;

  private:
    senml::Time in_double_hour(senml::Time clock, const date::local_info& info,
                               std::optional<Pass>& pass) const;
    std::string skipped(senml::Time clock, const date::local_info& info) const;

    const date::time_zone* zone_ = nullptr;  ///< null: fixed_
    std::chrono::seconds fixed_{0};
    Nonexistent nonexistent_ = Nonexistent::refuse;
    Ambiguous ambiguous_ = Ambiguous::first;
};

}  // namespace courant::csv
