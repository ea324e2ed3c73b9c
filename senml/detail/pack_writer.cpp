#include "senml/detail/pack_writer.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "senml/detail/alike_writer.hpp"
#include "senml/detail/digits.hpp"
#include "senml/detail/json/text.hpp"
#include "senml/detail/scan.hpp"
#include "senml/detail/seconds.hpp"
#include "senml/detail/text.hpp"
#include "senml/detail/xml/names.hpp"

namespace courant::senml::detail {

namespace {

using Openings = std::array<Piece, label_count>;

constexpr std::size_t longest_pattern = 256;

void append_xml_character(std::string& out, char c) {
    switch (c) {
        case '"':
            out += "&quot;";
            break;
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '\t':
            out += "&#9;";
            break;
        case '\n':
            out += "&#10;";
            break;
        default:
            out += "&#13;";
    }
}

bool is_special_in_xml(char c) {
    return c == '"' || c == '&' || c == '<' || c == '>' || static_cast<unsigned char>(c) < 0x20;
}

// Bytes that are written again and again: a whole step at once, whatever comes to stand behind
// them.
class Patch {
  public:
    static constexpr std::size_t step = 16;

    explicit Patch(std::string_view text) : text_(text) {
        std::memcpy(first_.data(), text.data(), std::min(text.size(), step));
    }
    char* put(char* out) const {
        std::memcpy(out, first_.data(), step);
        if (text_.size() > step) std::memcpy(out + step, text_.data() + step, text_.size() - step);
        return out + text_.size();
    }

  private:
    std::string_view text_;
    std::array<char, step> first_{};
};

bool is_attribute_name(std::string_view label) {
    return !label.empty() && label != "xmlns" && find_bad_xml(label) == std::string_view::npos &&
           find_name_end(label, 0) == label.size();
}

// The text that a JSON value is as an attribute; false if it is none.
bool decode_attribute(std::string_view json, std::string& text) {
    if (json.front() == '"') return decode_json_string(json, text);
    text = json;
    return json.front() != '{' && json.front() != '[' && json != "null";
}

}  // namespace

struct JsonSyntax {
    static constexpr std::string_view head = "[";
    static constexpr std::string_view tail = "]";
    static constexpr Piece record_begin = "{";
    static constexpr Piece later_record_begin = ",{";
    static constexpr Piece record_end = "}";
    static constexpr Piece first_gap = "";
    static constexpr Piece gap = ",";
    static constexpr Piece text_quote = "\"";
    static constexpr Piece close = "";
    static constexpr Openings openings = {
        "\"bn\":", "\"bt\":", "\"bu\":", "\"bver\":", "\"bv\":", "\"bs\":", "\"n\":", "\"u\":",
        "\"t\":",  "\"v\":",  "\"vs\":", "\"vb\":",   "\"vd\":", "\"s\":",  "\"ut\":"};
    static constexpr std::uint64_t max_version = std::numeric_limits<std::uint64_t>::max();
    static constexpr std::string_view text_fault = "holds bytes that are not UTF-8";
    static constexpr std::string_view rule = "RFC 8428 5";

    static bool can_say(std::string_view text) {
        return find_bad_utf8(text) == std::string_view::npos;
    }
    static void put_text(Line& line, std::string_view text) {
        const char* const end = text.data() + text.size();
        line.put_piece("\"");
        if (find_any<'"', '\\'>(text.data(), end) == end) {
            line.put_text(text);
        } else {
            append_json_characters(line.out(), text);
        }
        line.put_piece("\"");
    }
    // The value is JSON already.
    static bool put_field(Line& line, const RawField& field) {
        put_text(line, field.label);
        line.put_piece(":");
        line.put_text(field.json);
        return true;
    }
};

struct XmlSyntax {
    static constexpr std::string_view head = R"(<sensml xmlns="urn:ietf:params:xml:ns:senml">)";
    static constexpr std::string_view tail = "</sensml>";
    static constexpr Piece record_begin = "<senml";
    static constexpr Piece later_record_begin = "<senml";
    static constexpr Piece record_end = "/>";
    static constexpr Piece first_gap = " ";
    static constexpr Piece gap = " ";
    static constexpr Piece text_quote = "";
    static constexpr Piece close = "\"";
    static constexpr Openings openings = {"bn=\"", "bt=\"", "bu=\"", "bver=\"", "bv=\"",
                                          "bs=\"", "n=\"",  "u=\"",  "t=\"",    "v=\"",
                                          "vs=\"", "vb=\"", "vd=\"", "s=\"",    "ut=\""};
    static constexpr std::uint64_t max_version = std::numeric_limits<std::int32_t>::max();
    static constexpr std::string_view text_fault = "holds characters that XML does not have";
    static constexpr std::string_view rule = "RFC 8428 7";

    static bool can_say(std::string_view text) {
        return find_bad_xml(text) == std::string_view::npos;
    }
    static void put_text(Line& line, std::string_view text) {
        const char* const end = text.data() + text.size();
        if (find_any<'"', '&', '<', '>'>(text.data(), end) == end) return line.put_text(text);
        std::size_t written = 0;
        std::string& out = line.out();
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (!is_special_in_xml(text[i])) continue;
            out.append(text, written, i - written);
            append_xml_character(out, text[i]);
            written = i + 1;
        }
        out.append(text, written);
    }
    // Only what is text, a number or a boolean can be an attribute, under a name that XML allows.
    static bool put_field(Line& line, const RawField& field) {
        std::string value;
        if (!is_attribute_name(field.label) || !decode_attribute(field.json, value) ||
            !can_say(value)) {
            return false;
        }
        line.put_text(field.label);
        line.put_piece("=\"");
        put_text(line, value);
        line.put_piece("\"");
        return true;
    }
};

template <typename Syntax>
void PackWriter<Syntax>::begin() {
    out_ += Syntax::head;
}

template <typename Syntax>
bool PackWriter<Syntax>::take(const RawRecord& record) {
    constexpr Labels pattern_labels = bit(Label::n) | bit(Label::u) | bit(Label::t) | bit(Label::v);
    constexpr Labels both = bit(Label::t) | bit(Label::v);
    pattern_.begin = out_.size();
    pattern_.usable = (record.present & ~pattern_labels) == 0 && (record.present & both) == both &&
                      record.unknown.empty() && !first_;
    const bool done = put_record(record);
    line_.flush();
    return done;
}

template <typename Syntax>
bool PackWriter<Syntax>::put_record(const RawRecord& record) {
    line_.put_piece(first_ ? Syntax::record_begin : Syntax::later_record_begin);
    first_ = false;
    const Piece* gap = &Syntax::first_gap;
    for (Labels left = record.present; left != 0; left &= left - 1) {
        const auto index = static_cast<std::size_t>(std::countr_zero(left));
        line_.put_piece(*gap);
        line_.put_piece(Syntax::openings[index]);
        if (!put_field(record, static_cast<Label>(index))) return false;
        line_.put_piece(Syntax::close);
        gap = &Syntax::gap;
    }
    if (!record.unknown.empty() && !put_unknown(record, *gap)) return false;
    line_.put_piece(Syntax::record_end);
    return true;
}

// The bytes around the numbers are those of the record taken last; only the numbers are made.
template <typename Syntax>
std::size_t PackWriter<Syntax>::take_alike(std::span<const Record> records,
                                           std::int64_t base_time) {
    const std::size_t size = out_.size() - pattern_.begin;
    if (!pattern_.usable || size > longest_pattern || base_time % nanos_per_second != 0) return 0;
    std::array<char, longest_pattern> pattern;
    std::memcpy(pattern.data(), out_.data() + pattern_.begin, size);
    const auto part = [&](std::size_t begin, std::size_t end) {
        return Patch({pattern.data() + (begin - pattern_.begin), end - begin});
    };
    const Patch head = part(pattern_.begin, pattern_.time_begin);
    const Patch middle = part(pattern_.time_end, pattern_.value_begin);
    const Patch tail = part(pattern_.value_end, out_.size());

    constexpr std::size_t room = longest_pattern + 2 * number_room + 3 * Patch::step;
    const auto put = [&](char* out, std::uint64_t seconds, double value) {
        out = put_unsigned(head.put(out), seconds);
        out = detail::put_number(middle.put(out), value);
        return tail.put(out);
    };
    return write_alike(out_, records, base_time, room, put);
}

template <typename Syntax>
void PackWriter<Syntax>::finish() {
    out_ += Syntax::tail;
}

template <typename Syntax>
bool PackWriter<Syntax>::put_field(const RawRecord& record, Label label) {
    switch (label) {
        case Label::bn:
            return put_text(record, spelling(label), record.bn);
        case Label::bt:
            put_time(record.bt);
            return true;
        case Label::bu:
            return put_text(record, spelling(label), record.bu);
        case Label::bver:
            return put_version(record);
        case Label::bv:
            return put_number(record, label, record.bv);
        case Label::bs:
            return put_number(record, label, record.bs);
        case Label::n:
            return put_text(record, spelling(label), record.n);
        case Label::u:
            return put_text(record, spelling(label), record.u);
        case Label::t:
            pattern_.time_begin = line_.position();
            put_time(record.t);
            pattern_.time_end = line_.position();
            return true;
        case Label::v:
            pattern_.value_begin = line_.position();
            if (!put_number(record, label, record.v)) return false;
            pattern_.value_end = line_.position();
            return true;
        case Label::vs:
            return put_text(record, spelling(label), record.vs);
        case Label::vb:
            line_.put_piece(record.vb ? Piece{"true"} : Piece{"false"});
            return true;
        case Label::vd:
            line_.put_piece(Syntax::text_quote);
            append_encoded(line_.out(), record.vd);
            line_.put_piece(Syntax::text_quote);
            return true;
        case Label::s:
            return put_number(record, label, record.s);
        case Label::ut:
            return put_number(record, label, record.ut);
        case Label::unknown:
            break;
    }
    return false;
}

template <typename Syntax>
bool PackWriter<Syntax>::put_number(const RawRecord& record, Label label, double value) {
    if (!std::isfinite(value)) {
        report_.fault(record.index, std::string{spelling(label)} + " is not a finite number",
                      "RFC 8428 5");
        return false;
    }
    line_.set_end(detail::put_number(line_.number(), value));
    return true;
}

template <typename Syntax>
void PackWriter<Syntax>::put_time(Nanos time) {
    line_.set_end(put_seconds(line_.number(), time));
}

template <typename Syntax>
bool PackWriter<Syntax>::put_text(const RawRecord& record, std::string_view label,
                                  std::string_view text) {
    if (!Syntax::can_say(text)) {
        report_.fault(record.index, std::string{label} + ' ' + std::string{Syntax::text_fault},
                      Syntax::rule);
        return false;
    }
    Syntax::put_text(line_, text);
    return true;
}

template <typename Syntax>
bool PackWriter<Syntax>::put_unknown(const RawRecord& record, const Piece& first_gap) {
    const Piece* gap = &first_gap;
    for (const RawField& field : record.unknown) {
        line_.put_piece(*gap);
        gap = &Syntax::gap;
        if (Syntax::put_field(line_, field)) continue;
        report_.fault(record.index,
                      "the unknown field '" + std::string{field.label} + "' has no image",
                      Syntax::rule);
        return false;
    }
    return true;
}

template <typename Syntax>
bool PackWriter<Syntax>::put_version(const RawRecord& record) {
    if (record.bver > Syntax::max_version) {
        report_.fault(record.index, "bver does not fit the format's integer", Syntax::rule);
        return false;
    }
    line_.set_end(put_unsigned(line_.number(), record.bver));
    return true;
}

template class PackWriter<JsonSyntax>;
template class PackWriter<XmlSyntax>;

}  // namespace courant::senml::detail
