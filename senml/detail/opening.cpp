#include "senml/detail/opening.hpp"

#include <algorithm>
#include <cmath>

#include "senml/detail/cbor/number.hpp"
#include "senml/detail/cbor/scanner.hpp"
#include "senml/detail/seconds.hpp"
#include "senml/detail/text.hpp"
#include "senml/units.hpp"

namespace courant::senml::detail {

namespace {

constexpr Labels name_labels = bit(Label::bn) | bit(Label::n);
constexpr Labels unit_labels = bit(Label::bu) | bit(Label::u);
constexpr Labels time_labels = bit(Label::bt) | bit(Label::t);

// What stands around labels and values. Types, so that the sizes are known to the compiler.
struct JsonSpelling {
    static constexpr std::string_view begin = R"([{)";
    static constexpr std::string_view before_label = R"(")";
    static constexpr std::string_view before_text = R"(":")";
    static constexpr std::string_view before_number = R"(":)";
    static constexpr std::string_view after_number = "";
    static constexpr std::string_view between = ",";
    static constexpr std::string_view end = "}";
    static constexpr std::string_view end_of_pack = "]";
};
struct XmlSpelling {
    static constexpr std::string_view begin =
        R"(<sensml xmlns="urn:ietf:params:xml:ns:senml"><senml )";
    static constexpr std::string_view before_label = "";
    static constexpr std::string_view before_text = R"(=")";
    static constexpr std::string_view before_number = R"(=")";
    static constexpr std::string_view after_number = R"(")";
    static constexpr std::string_view between = " ";
    static constexpr std::string_view end = "/>";
    static constexpr std::string_view end_of_pack = "</sensml>";
};

// A place in a text that moves forward over what is expected there.
class Place {
  public:
    explicit Place(std::string_view text) : p_(text.data()), end_(p_ + text.size()) {}

    bool accept(std::string_view expected) {
        if (!std::string_view{p_, left()}.starts_with(expected)) return false;
        p_ += expected.size();
        return true;
    }
    char take() { return p_ != end_ ? *p_++ : '\0'; }
    // What stands before the next quotation mark, and that mark with it.
    std::string_view take_name() {
        const std::string_view rest{p_, left()};
        const std::size_t size = std::min(find_bad_name_byte(rest), rest.size());
        return take_quoted(rest.substr(0, size));
    }
    std::string_view take_unit() {
        const std::string_view rest{p_, left()};
        return take_quoted(rest.substr(0, std::min(rest.find('"'), rest.size())));
    }
    bool take_number(Decimal& number) {
        const char* const after = scan_decimal(p_, end_, NumberGrammar::json, number);
        if (after == nullptr || number.upper_exponent) return false;
        p_ = after;
        return true;
    }
    const char* position() const { return p_; }
    std::size_t left() const { return static_cast<std::size_t>(end_ - p_); }

  private:
    std::string_view take_quoted(std::string_view text) {
        p_ += text.size();
        return accept("\"") ? text : std::string_view{};
    }

    const char* p_;
    const char* end_;
};

bool is_first(Opening& opening, Labels labels, Label label) {
    const bool first = (opening.present & labels) == 0;
    opening.present |= bit(label);
    return first;
}

bool is_plain_name(std::string_view name) {
    return !name.empty() && is_alphanumeric(name.front());
}

bool set_time(Opening& opening, const std::optional<Nanos>& time) {
    if (!time || *time > widest_alike || *time < -widest_alike) return false;
    opening.time = static_cast<std::int64_t>(*time);
    return true;
}

bool set_value(Opening& opening, const std::optional<double>& value) {
    if (!value) return false;
    opening.value = *value;
    return true;
}

bool is_complete(const Opening& opening) {
    return (opening.present & name_labels) != 0 && (opening.present & bit(Label::v)) != 0;
}

template <typename Spelling>
bool scan_field(Place& at, Opening& opening) {
    const bool base = at.accept("b");
    const char letter = at.take();
    if (letter == 'n' || letter == 'u') {
        if (!at.accept(Spelling::before_text)) return false;
        if (letter == 'n') {
            opening.name = at.take_name();
            return is_first(opening, name_labels, base ? Label::bn : Label::n) &&
                   is_plain_name(opening.name);
        }
        opening.unit = at.take_unit();
        return is_first(opening, unit_labels, base ? Label::bu : Label::u) &&
               unit_status(opening.unit) == UnitStatus::primary;
    }
    Decimal number;
    if ((letter != 't' && letter != 'v') || !at.accept(Spelling::before_number) ||
        !at.take_number(number) || !at.accept(Spelling::after_number)) {
        return false;
    }
    if (letter == 't') {
        return is_first(opening, time_labels, base ? Label::bt : Label::t) &&
               set_time(opening, to_nanoseconds(number));
    }
    return !base && is_first(opening, bit(Label::v), Label::v) &&
           set_value(opening, to_double(number));
}

template <typename Spelling>
bool scan_text(std::string_view bytes, Opening& opening) {
    Place at(bytes);
    if (!at.accept(Spelling::begin)) return false;
    do {
        if (!at.accept(Spelling::before_label) || !scan_field<Spelling>(at, opening)) return false;
    } while (at.accept(Spelling::between));
    if (!at.accept(Spelling::end)) return false;
    opening.size = bytes.size() - at.left();
    opening.is_whole_pack = at.accept(Spelling::end_of_pack) && at.left() == 0;
    return is_complete(opening);
}

bool scan_cbor_text(CborScanner& at, std::string_view& text) {
    CborHead head;
    std::string none;
    return at.read_head(head) && head.major == Major::text && !head.is_indefinite() &&
           at.read_string(head, none, text);
}

// RFC 8428 Table 4: -2 to -4 are base name, base time and base unit; 0, 1, 2 and 6 name, unit,
// value and time.
bool scan_cbor_field(CborScanner& at, Opening& opening) {
    CborHead key;
    CborHead number;
    if (!at.read_head(key) || !key.is_integer() || key.info > 6) return false;
    const bool base = key.major == Major::negative_integer;
    const std::uint64_t label = base ? key.argument - 1 : key.argument;
    if (base && (key.argument == 0 || key.argument > 3)) return false;
    if (label == 0) {
        return is_first(opening, name_labels, base ? Label::bn : Label::n) &&
               scan_cbor_text(at, opening.name) && is_plain_name(opening.name) &&
               find_bad_name_byte(opening.name) == std::string_view::npos;
    }
    if (base ? label == 2 : label == 1) {
        return is_first(opening, unit_labels, base ? Label::bu : Label::u) &&
               scan_cbor_text(at, opening.unit) && unit_status(opening.unit) == UnitStatus::primary;
    }
    if (!at.read_head(number) || (!number.is_integer() && !number.is_float())) return false;
    const double value = number.is_integer() ? integer_of(number) : float_of(number);
    if (!std::isfinite(value)) return false;
    if (base || label == 6) {
        return is_first(opening, time_labels, base ? Label::bt : Label::t) &&
               set_time(opening, nanoseconds_of(number));
    }
    return label == 2 && is_first(opening, bit(Label::v), Label::v) && set_value(opening, value);
}

// Of a longer pack the ordinary reader takes the first record as fast.
bool scan_cbor(std::string_view bytes, Opening& opening) {
    constexpr char array_of_one = '\x81';
    CborScanner at(bytes, 1);
    CborHead map;
    if (bytes.size() < 2 || bytes.front() != array_of_one) return false;
    at.go_to(bytes.data() + 1);
    if (!at.read_head(map) || map.major != Major::map || map.is_indefinite()) return false;
    for (std::uint64_t left = map.argument; left > 0; --left) {
        if (!scan_cbor_field(at, opening)) return false;
    }
    opening.size = at.offset();
    opening.is_whole_pack = at.is_done();
    return opening.is_whole_pack && is_complete(opening);
}

}  // namespace

RawRecord Opening::raw() const {
    RawRecord record;
    record.present = present;
    record.bn = record.n = name;
    record.bu = record.u = unit;
    record.bt = record.t = time;
    record.v = value;
    return record;
}

bool scan_opening(Format format, std::string_view bytes, Opening& opening) {
    switch (format) {
        case Format::json:
            return scan_text<JsonSpelling>(bytes, opening);
        case Format::xml:
            return scan_text<XmlSpelling>(bytes, opening);
        case Format::cbor:
            return scan_cbor(bytes, opening);
    }
    return false;
}

bool take_whole_pack(const Opening& opening, const ReadOptions& options, Pack& into) {
    if (opening.name.size() > std::min(options.max_name, options.max_names)) return false;
    const auto time = absolute(opening.time, options.now.time_since_epoch().count());
    if (!time) return false;
    const bool unit = (opening.present & unit_labels) != 0;
    into.add(into.intern_name(opening.name), unit ? into.intern_unit(opening.unit) : no_unit,
             Time{Span{*time}}, opening.value);
    return true;
}

}  // namespace courant::senml::detail
