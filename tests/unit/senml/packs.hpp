// What the tests of packs share: reading a text that is expected to be right or wrong, and looking
// at the records.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "senml/codec.hpp"
#include "senml/number.hpp"

namespace courant::senml::test {

/// The now of all tests that do not choose another.
inline constexpr Time noon = from_unix_seconds(1'600'000'000);

/// Reads what must be right.
inline Pack good(Format format, std::string_view text, ReadOptions options = {.now = noon}) {
    auto pack = read(format, text, options);
    if (!pack) {
        FAIL_CHECK("refused: ", std::string{text}, ": ", pack.error().to_string());
        return {};
    }
    return *pack;
}

inline Pack good_json(std::string_view text, ReadOptions options = {.now = noon}) {
    return good(Format::json, text, options);
}

inline Pack good_xml(std::string_view text, ReadOptions options = {.now = noon}) {
    return good(Format::xml, text, options);
}

/// Why a text is refused; empty if it is not.
inline std::string fault_of(Format format, std::string_view text,
                            ReadOptions options = {.now = noon}) {
    const auto pack = read(format, text, options);
    return pack ? std::string{} : pack.error().to_string();
}

inline std::string json_fault(std::string_view text, ReadOptions options = {.now = noon}) {
    return fault_of(Format::json, text, options);
}

inline std::string xml_fault(std::string_view text, ReadOptions options = {.now = noon}) {
    return fault_of(Format::xml, text, options);
}

inline bool refused(std::string_view json) {
    return !json_fault(json).empty();
}

inline bool xml_refused(std::string_view xml) {
    return !xml_fault(xml).empty();
}

/// Records in the SenML namespace, in XML.
inline std::string sensml(std::string_view records) {
    return "<sensml xmlns=\"urn:ietf:params:xml:ns:senml\">" + std::string{records} + "</sensml>";
}

inline std::string_view name_at(const Pack& pack, std::size_t index) {
    return pack.name(pack[index].name);
}

inline std::string_view unit_at(const Pack& pack, std::size_t index) {
    return pack.unit(pack[index].unit);
}

/// The time of a record in decimal seconds.
inline std::string time_at(const Pack& pack, std::size_t index) {
    std::string text;
    append_seconds(text, pack[index].time.time_since_epoch());
    return text;
}

inline double number_at(const Pack& pack, std::size_t index) {
    REQUIRE(pack[index].kind == Kind::number);
    return pack[index].number;
}

inline std::string text_at(const Pack& pack, std::size_t index) {
    REQUIRE(pack[index].kind == Kind::text);
    return std::string{pack.text(pack[index])};
}

}  // namespace courant::senml::test
