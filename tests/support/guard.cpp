#include "tests/support/guard.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace courant::test {
namespace {

struct Pipe {
    int read_end = -1, write_end = -1;
    Pipe() {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
        read_end = ends[0];
        write_end = ends[1];
    }
};

[[noreturn]] void become(char* const* command, const Pipe& leash, const Pipe& talk) {
    setsid();
    dup2(leash.read_end, STDIN_FILENO);
    dup2(talk.write_end, STDOUT_FILENO);
    dup2(talk.write_end, STDERR_FILENO);
    execv(command[0], command);
    _exit(127);
}

/// What the guard says until it says "ready" or ends.
std::string listen_until_ready(int fd) {
    std::string said;
    std::array<char, 512> chunk;
    while (!said.ends_with("ready\n")) {
        const ssize_t got = read(fd, chunk.data(), chunk.size());
        if (got <= 0) break;
        said.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return said;
}

}  // namespace

Guard::Guard(const std::vector<std::string>& command) {
    std::vector<char*> words;
    for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const Pipe leash, talk;
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ == 0) become(words.data(), leash, talk);
    close(leash.read_end);
    close(talk.write_end);
    leash_ = leash.write_end;
    const std::string said = listen_until_ready(talk.read_end);
    close(talk.read_end);
    if (said.ends_with("ready\n")) return;
    close(leash_);
    waitpid(pid_, nullptr, 0);
    throw std::runtime_error(command.front() + ": " + said);
}

Guard::~Guard() {
    close(leash_);
    waitpid(pid_, nullptr, 0);
}

}  // namespace courant::test
