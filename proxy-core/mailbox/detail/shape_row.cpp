#include "proxy-core/mailbox/detail/shape_row.hpp"

#include <fmt/format.h>

#include <charconv>

#include "proxy-core/mailbox/mailboxes.hpp"
#include "senml/number.hpp"

namespace courant::detail {

std::string text_of_dead_band(double dead_band) {
    std::string text;
    if (dead_band > 0) senml::append_number(text, dead_band);
    return text;
}

double dead_band_of(std::string_view text) {
    double dead_band = 0;
    if (text.empty()) return dead_band;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), dead_band);
    if (read.ec == std::errc{} && read.ptr == text.data() + text.size()) return dead_band;
    throw StoreError(fmt::format("the store holds a dead band \"{}\", which is no number", text),
                     Retry::useless);
}

}  // namespace courant::detail
