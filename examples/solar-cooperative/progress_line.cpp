#include "examples/solar-cooperative/progress_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "examples/solar-cooperative/terminal.hpp"

namespace courant::example {
namespace {

constexpr std::chrono::seconds between_plain_lines{3};

/// As much of the text as fits: a line that wraps cannot be updated.
std::string cut(const std::string& text, std::size_t room) {
    std::string kept;
    for (const char c : text) {
        const bool begins = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
        if (begins && width(kept) == room) break;
        kept += c;
    }
    return kept;
}

}  // namespace

ProgressLine::ProgressLine()
    : live_(isatty(STDERR_FILENO) != 0), last_(std::chrono::steady_clock::now()) {}

ProgressLine::~ProgressLine() {
    if (live_) std::fputs("\r\033[K", stderr);
    std::fflush(stderr);
}

void ProgressLine::show(const std::string& text) {
    const auto now = std::chrono::steady_clock::now();
    if (live_) {
        fmt::print(stderr, "\r\033[K{}", cut(text, columns_of(STDERR_FILENO) - 1));
    } else if (now - last_ > between_plain_lines) {
        fmt::print(stderr, "{}\n", text);
        last_ = now;
    }
    std::fflush(stderr);
}

std::string bar(double share) {
    constexpr std::size_t cells = 16;
    static constexpr std::array<std::string_view, 8> eighths{" ", "▏", "▎", "▍",
                                                             "▌", "▋", "▊", "▉"};
    const auto filled = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * cells * 8);
    std::string text;
    for (std::size_t i = 0; i < filled / 8; ++i) text += "█";
    if (filled < cells * 8) text += eighths[filled % 8];
    return "▕" + left(text, cells) + "▏";
}

}  // namespace courant::example
