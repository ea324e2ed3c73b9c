#include "proxy-core/mailbox/lane_id.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <span>
#include <system_error>

#include "proxy-core/error.hpp"

namespace courant {
namespace {

void fill_randomly(std::span<unsigned char> bytes) {
    while (!bytes.empty()) {
        const auto got = getrandom(bytes.data(), bytes.size(), 0);
        if (got < 0 && errno != EINTR)
            throw Error(std::string("the system gives no random numbers: ") +
                            std::system_category().message(errno),
                        Retry::worthwhile);
        if (got > 0) bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
}

}  // namespace

LaneId make_lane_id(Time now) {
    constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::array<unsigned char, 16> bytes{};
    const auto milliseconds = static_cast<std::uint64_t>(
        std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count());
    for (std::size_t i = 0; i < 6; ++i)
        bytes[i] = static_cast<unsigned char>(milliseconds >> (8 * (5 - i)) & 0xFF);
    fill_randomly(std::span(bytes).subspan(6));

    // 26 characters hold 130 bits: the first two of them are always zero.
    std::string text;
    std::uint32_t pending = 0;
    int bits = 2;
    for (const auto byte : bytes) {
        pending = pending << 8 | byte;
        for (bits += 8; bits >= 5; bits -= 5) text += alphabet[pending >> (bits - 5) & 31];
    }
    return LaneId{text};
}

}  // namespace courant
