#include "adapters/zabbix/trapper.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "adapters/zabbix/api.hpp"

namespace courant::zabbix {
namespace {

using nlohmann::json;
using tl::unexpected;

constexpr std::string_view magic = "ZBXD";
constexpr std::size_t header_size = 13;
constexpr unsigned plain = 0x01;
/// A longer answer is none.
constexpr std::uint32_t max_answer = 1U << 20;

void append_u32(std::string& out, std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>((value >> shift) & 0xFFU);
}

std::uint32_t read_u32(std::string_view bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    return value;
}

/// The number behind "failed: " in "processed: 6; failed: 2; …".
std::optional<std::size_t> counter(std::string_view info, std::string_view word) {
    const auto found = info.find(word);
    if (found == std::string_view::npos) return std::nullopt;
    info.remove_prefix(found + word.size());
    std::size_t value = 0;
    if (std::from_chars(info.data(), info.data() + info.size(), value).ec != std::errc{})
        return std::nullopt;
    return value;
}

}  // namespace

std::string frame(std::string_view json) {
    std::string out(magic);
    out += static_cast<char>(plain);
    append_u32(out, static_cast<std::uint32_t>(json.size()));
    append_u32(out, 0);
    return out.append(json);
}

tl::expected<std::optional<std::string_view>, std::string> unframe(std::string_view bytes) {
    const auto begin = bytes.substr(0, magic.size());
    if (begin != magic.substr(0, begin.size()))
        return unexpected(std::string("the answer is not Zabbix's: it does not begin with ZBXD"));
    if (bytes.size() < header_size) return std::nullopt;
    const auto flags = static_cast<unsigned char>(bytes[magic.size()]);
    if (flags != plain)
        return unexpected(
            fmt::format("the answer has flags {:#04x}; asked plainly, Zabbix answers "
                        "plainly",
                        flags));
    const std::uint32_t size = read_u32(bytes.substr(magic.size() + 1));
    if (size > max_answer) return unexpected(fmt::format("the answer claims {} bytes", size));
    if (bytes.size() - header_size < size) return std::nullopt;
    return bytes.substr(header_size, size);
}

tl::expected<Tally, std::string> read_answer(std::string_view text) {
    const json answer = json::parse(text, nullptr, /*allow_exceptions=*/false);
    const std::string response = scalar(answer, "response");
    const std::string info = scalar(answer, "info");
    if (response != "success")
        return unexpected(fmt::format("Zabbix answers \"{}\": {}", response,
                                      info.empty() ? "no reason given" : info));
    const auto processed = counter(info, "processed: ");
    const auto failed = counter(info, "failed: ");
    if (!processed || !failed)
        return unexpected(fmt::format("the answer has no counters: \"{}\"", info));
    return Tally{*processed, *failed};
}

std::optional<std::string> request_entry(std::string_view host, std::string_view key,
                                         std::string_view value, const Stamp& stamp) {
    const json entry{
        {"host", host}, {"key", key}, {"value", value}, {"clock", stamp.clock}, {"ns", stamp.ns}};
    try {
        return entry.dump();
    } catch (const json::type_error&) {
        return std::nullopt;
    }
}

Tally Trapper::send(std::span<const std::string_view> entries, const Patience& patience) const {
    const std::string request =
        frame(fmt::format(R"({{"request":"sender data","data":[{}]}})", fmt::join(entries, ",")));
    const auto over = [](std::string_view received) {
        const auto data = unframe(received);
        return !data || data->has_value();
    };
    const std::string received = tcp_exchange(address_, request, over, patience);
    const auto fail = [&](std::string_view what) {
        throw Error(fmt::format("trapper {}: {}. Is `trapper` the address of a Zabbix server or "
                                "proxy? Trying again.",
                                address_, what),
                    Retry::worthwhile);
    };
    const auto data = unframe(received);
    if (!data) fail(data.error());
    if (!data->has_value()) fail("the connection was closed before the answer was whole");
    const auto tally = read_answer(**data);
    if (!tally) fail(tally.error());
    if (tally->processed + tally->failed != entries.size())
        fail(fmt::format("{} values were sent, the answer counts {}", entries.size(),
                         tally->processed + tally->failed));
    return *tally;
}

}  // namespace courant::zabbix
