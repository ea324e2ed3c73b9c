// A pseudo terminal that looks like a serial port with a meter on it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace courant::linky {

/// The meter's end of the line. Keeps the other end open too, so that readers may come and go.
class PseudoLine {
  public:
    /// Opens; throws std::system_error.
    PseudoLine();
    ~PseudoLine();
    PseudoLine(const PseudoLine&) = delete;
    PseudoLine& operator=(const PseudoLine&) = delete;

    /// The device that a reader opens.
    const std::string& device() const { return device_; }
    /// Sends what the line takes within this time; returns how many bytes that were.
    std::size_t send(std::string_view bytes, std::chrono::milliseconds at_most) const;
    /// Whether bytes wait that nobody has read.
    bool has_unread() const;

  private:
    int master_ = -1;
    int slave_ = -1;
    std::string device_;
};

}  // namespace courant::linky
