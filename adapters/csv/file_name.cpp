#include "adapters/csv/file_name.hpp"

#include <fmt/format.h>

#include <string>

namespace courant::csv {

namespace {

// File systems allow 255 bytes; ".csv", "~" and the name of a temporary file must fit as well.
constexpr std::size_t max_part = 200;

bool stays(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

std::string escaped(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (c == '/') {
            out += '+';
        } else if (c == ':') {
            out += '@';
        } else if (stays(c) && !(c == '.' && out.size() % max_part == 0)) {
            out += c;  // but a point never begins a part: it would hide it, or be `..`
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

}  // namespace

std::filesystem::path series_path(std::string_view name) {
    std::string rest = escaped(name);
    std::filesystem::path path;
    while (rest.size() > max_part) {
        path /= rest.substr(0, max_part) + '~';
        rest.erase(0, max_part);
    }
    return path / (rest + ".csv");
}

}  // namespace courant::csv
