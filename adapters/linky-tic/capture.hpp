// Reads a file of captured TIC bytes, frame by frame; goes on where it stopped if the file grows.
//
// Frames in standard mode carry their time. Those in historique mode do not, so the settings must
// say when the first one was
// (`start`) and how far apart they are (`frame_interval`). A last frame without an end waits for
// it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "adapters/linky-tic/meter.hpp"
#include "proxy-core/adapter.hpp"

namespace courant::linky {

/// A captured file as a source.
class CaptureSource : public Source {
  public:
    /// Throws ConfigError where the settings make no sense.
    explicit CaptureSource(const Settings& settings);

    Extraction pull(std::string_view cursor, const Call& call) override;

  private:
    struct Place;
    senml::Time time_of(const Frame& frame, std::uint64_t index) const;
    void take(const Frame& frame, Place& place, Extraction& out) const;

    Settings settings_;
    Meter meter_;
    std::filesystem::path file_;
    std::optional<senml::Time> start_;
    std::chrono::nanoseconds interval_;
};

}  // namespace courant::linky
