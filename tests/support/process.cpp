#include "tests/support/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <fstream>
#include <system_error>
#include <thread>
#include <utility>

namespace courant::test {

namespace {

using namespace std::chrono_literals;

/// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* arguments, int output, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::signal(SIGPIPE, SIG_DFL);
    ::execvp(arguments[0], arguments);
    ::_exit(127);
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments, const std::filesystem::path& output) {
    const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) throw std::system_error(errno, std::generic_category(), output.string());
    std::vector<char*> pointers;
    for (const std::string& argument : arguments) {
        pointers.push_back(const_cast<char*>(argument.c_str()));
    }
    pointers.push_back(nullptr);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) become(pointers.data(), file, parent);
    const int error = errno;
    ::close(file);
    if (pid_ < 0) throw std::system_error(error, std::generic_category(), "fork");
}

Process::~Process() {
    end();
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), result_(std::exchange(other.result_, std::nullopt)) {}

Process& Process::operator=(Process&& other) noexcept {
    if (this != &other) {
        end();
        pid_ = std::exchange(other.pid_, -1);
        result_ = std::exchange(other.result_, std::nullopt);
    }
    return *this;
}

bool Process::running() {
    return pid_ > 0 && !wait(0ms);
}

void Process::signal(int number) {
    if (running()) ::kill(pid_, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (pid_ > 0 && !result_) {
        int status = 0;
        const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
        if (ended == pid_) {
            result_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        } else if (std::chrono::steady_clock::now() >= deadline) {
            break;
        } else {
            std::this_thread::sleep_for(5ms);
        }
    }
    return result_;
}

void Process::end() noexcept {
    if (pid_ <= 0 || result_) return;
    // A frozen process takes no SIGTERM before it is woken.
    signal(SIGTERM);
    signal(SIGCONT);
    if (!wait(10s)) {
        signal(SIGKILL);
        wait(10s);
    }
}

int run_to_end(const std::vector<std::string>& arguments, const std::filesystem::path& output) {
    std::ofstream(output, std::ios::trunc);
    Process process(arguments, output);
    return process.wait(std::chrono::minutes(1)).value_or(-1);
}

std::string tail(const std::filesystem::path& file, std::size_t lines) {
    std::ifstream in(file);
    std::deque<std::string> last;
    for (std::string line; std::getline(in, line);) {
        last.push_back(line);
        if (last.size() > lines) last.pop_front();
    }
    std::string text;
    for (const std::string& line : last) text += line + "\n";
    return text;
}

}  // namespace courant::test
