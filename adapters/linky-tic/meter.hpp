// From frames to readings: which labels, under which names, in which units, at which times.
//
// Most values belong to the time of their frame. The load curve, the mean voltages and the maxima
// carry a time of their own and are repeated in every frame until the next one replaces them; they
// are emitted once. The meter stamps a period at its end and SenML readings here stand at its
// beginning, so the period is subtracted.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/linky-tic/horodate.hpp"
#include "adapters/linky-tic/labels.hpp"
#include "adapters/linky-tic/tic.hpp"
#include "proxy-core/adapter.hpp"

namespace courant::linky {

/// The horodates emitted last, by the path of their label, the newest last: what is repeated is
/// known again.
using Emitted = std::map<std::string, std::vector<std::string>, std::less<>>;

/// The time of a frame in standard mode (its DATE); nothing where it has none.
std::optional<Horodate> date_of(const Frame& frame);

/// The translation of one meter's frames.
class Meter {
  public:
    /// Throws ConfigError where subject or series are wrong.
    explicit Meter(const Settings& settings);

    /// Adds the readings of a frame at `time`; `emitted` is what was emitted before. `where` says
    /// whence the frame came.
    void translate(const Frame& frame, senml::Time time, std::string_view where, Emitted& emitted,
                   senml::Pack& readings, std::vector<Refused>& refused) const;
    /// Sets aside what in a frame was no valid group, and a frame that the meter broke off.
    void refuse_damage(const Frame& frame, std::string_view where,
                       std::vector<Refused>& refused) const;

  private:
    struct Selected {
        const Label* label = nullptr;
        std::string name;
    };
    void select(const Settings& settings);
    void select_default(const Settings& settings);
    std::optional<senml::Time> time_of(const Group& group, const Label& label,
                                       senml::Time frame_time, Emitted& emitted) const;

    std::map<std::string, Selected, std::less<>> selected_;  ///< by label
    std::chrono::nanoseconds load_curve_period_;
};

}  // namespace courant::linky
