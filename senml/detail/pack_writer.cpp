#include "senml/detail/pack_writer.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "senml/detail/seconds.hpp"
#include "senml/detail/text.hpp"
#include "senml/number.hpp"

namespace courant::senml::detail {

namespace {

using Openings = std::array<std::string_view, label_count>;

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_json_character(std::string& out, char c) {
    switch (c) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            out += "\\u00";
            out += hex_digits[static_cast<unsigned char>(c) >> 4];
            out += hex_digits[static_cast<unsigned char>(c) & 0x0F];
    }
}

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

bool is_special_in_json(char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

bool is_special_in_xml(char c) {
    return c == '"' || c == '&' || c == '<' || c == '>' || static_cast<unsigned char>(c) < 0x20;
}

}  // namespace

struct JsonSyntax {
    static constexpr std::string_view head = "[";
    static constexpr std::string_view tail = "]";
    static constexpr std::string_view record_begin = "{";
    static constexpr std::string_view later_record_begin = ",{";
    static constexpr std::string_view record_end = "}";
    static constexpr std::string_view first_gap = "";
    static constexpr std::string_view gap = ",";
    static constexpr std::string_view text_quote = "\"";
    static constexpr std::string_view close = "";
    static constexpr Openings openings = {
        "\"bn\":", "\"bt\":", "\"bu\":", "\"bver\":", "\"bv\":", "\"bs\":", "\"n\":", "\"u\":",
        "\"t\":",  "\"v\":",  "\"vs\":", "\"vb\":",   "\"vd\":", "\"s\":",  "\"ut\":"};
    static constexpr std::uint64_t max_version = std::numeric_limits<std::uint64_t>::max();
    static constexpr std::string_view text_fault = "holds bytes that are not UTF-8";
    static constexpr std::string_view rule = "RFC 8428 5";

    static bool can_say(std::string_view text) {
        return find_bad_utf8(text) == std::string_view::npos;
    }
    static bool is_special(char c) { return is_special_in_json(c); }
    static void append_special(std::string& out, char c) { append_json_character(out, c); }
};

struct XmlSyntax {
    static constexpr std::string_view head = R"(<sensml xmlns="urn:ietf:params:xml:ns:senml">)";
    static constexpr std::string_view tail = "</sensml>";
    static constexpr std::string_view record_begin = "<senml";
    static constexpr std::string_view later_record_begin = "<senml";
    static constexpr std::string_view record_end = "/>";
    static constexpr std::string_view first_gap = " ";
    static constexpr std::string_view gap = " ";
    static constexpr std::string_view text_quote = "";
    static constexpr std::string_view close = "\"";
    static constexpr Openings openings = {"bn=\"", "bt=\"", "bu=\"", "bver=\"", "bv=\"",
                                          "bs=\"", "n=\"",  "u=\"",  "t=\"",    "v=\"",
                                          "vs=\"", "vb=\"", "vd=\"", "s=\"",    "ut=\""};
    static constexpr std::uint64_t max_version = std::numeric_limits<std::int32_t>::max();
    static constexpr std::string_view text_fault = "holds characters that XML does not have";
    static constexpr std::string_view rule = "RFC 8428 7";

    static bool can_say(std::string_view text) {
        return find_bad_xml(text) == std::string_view::npos;
    }
    static bool is_special(char c) { return is_special_in_xml(c); }
    static void append_special(std::string& out, char c) { append_xml_character(out, c); }
};

template <typename Syntax>
bool PackWriter<Syntax>::take(const RawRecord& record) {
    if (out_.empty()) {
        out_ += Syntax::head;
        out_ += Syntax::record_begin;
    } else {
        out_ += Syntax::later_record_begin;
    }
    std::string_view gap = Syntax::first_gap;
    for (Labels left = record.present; left != 0; left &= left - 1) {
        const auto index = static_cast<std::size_t>(std::countr_zero(left));
        out_ += gap;
        out_ += Syntax::openings[index];
        if (!put_field(record, static_cast<Label>(index))) return false;
        out_ += Syntax::close;
        gap = Syntax::gap;
    }
    out_ += Syntax::record_end;
    return true;
}

template <typename Syntax>
std::string PackWriter<Syntax>::finish() {
    if (out_.empty()) out_ += Syntax::head;
    out_ += Syntax::tail;
    return std::move(out_);
}

template <typename Syntax>
bool PackWriter<Syntax>::put_field(const RawRecord& record, Label label) {
    switch (label) {
        case Label::bn:
            return put_text(record, label, record.bn);
        case Label::bt:
            append_seconds(out_, record.bt);
            return true;
        case Label::bu:
            return put_text(record, label, record.bu);
        case Label::bver:
            return put_version(record);
        case Label::bv:
            return put_number(record, label, record.bv);
        case Label::bs:
            return put_number(record, label, record.bs);
        case Label::n:
            return put_text(record, label, record.n);
        case Label::u:
            return put_text(record, label, record.u);
        case Label::t:
            append_seconds(out_, record.t);
            return true;
        case Label::v:
            return put_number(record, label, record.v);
        case Label::vs:
            return put_text(record, label, record.vs);
        case Label::vb:
            out_ += record.vb ? "true" : "false";
            return true;
        case Label::vd:
            out_ += Syntax::text_quote;
            append_encoded(out_, record.vd);
            out_ += Syntax::text_quote;
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
    append_number(out_, value);
    return true;
}

template <typename Syntax>
bool PackWriter<Syntax>::put_text(const RawRecord& record, Label label, std::string_view text) {
    if (!Syntax::can_say(text)) {
        report_.fault(record.index,
                      std::string{spelling(label)} + ' ' + std::string{Syntax::text_fault},
                      Syntax::rule);
        return false;
    }
    out_ += Syntax::text_quote;
    std::size_t written = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!Syntax::is_special(text[i])) continue;
        out_.append(text, written, i - written);
        Syntax::append_special(out_, text[i]);
        written = i + 1;
    }
    out_.append(text, written);
    out_ += Syntax::text_quote;
    return true;
}

template <typename Syntax>
bool PackWriter<Syntax>::put_version(const RawRecord& record) {
    if (record.bver > Syntax::max_version) {
        report_.fault(record.index, "bver does not fit the format's integer", Syntax::rule);
        return false;
    }
    out_ += std::to_string(record.bver);
    return true;
}

template class PackWriter<JsonSyntax>;
template class PackWriter<XmlSyntax>;

}  // namespace courant::senml::detail
