#include "adapters/csv/file_name.hpp"

#include <fmt/format.h>

#include <charconv>
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

std::optional<std::string> series_of(const std::filesystem::path& path) {
    std::string joint;
    for (const auto& part : path.parent_path()) {
        const std::string folder = part.string();
        if (!folder.ends_with('~')) return std::nullopt;
        joint.append(folder, 0, folder.size() - 1);
    }
    if (path.extension() != ".csv") return std::nullopt;
    joint += path.stem().string();
    std::string name;
    for (std::size_t i = 0; i < joint.size(); ++i) {
        if (joint[i] == '+') {
            name += '/';
        } else if (joint[i] == '@') {
            name += ':';
        } else if (joint[i] == '%') {
            unsigned byte = 0;
            const char* const digits = joint.data() + i + 1;
            if (i + 2 >= joint.size() ||
                std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2)
                return std::nullopt;
            name += static_cast<char>(byte);
            i += 2;
        } else {
            name += joint[i];
        }
    }
    if (series_path(name) != path) return std::nullopt;
    return name;
}

}  // namespace courant::csv
