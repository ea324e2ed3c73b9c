// A program on a leash: a guard that starts servers, says "ready", and ends them when its standard
// input ends, because this object went or because the test was killed.
//
// What Process does for one child, a guard does for servers that make daemons of themselves.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace courant::test {

/// A guard at work. The program runs in a session of its own, so that a Ctrl-C at the test does not
/// reach it first.
class Guard {
  public:
    /// Starts the program and waits until it says "ready"; throws std::runtime_error with what it
    /// said instead.
    explicit Guard(const std::vector<std::string>& command);
    /// Lets it end what it started, and waits for that.
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

  private:
    pid_t pid_ = -1;
    int leash_ = -1;
};

}  // namespace courant::test
