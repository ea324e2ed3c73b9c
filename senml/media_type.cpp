#include "senml/media_type.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace courant::senml {

namespace {

struct Entry {
    std::string_view name;
    std::uint16_t content_format = 0;
    std::optional<MediaType> type;  ///< nothing for what is not read here
};

constexpr std::array entries = {
    Entry{"application/senml+json", 110, MediaType{Format::json, Use::pack}},
    Entry{"application/sensml+json", 111, MediaType{Format::json, Use::stream}},
    Entry{"application/senml+cbor", 112, MediaType{Format::cbor, Use::pack}},
    Entry{"application/sensml+cbor", 113, MediaType{Format::cbor, Use::stream}},
    Entry{"application/senml-exi", 114, std::nullopt},
    Entry{"application/sensml-exi", 115, std::nullopt},
    Entry{"application/senml+xml", 310, MediaType{Format::xml, Use::pack}},
    Entry{"application/sensml+xml", 311, MediaType{Format::xml, Use::stream}},
    Entry{"application/senml-etch+json", 320, MediaType{Format::json, Use::etch}},
    Entry{"application/senml-etch+cbor", 322, MediaType{Format::cbor, Use::etch}},
};

char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

template <typename Found>
tl::expected<MediaType, Fault> type_of(const Found& found, const std::string& what) {
    if (found == entries.end()) {
        return tl::unexpected(Fault{0, what + " is no media type of SenML", "RFC 8428 12.3"});
    }
    if (!found->type) {
        return tl::unexpected(Fault{0, std::string{found->name} + " is not read here", ""});
    }
    return *found->type;
}

}  // namespace

tl::expected<MediaType, Fault> parse_media_type(std::string_view name) {
    const std::string_view wanted = trimmed(name.substr(0, name.find(';')));
    const auto found = std::ranges::find_if(entries, [wanted](const Entry& entry) {
        return std::ranges::equal(entry.name, wanted, {}, {}, to_lower);
    });
    return type_of(found, '\'' + std::string{wanted} + '\'');
}

tl::expected<MediaType, Fault> media_type_of(std::uint16_t content_format) {
    const auto found = std::ranges::find(entries, content_format, &Entry::content_format);
    return type_of(found, "content format " + std::to_string(content_format));
}

std::string_view name(const MediaType& type) {
    const auto found = std::ranges::find(entries, type, &Entry::type);
    return found == entries.end() ? std::string_view{} : found->name;
}

std::optional<std::uint16_t> content_format(const MediaType& type) {
    const auto found = std::ranges::find(entries, type, &Entry::type);
    if (found == entries.end()) return std::nullopt;
    return found->content_format;
}

}  // namespace courant::senml
