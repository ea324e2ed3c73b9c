#include "examples/solar-cooperative/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace courant::example {
namespace {

std::string from_environment(const char* name) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
    return value ? value : "";
}

}  // namespace

std::size_t columns_of(int descriptor) {
    winsize size{};
    if (isatty(descriptor) != 0 && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

Colours colours_of(int descriptor) {
    if (isatty(descriptor) == 0 || !from_environment("NO_COLOR").empty() ||
        from_environment("TERM") == "dumb")
        return Colours::none;
    return Colours::ansi;
}

std::string coloured(std::string_view text, std::string_view sgr, Colours colours) {
    if (colours == Colours::none) return std::string(text);
    return "\033[" + std::string(sgr) + 'm' + std::string(text) + "\033[0m";
}

std::size_t width(std::string_view text) {
    std::size_t columns = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\033') {
            i = text.find('m', i);
            if (i == std::string_view::npos) break;
        } else if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
            ++columns;
        }
    }
    return columns;
}

std::string left(std::string text, std::size_t columns) {
    const std::size_t taken = width(text);
    if (taken < columns) text.append(columns - taken, ' ');
    return text;
}

std::string right(std::string text, std::size_t columns) {
    const std::size_t taken = width(text);
    if (taken < columns) text.insert(0, columns - taken, ' ');
    return text;
}

std::string grouped(std::size_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, " ");
    return digits;
}

}  // namespace courant::example
