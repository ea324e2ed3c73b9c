// A program that a test runs, and that never outlives it.
//
// The child asks the kernel for SIGKILL when the thread that started it ends (PR_SET_PDEATHSIG,
// which survives exec), so that a test that crashes or is killed leaves nothing behind. Start
// children from a thread that lives as long as they should. Signals go to the child's pid alone.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace courant::test {

/// A running child process; ended with SIGTERM, after a while with SIGKILL, when this object goes.
class Process {
  public:
    /// Starts `arguments[0]` (searched in PATH); what it prints goes to the file `output`,
    /// appended. Throws std::system_error.
    Process(const std::vector<std::string>& arguments, const std::filesystem::path& output);
    ~Process();
    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;

    pid_t pid() const { return pid_; }
    /// Whether it has not ended yet.
    bool running();
    /// Sends a signal; nothing if it has ended.
    void signal(int number);
    /// Waits for its end; nothing if it still runs after `patience`. The value is the exit code, or
    /// 128 plus the signal's number.
    std::optional<int> wait(std::chrono::milliseconds patience);

  private:
    void end() noexcept;

    pid_t pid_ = -1;
    std::optional<int> result_;
};

/// Runs a program to its end; returns its exit code. Standard output and error go to `output`,
/// replaced.
int run_to_end(const std::vector<std::string>& arguments, const std::filesystem::path& output);

/// The last `lines` lines of a file; empty if there is none.
std::string tail(const std::filesystem::path& file, std::size_t lines);

}  // namespace courant::test
