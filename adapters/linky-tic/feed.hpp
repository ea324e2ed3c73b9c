// Reads a live TIC line and emits the readings of its frames.
//
// A frame of standard mode says its time; one of historique mode, or of a meter whose clock is not
// synchronised, gets the time at which it ended here. With `every`, the first frame of each such
// period is emitted and the others are left out; what was wrong on the line is reported all the
// same. A line that is gone, or silent for too long, ends the run with an error worth retrying: the
// runner begins again, which opens the device anew.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "adapters/linky-tic/meter.hpp"
#include "adapters/linky-tic/serial_line.hpp"
#include "proxy-core/adapter.hpp"

namespace courant::linky {

/// Tells the time; the system clock, except in tests.
using Clock = std::function<senml::Time()>;

/// A live line as a feed.
class LiveFeed : public Feed {
  public:
    /// Throws ConfigError where the settings make no sense; the device is opened in `run`.
    LiveFeed(const Settings& settings, Clock clock);

    void run(const Emit& emit, std::stop_token stop) override;

  private:
    class Run;

    Meter meter_;
    std::filesystem::path device_;
    /// In the order in which they are tried.
    std::vector<Speed> speeds_;
    std::chrono::nanoseconds every_;
    std::chrono::nanoseconds silence_;
    Clock clock_;
};

}  // namespace courant::linky
