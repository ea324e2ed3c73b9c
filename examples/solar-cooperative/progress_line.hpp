// One line on stderr that tells how far it is: updated in place on a terminal, and where nobody
// watches, a plain line now and then.
#pragma once

#include <chrono>
#include <string>

namespace courant::example {

/// The line; it is taken away when this ends.
class ProgressLine {
  public:
    ProgressLine();
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void show(const std::string& text);

  private:
    bool live_;
    std::chrono::steady_clock::time_point last_;
};

/// A bar of sixteen columns.
std::string bar(double share);

}  // namespace courant::example
