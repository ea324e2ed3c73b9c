// Runs a command of the program within the test.
#pragma once

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "proxy-core/error.hpp"

namespace courant::test {

/// What a command printed, and its exit code.
struct Answer {
    int code = 0;
    std::string out;
    std::string err;

    bool says(std::string_view text) const {
        return out.find(text) != std::string::npos || err.find(text) != std::string::npos;
    }
    std::size_t lines() const {
        return static_cast<std::size_t>(std::count(out.begin(), out.end(), '\n'));
    }
};

/// Runs it with a configuration; its faults have the exit codes that main gives them.
inline Answer run_command(int (*command)(cli::Words, cli::Console&), std::vector<std::string> words,
                          const std::string& config) {
    words.insert(words.end(), {"-c", config});
    const std::vector<std::string_view> views(words.begin(), words.end());
    std::istringstream in;
    std::ostringstream out, err;
    cli::Console console{in, out, err};
    Answer answer;
    try {
        answer.code = command(views, console);
    } catch (const cli::UsageError& error) {
        answer.code = cli::Exit::usage;
        err << error.what();
    } catch (const Error& error) {
        answer.code = cli::Exit::failed;
        err << error.what();
    }
    answer.out = out.str();
    answer.err = err.str();
    return answer;
}

}  // namespace courant::test
