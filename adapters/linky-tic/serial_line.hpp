// A serial line as the TIC wants it: receive only, raw, 7 data bits, even parity.
//
// A pseudo terminal takes these settings without keeping them (it knows neither parity nor 7 bits),
// and a named pipe knows none at all; both are fine to read from, since the decoder masks the
// parity bit. So only a line that cannot be read is an error.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <span>

namespace courant::linky {

/// The speeds of the two modes.
enum class Speed {
    baud_1200,  ///< historique
    baud_9600,  ///< standard
};

/// An open line. Belongs to one thread.
class SerialLine {
  public:
    /// Opens; throws Error, worth retrying unless the rights are missing.
    explicit SerialLine(const std::filesystem::path& device);
    ~SerialLine();
    SerialLine(const SerialLine&) = delete;
    SerialLine& operator=(const SerialLine&) = delete;

    /// Sets the speed and everything else; bytes that came before are kept.
    void set_speed(Speed speed) const;
    /// Waits for bytes, at most this long; how many came. Throws Error where the line is gone.
    std::size_t read(std::span<char> into, std::chrono::milliseconds at_most) const;

  private:
    std::filesystem::path device_;
    int descriptor_;
};

}  // namespace courant::linky
