#include "adapters/zabbix/cursor.hpp"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "proxy-core/error.hpp"

namespace courant::zabbix {
namespace {

using nlohmann::json;

constexpr int base = 36;

[[noreturn]] void unreadable() {
    throw Error(
        "the stored cursor of this zabbix source cannot be read. It was written by another version "
        "or adapter; reset it to extract from `start` again.",
        Retry::useless);
}

void append_base36(std::string& out, std::int64_t value) {
    if (value == 0) return;
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base);
    out.append(digits.data(), end.ptr);
}

std::int64_t parse_base36(std::string_view text) {
    std::int64_t value = 0;
    if (text.empty()) return value;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value, base);
    if (read.ec != std::errc{} || read.ptr != end || value < 0) unreadable();
    return value;
}

}  // namespace

std::string pack_stamps(const std::set<Stamp>& stamps) {
    std::string out;
    std::int64_t before = 0;
    for (const Stamp& stamp : stamps) {
        if (!out.empty()) out += ' ';
        append_base36(out, stamp.clock - before);
        out += '.';
        append_base36(out, stamp.ns);
        before = stamp.clock;
    }
    return out;
}

std::set<Stamp> unpack_stamps(std::string_view text) {
    std::set<Stamp> stamps;
    std::int64_t clock = 0;
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        const auto point = word.find('.');
        if (point == std::string_view::npos) unreadable();
        clock += parse_base36(word.substr(0, point));
        const std::int64_t ns = parse_base36(word.substr(point + 1));
        if (ns > 999'999'999) unreadable();
        stamps.insert(stamps.end(), Stamp{clock, static_cast<std::int32_t>(ns)});
    }
    return stamps;
}

Cursor Cursor::parse(std::string_view text) {
    Cursor cursor;
    if (text.empty()) return cursor;
    try {
        const json state = json::parse(text);
        if (state.at("v") != 1) unreadable();
        cursor.next = state.at("next").get<std::string>();
        for (const auto& [name, entry] : state.at("series").items()) {
            SeriesState& series = cursor.series[name];
            series.position.at = entry.at("at").get<std::int64_t>();
            series.position.floor = entry.at("floor").get<std::int64_t>();
            series.position.seen = unpack_stamps(entry.at("seen").get<std::string>());
            series.fault = entry.value("fault", "");
        }
    } catch (const json::exception&) {
        unreadable();
    }
    return cursor;
}

std::string Cursor::text() const {
    json all = json::object();
    for (const auto& [name, state] : series) {
        json& entry = all[name];
        entry = {{"at", state.position.at},
                 {"floor", state.position.floor},
                 {"seen", pack_stamps(state.position.seen)}};
        if (!state.fault.empty()) entry["fault"] = state.fault;
    }
    const json state{{"v", 1}, {"next", next}, {"series", std::move(all)}};
    return state.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace courant::zabbix
