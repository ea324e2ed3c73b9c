#include "adapters/linky-tic/tic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace courant::linky {

namespace {

constexpr char stx = 0x02;
constexpr char etx = 0x03;
constexpr char eot = 0x04;
constexpr char tab = '\t';
constexpr char line_feed = '\n';
constexpr char carriage_return = '\r';

tl::expected<Group, std::string> cut_historique(std::string_view covered) {
    const std::size_t blank = covered.find(' ');
    if (blank == std::string_view::npos || blank == 0)
        return tl::make_unexpected<std::string>("no label");
    return Group{.mode = Mode::historique,
                 .label = std::string(covered.substr(0, blank)),
                 .horodate = {},
                 .data = std::string(covered.substr(blank + 1))};
}

// `covered` ends with the last tab.
tl::expected<Group, std::string> cut_standard(std::string_view covered) {
    covered.remove_suffix(1);
    const std::size_t first = covered.find(tab);
    if (first == std::string_view::npos || first == 0)
        return tl::make_unexpected<std::string>("no label");
    Group group{.mode = Mode::standard,
                .label = std::string(covered.substr(0, first)),
                .horodate = {},
                .data = std::string(covered.substr(first + 1))};
    const std::size_t second = group.data.find(tab);
    if (second == std::string::npos) return group;
    group.horodate = group.data.substr(0, second);
    group.data.erase(0, second + 1);
    if (group.data.find(tab) != std::string::npos)
        return tl::make_unexpected<std::string>("too many fields");
    return group;
}

}  // namespace

char checksum(std::string_view covered) {
    unsigned sum = 0;
    for (const char c : covered) sum += static_cast<unsigned char>(c);
    return static_cast<char>((sum & 0x3F) + 0x20);
}

tl::expected<Group, std::string> parse_group(std::string_view bytes) {
    constexpr std::size_t shortest = 4;  // label, separator, no data, separator, checksum
    if (bytes.size() < shortest) return tl::make_unexpected<std::string>("too short");
    const char sent = bytes.back();
    const std::string_view head = bytes.substr(0, bytes.size() - 1);
    const bool standard = head.find(tab) != std::string_view::npos;
    if (head.back() != (standard ? tab : ' '))
        return tl::make_unexpected<std::string>("no separator before the checksum");
    const std::string_view covered = standard ? head : head.substr(0, head.size() - 1);
    if (const char right = checksum(covered); sent != right)
        return tl::unexpected(fmt::format("wrong checksum: \"{}\" where \"{}\" is right",
                                          escaped({&sent, 1}), right));
    return standard ? cut_standard(covered) : cut_historique(covered);
}

std::string escaped(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\\')
            out += "\\\\";
        else if (byte >= 0x20 && byte < 0x7F)
            out += c;
        else
            out += fmt::format("\\x{:02X}", byte);
    }
    return out;
}

std::optional<Frame> Decoder::take(char raw) {
    const char byte = static_cast<char>(raw & 0x7F);
    const std::uint64_t at = offset_++;
    if (byte == stx) {
        auto before = in_frame_ ? end_frame(Ending::cut) : std::nullopt;
        if (before) before->end = at;
        begin_frame(at);
        return before;
    }
    if (!in_frame_) return std::nullopt;
    if (byte == etx) return end_frame(Ending::complete);
    if (byte == eot) return end_frame(Ending::withdrawn);
    if (byte == line_feed) {
        if (!group_.empty()) refuse(in_group_ ? "no end (CR)" : "no begin (LF)");
        in_group_ = true;
        group_begin_ = at;
    } else if (byte == carriage_return) {
        end_group();
    } else {
        if (group_.empty() && !in_group_) group_begin_ = at;
        group_ += byte;
    }
    if (offset_ - frame_.begin >= max_frame) return end_frame(Ending::too_long);
    return std::nullopt;
}

void Decoder::begin_frame(std::uint64_t at) {
    in_frame_ = true;
    frame_ = Frame{};
    frame_.begin = at;
}

void Decoder::end_group() {
    if (in_group_) {
        if (auto group = parse_group(group_))
            frame_.groups.push_back(*std::move(group));
        else
            refuse(std::move(group).error());
    } else {
        refuse("no begin (LF)");
    }
    group_.clear();
    in_group_ = false;
}

void Decoder::refuse(std::string reason) {
    frame_.bad.push_back({.offset = group_begin_, .reason = std::move(reason), .bytes = group_});
    group_.clear();
}

std::optional<Frame> Decoder::end_frame(Ending ending) {
    if (!group_.empty()) refuse(in_group_ ? "no end (CR)" : "no begin (LF)");
    in_group_ = false;
    in_frame_ = false;
    frame_.ending = ending;
    frame_.end = offset_;
    return std::exchange(frame_, {});
}

}  // namespace courant::linky
