#include "senml/detail/single.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <string_view>

#include "senml/detail/cbor/head.hpp"
#include "senml/detail/cbor/number.hpp"
#include "senml/detail/digits.hpp"
#include "senml/detail/seconds.hpp"
#include "senml/detail/text.hpp"
#include "senml/name.hpp"
#include "senml/units.hpp"

namespace courant::senml::detail {

namespace {

constexpr std::size_t longest_name = Name::max_size;

// What stands around name, unit, time and value. Types, so that the sizes are known to the
// compiler.
struct JsonFrame {
    static constexpr std::string_view before_name = R"([{"n":")";
    static constexpr std::string_view before_unit = R"(","u":")";
    static constexpr std::string_view before_time = R"(","t":)";
    static constexpr std::string_view before_value = R"(,"v":)";
    static constexpr std::string_view end = "}]";
};
struct XmlFrame {
    static constexpr std::string_view before_name =
        R"(<sensml xmlns="urn:ietf:params:xml:ns:senml"><senml n=")";
    static constexpr std::string_view before_unit = R"(" u=")";
    static constexpr std::string_view before_time = R"(" t=")";
    static constexpr std::string_view before_value = R"(" v=")";
    static constexpr std::string_view end = R"("/></sensml>)";
};

inline char* put(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

template <typename Frame>
void compose(std::string_view name, std::string_view unit, const Record& record, std::string& out) {
    std::array<char, longest_name + 256> text;
    char* at = put(text.data(), Frame::before_name);
    at = put(at, name);
    if (record.unit != no_unit) at = put(put(at, Frame::before_unit), unit);
    at = put(at, Frame::before_time);
    at = put_seconds(at, record.time.time_since_epoch().count());
    at = put(at, Frame::before_value);
    at = put_number(at, record.number);
    at = put(at, Frame::end);
    out.assign(text.data(), static_cast<std::size_t>(at - text.data()));
}

// As CborWriter does it: the labels in the order of `Label`. False where the time has no image.
bool compose_cbor(std::string_view name, std::string_view unit, const Record& record,
                  std::string& out) {
    constexpr char array_of_one = '\x81';
    constexpr char map_of_none = '\xA0';
    constexpr char key_n = 0;
    constexpr char key_u = 1;
    constexpr char key_v = 2;
    constexpr char key_t = 6;
    const bool has_unit = record.unit != no_unit;
    const auto put_text = [](char* at, char key, std::string_view text) {
        *at++ = key;
        return put(put_head(at, Major::text, text.size()), text);
    };
    std::array<char, longest_name + 256> text;
    char* at = text.data();
    *at++ = array_of_one;
    *at++ = static_cast<char>(map_of_none + (has_unit ? 4 : 3));
    at = put_text(at, key_n, name);
    if (has_unit) at = put_text(at, key_u, unit);
    *at++ = key_t;
    at = put_cbor_time(at, record.time.time_since_epoch().count());
    if (at == nullptr) return false;
    *at++ = key_v;
    at = put_cbor_value(at, record.number);
    out.assign(text.data(), static_cast<std::size_t>(at - text.data()));
    return true;
}

// A registered unit has no character that would have to be escaped.
bool is_plain_unit(std::string_view unit) {
    const UnitStatus status = unit_status(unit);
    return status == UnitStatus::primary || status == UnitStatus::not_recommended;
}

bool is_plain_name(std::string_view name) {
    return !name.empty() && name.size() <= longest_name && is_alphanumeric(name.front()) &&
           find_bad_name_byte(name) == std::string_view::npos;
}

}  // namespace

bool write_single(Format format, const Pack& pack, std::string& out) {
    if (pack.size() != 1 || pack.version() != default_version) return false;
    const Record& record = pack[0];
    const std::string_view name = pack.name(record.name);
    const std::string_view unit = pack.unit(record.unit);
    if (record.kind != Kind::number || record.has_extra || !std::isfinite(record.number) ||
        record.time < from_unix_seconds(absolute_from_seconds) ||
        (record.unit != no_unit && !is_plain_unit(unit)) || !is_plain_name(name)) {
        return false;
    }
    switch (format) {
        case Format::json:
            compose<JsonFrame>(name, unit, record, out);
            return true;
        case Format::xml:
            compose<XmlFrame>(name, unit, record, out);
            return true;
        case Format::cbor:
            return compose_cbor(name, unit, record, out);
    }
    return false;
}

}  // namespace courant::senml::detail
