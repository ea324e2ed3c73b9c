// Reads packs in JSON (RFC 8428 section 5): one pass over the bytes, no tree.
//
// Strings are views into the bytes unless they hold escapes; then they are decoded into scratch
// memory that is large enough from its first use, so that no view moves.
#include <algorithm>
#include <charconv>

#include "senml/detail/fields.hpp"
#include "senml/detail/readers.hpp"
#include "senml/detail/text.hpp"

namespace courant::senml::detail {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t few_labels = 16;  // up to here comparing all pairs is the cheapest

class JsonPack {
  public:
    JsonPack(std::string_view bytes, const ReadOptions& options, Report& report, RecordSink& sink)
        : begin_(bytes.data()),
          p_(begin_),
          end_(begin_ + bytes.size()),
          options_(options),
          report_(report),
          sink_(sink) {}

    void read();

  private:
    bool read_array();
    bool read_record();
    bool read_members();
    bool read_member();
    bool read_unknown(std::string_view label);
    bool read_field(Label label);
    bool read_number(Label label);
    bool read_boolean();
    bool wrong_type(Label label);
    bool unknown_labels_differ();

    bool skip_value(std::size_t depth);
    bool skip_object(std::size_t depth);
    bool skip_array(std::size_t depth);
    bool skip_literal();

    std::optional<std::string_view> read_string();
    std::optional<std::string_view> read_escaped(const char* begin);
    bool append_escape();
    bool append_unicode();
    std::optional<std::uint32_t> read_hex();

    bool syntax(std::string_view what);
    void reserve_scratch();
    bool is_done() const { return p_ == end_; }
    char peek() const { return p_ != end_ ? *p_ : '\0'; }
    void skip_blanks() {
        while (p_ != end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\t' || *p_ == '\r')) ++p_;
    }
    bool accept(char c) {
        skip_blanks();
        if (p_ == end_ || *p_ != c) return false;
        ++p_;
        return true;
    }

    const char* begin_;
    const char* p_;
    const char* end_;
    const ReadOptions& options_;
    Report& report_;
    RecordSink& sink_;
    RawRecord record_;
    std::string scratch_;
    std::vector<std::string_view> unknown_;
    bool upper_exponent_reported_ = false;
};

bool JsonPack::syntax(std::string_view what) {
    report_.fault(record_.index,
                  "no JSON at byte " + std::to_string(p_ - begin_) + ": " + std::string{what},
                  "RFC 8259");
    return false;
}

// Decoded text is no longer than what was written, and base64url is decoded at most once more: with
// twice the input no view into the scratch memory ever moves. The first use comes before there is
// any view.
void JsonPack::reserve_scratch() {
    const auto enough = 2 * static_cast<std::size_t>(end_ - begin_);
    if (scratch_.capacity() < enough) scratch_.reserve(enough);
}

void JsonPack::read() {
    const std::string_view bytes{begin_, static_cast<std::size_t>(end_ - begin_)};
    const auto bad = find_bad_utf8(bytes);
    if (bad != std::string_view::npos) {
        p_ += bad;
        syntax("not UTF-8");
        return;
    }
    if (bytes.starts_with(byte_order_mark)) {
        if (!report_.deviation(0, "a byte order mark", "RFC 8259 8.1")) return;
        p_ += byte_order_mark.size();
    }
    if (!read_array()) return;
    skip_blanks();
    if (!is_done()) {
        syntax("bytes after the pack");
    } else if (record_.index == 0) {
        report_.fault(0, "a pack without records", "RFC 8428 3");
    }
}

bool JsonPack::read_array() {
    if (!accept('[')) {
        skip_blanks();
        if (is_done()) return syntax("nothing there");
        report_.fault(0, "a pack is an array of records", "RFC 8428 5");
        return false;
    }
    if (accept(']')) return true;
    do {
        if (!read_record()) return false;
    } while (accept(','));
    return accept(']') || syntax("expected ',' or ']'");
}

bool JsonPack::read_record() {
    if (++record_.index > options_.max_records) {
        report_.fault(record_.index, "more records than are accepted", "");
        return false;
    }
    skip_blanks();
    const char c = peek();
    if (c != '{') {
        const std::size_t before = report_.faults().size();
        const char* value = p_;
        if (!skip_value(1)) return false;
        if (report_.faults().size() != before || value == p_) return false;
        return report_.fault(record_.index, "a record is an object", "RFC 8428 5");
    }
    ++p_;
    record_.present = 0;
    scratch_.clear();
    unknown_.clear();
    const std::size_t faults = report_.faults().size();
    if (!accept('}') && !read_members()) return false;
    if (!unknown_labels_differ() &&
        !report_.fault(record_.index, "a label is given twice", "RFC 8259 4")) {
        return false;
    }
    if (report_.faults().size() != faults) keep_base(record_);
    return sink_.take(record_);
}

bool JsonPack::read_members() {
    do {
        if (!read_member()) return false;
    } while (accept(','));
    return accept('}') || syntax("expected ',' or '}'");
}

bool JsonPack::read_member() {
    skip_blanks();
    if (peek() != '"') return syntax("expected a label");
    const auto key = read_string();
    if (!key) return false;
    if (!accept(':')) return syntax("expected ':'");
    skip_blanks();
    const Label label = find_label(*key);
    if (label == Label::unknown) return read_unknown(*key);
    if (record_.has(label) &&
        !report_.fault(record_.index, "label '" + std::string{*key} + "' is given twice",
                       "RFC 8259 4")) {
        return false;
    }
    record_.present |= bit(label);
    return read_field(label);
}

bool JsonPack::read_unknown(std::string_view label) {
    unknown_.push_back(label);
    return pass_unknown(record_, label, options_, report_) && skip_value(1);
}

// Names within one object "SHOULD be unique" (RFC 8259); here the last one never wins.
bool JsonPack::unknown_labels_differ() {
    if (unknown_.size() < 2) return true;
    if (unknown_.size() > few_labels) {
        std::ranges::sort(unknown_);
        return std::ranges::adjacent_find(unknown_) == unknown_.end();
    }
    for (auto one = unknown_.begin(); one != unknown_.end(); ++one) {
        if (std::find(unknown_.begin(), one, *one) != one) return false;
    }
    return true;
}

bool JsonPack::read_field(Label label) {
    if (label == Label::vb) return read_boolean();
    if ((string_labels & bit(label)) == 0) return read_number(label);
    if (peek() != '"') return wrong_type(label);
    const auto text = read_string();
    if (!text) return false;
    if (label == Label::vd) reserve_scratch();
    return set_string(record_, label, *text, scratch_, report_);
}

bool JsonPack::read_number(Label label) {
    const char c = peek();
    if (c != '-' && (c < '0' || c > '9')) return wrong_type(label);
    Decimal decimal;
    const char* after = scan_decimal(p_, end_, NumberGrammar::json, decimal);
    if (after == nullptr) return syntax("a malformed number");
    p_ = after;
    if (decimal.upper_exponent && !upper_exponent_reported_) {
        upper_exponent_reported_ = true;
        if (!report_.deviation(record_.index, "an upper-case E in a number", "RFC 8428 5")) {
            return false;
        }
    }
    return set_number(record_, label, decimal, report_);
}

bool JsonPack::read_boolean() {
    const std::string_view rest{p_, static_cast<std::size_t>(end_ - p_)};
    if (rest.starts_with("true")) {
        record_.vb = true;
        p_ += 4;
        return true;
    }
    if (rest.starts_with("false")) {
        record_.vb = false;
        p_ += 5;
        return true;
    }
    return wrong_type(Label::vb);
}

bool JsonPack::wrong_type(Label label) {
    if (!skip_value(1)) return false;
    record_.present &= ~bit(label);
    const bool text = (string_labels & bit(label)) != 0;
    return report_.fault(record_.index,
                         std::string{spelling(label)} + " is no " +
                             (text                 ? "string"
                              : label == Label::vb ? "boolean"
                                                   : "number"),
                         "RFC 8428 4.3");
}

bool JsonPack::skip_value(std::size_t depth) {
    switch (peek()) {
        case '"':
            return read_string().has_value();
        case '{':
            return skip_object(depth);
        case '[':
            return skip_array(depth);
        case 't':
        case 'f':
        case 'n':
            return skip_literal();
        default: {
            Decimal decimal;
            const char* after = scan_decimal(p_, end_, NumberGrammar::json, decimal);
            if (after == nullptr) return syntax("expected a value");
            p_ = after;
            return true;
        }
    }
}

bool JsonPack::skip_object(std::size_t depth) {
    if (depth > options_.max_depth) return syntax("nested too deeply");
    ++p_;
    if (accept('}')) return true;
    do {
        skip_blanks();
        if (peek() != '"') return syntax("expected a label");
        if (!read_string()) return false;
        if (!accept(':')) return syntax("expected ':'");
        skip_blanks();
        if (!skip_value(depth + 1)) return false;
    } while (accept(','));
    return accept('}') || syntax("expected ',' or '}'");
}

bool JsonPack::skip_array(std::size_t depth) {
    if (depth > options_.max_depth) return syntax("nested too deeply");
    ++p_;
    if (accept(']')) return true;
    do {
        skip_blanks();
        if (!skip_value(depth + 1)) return false;
    } while (accept(','));
    return accept(']') || syntax("expected ',' or ']'");
}

bool JsonPack::skip_literal() {
    const std::string_view rest{p_, static_cast<std::size_t>(end_ - p_)};
    for (const std::string_view literal : {"true", "false", "null"}) {
        if (rest.starts_with(literal)) {
            p_ += literal.size();
            return true;
        }
    }
    return syntax("expected a value");
}

std::optional<std::string_view> JsonPack::read_string() {
    const char* begin = ++p_;
    while (p_ != end_ && *p_ != '"' && *p_ != '\\' && static_cast<unsigned char>(*p_) >= 0x20) ++p_;
    if (p_ != end_ && *p_ == '"') {
        return std::string_view{begin, static_cast<std::size_t>(p_++ - begin)};
    }
    return read_escaped(begin);
}

std::optional<std::string_view> JsonPack::read_escaped(const char* begin) {
    reserve_scratch();
    const std::size_t start = scratch_.size();
    scratch_.append(begin, p_);
    while (p_ != end_ && *p_ != '"') {
        if (static_cast<unsigned char>(*p_) < 0x20) {
            syntax("a control character in a string");
            return std::nullopt;
        }
        if (*p_ != '\\') {
            scratch_ += *p_++;
        } else if (!append_escape()) {
            return std::nullopt;
        }
    }
    if (p_ == end_) {
        syntax("a string without end");
        return std::nullopt;
    }
    ++p_;
    return std::string_view{scratch_}.substr(start);
}

bool JsonPack::append_escape() {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    ++p_;
    const char c = peek();
    if (c == 'u') return append_unicode();
    const auto at = letters.find(c);
    if (is_done() || at == std::string_view::npos) return syntax("an unknown escape");
    scratch_ += meanings[at];
    ++p_;
    return true;
}

bool JsonPack::append_unicode() {
    auto unit = read_hex();
    if (!unit) return syntax("\\u without four hex digits");
    std::uint32_t code_point = *unit;
    if (code_point >= 0xD800 && code_point < 0xDC00 && end_ - p_ >= 2 && p_[0] == '\\' &&
        p_[1] == 'u') {
        ++p_;
        unit = read_hex();
        if (!unit || *unit < 0xDC00 || *unit >= 0xE000) return syntax("half a surrogate pair");
        code_point = 0x10000 + ((code_point - 0xD800) << 10) + (*unit - 0xDC00);
    }
    if (code_point >= 0xD800 && code_point < 0xE000) return syntax("half a surrogate pair");
    append_utf8(scratch_, code_point);
    return true;
}

// Four hex digits after the u that p_ stands on.
std::optional<std::uint32_t> JsonPack::read_hex() {
    if (end_ - p_ < 5) return std::nullopt;
    std::uint32_t value = 0;
    const auto [ptr, error] = std::from_chars(p_ + 1, p_ + 5, value, 16);
    if (error != std::errc{} || ptr != p_ + 5) return std::nullopt;
    p_ += 5;
    return value;
}

}  // namespace

void read_json(std::string_view bytes, const ReadOptions& options, Report& report,
               RecordSink& sink) {
    JsonPack(bytes, options, report, sink).read();
}

}  // namespace courant::senml::detail
