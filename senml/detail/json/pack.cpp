// Reads packs in JSON (RFC 8428 section 5): one pass over the bytes, no tree.
//
// Strings are views into the bytes unless they hold escapes; then they are decoded into scratch
// memory that is large enough from its first use, so that no view moves.
#include "senml/detail/alike_reader.hpp"
#include "senml/detail/fields.hpp"
#include "senml/detail/json/text.hpp"
#include "senml/detail/readers.hpp"
#include "senml/detail/scan.hpp"
#include "senml/detail/text.hpp"

namespace courant::senml::detail {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

class JsonPack {
  public:
    JsonPack(const Input& input, Scratch& scratch, Report& report, RecordSink& sink)
        : input_(input),
          begin_(input.bytes.data()),
          p_(begin_),
          end_(begin_ + input.bytes.size()),
          report_(report),
          sink_(sink),
          scratch_(scratch.text),
          unknown_(scratch.unknown),
          kept_(scratch.fields),
          holes_(scratch.holes) {
        record_.index = input.records_before;
    }

    void read();

  private:
    bool take_opening(const Opening& opening);
    bool read_array();
    bool read_record();
    void read_records_alike(const char* begin);
    bool read_members();
    bool read_member();
    Label read_plain_label();
    bool read_unknown(std::string_view label);
    bool read_field(Label label);
    bool read_number(Label label);
    bool is_removal(Label label) const;
    bool read_removal();
    bool read_boolean();
    bool wrong_type(Label label);

    bool skip_value(std::size_t depth);
    bool skip_object(std::size_t depth);
    bool skip_array(std::size_t depth);
    bool skip_literal();

    std::optional<std::string_view> read_string();
    std::optional<std::string_view> read_escaped(const char* begin);
    bool append_escape();

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

    const Input& input_;
    const char* begin_;
    const char* p_;
    const char* end_;
    Report& report_;
    RecordSink& sink_;
    RawRecord record_;
    std::string& scratch_;
    std::vector<std::string_view>& unknown_;
    std::vector<RawField>& kept_;
    Holes& holes_;
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
    if (input_.opening != nullptr && !take_opening(*input_.opening)) return;
    // What was taken apart by its bytes is ASCII.
    const std::string_view rest{p_, static_cast<std::size_t>(end_ - p_)};
    const auto bad = find_bad_utf8(rest);
    if (bad != std::string_view::npos) {
        p_ += bad;
        record_.index = input_.records_before;  // it is said of the text, not of a record
        syntax("not UTF-8");
        return;
    }
    if (p_ == begin_ && rest.starts_with(byte_order_mark)) {
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

bool JsonPack::take_opening(const Opening& opening) {
    constexpr TextShape likely = {R"(,{"t":)", R"(,"v":)", "}"};
    p_ += opening.size;
    record_ = opening.raw();
    record_.index = 1;
    if (!sink_.take(record_)) return false;
    const auto into = opening.is_inherited() ? sink_.alike() : std::nullopt;
    if (into) {
        const Run run = read_alike(likely, p_, end_, *into, input_.options.max_records - 1);
        p_ = run.end;
        record_.index += run.records;
    }
    return true;
}

bool JsonPack::read_array() {
    if (input_.opening == nullptr) {
        if (!accept('[')) {
            skip_blanks();
            if (is_done()) return syntax("nothing there");
            report_.fault(0, "a pack is an array of records", "RFC 8428 5");
            return false;
        }
        if (accept(']')) return true;
        if (!read_record()) return false;
    }
    // The first record is no pattern: there is no comma before it.
    for (const char* end_of_last = p_; accept(','); end_of_last = p_) {
        if (!read_record()) return false;
        read_records_alike(end_of_last);
    }
    return accept(']') || syntax("expected ',' or ']'");
}

// After a record that began behind `begin`, with the comma: those that are like it.
void JsonPack::read_records_alike(const char* begin) {
    if (p_ == end_ || *p_ != *begin || holes_.all().empty()) return;
    const auto into = sink_.alike();
    if (!into) return;
    const std::string_view record{begin, static_cast<std::size_t>(p_ - begin)};
    const std::size_t most = input_.options.max_records - record_.index;
    const Run run = read_alike(record, holes_, end_, *into, most);
    p_ = run.end;
    record_.index += run.records;
}

bool JsonPack::read_record() {
    if (++record_.index > input_.options.max_records) {
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
    record_.removes = false;
    scratch_.clear();
    unknown_.clear();
    kept_.clear();
    holes_.clear();
    const std::size_t faults = report_.faults().size();
    if (!accept('}') && !read_members()) return false;
    if (!labels_differ(unknown_) &&
        !report_.fault(record_.index, "a label is given twice", "RFC 8259 4")) {
        return false;
    }
    if (report_.faults().size() != faults) keep_base(record_);
    record_.unknown = kept_;
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
    Label label = read_plain_label();
    if (label == Label::unknown) {
        if (peek() != '"') return syntax("expected a label");
        const auto key = read_string();
        if (!key) return false;
        if (!accept(':')) return syntax("expected ':'");
        skip_blanks();
        label = find_label(*key);
        if (label == Label::unknown) return read_unknown(*key);
    }
    if (record_.has(label) &&
        !report_.fault(record_.index, "label '" + std::string{spelling(label)} + "' is given twice",
                       "RFC 8259 4")) {
        return false;
    }
    record_.present |= bit(label);
    return read_field(label);
}

// A label of one or two letters as everybody writes it, with its colon and without blanks or
// escapes; whatever else is left to be read by the rules.
Label JsonPack::read_plain_label() {
    if (end_ - p_ < 6 || *p_ != '"') return Label::unknown;
    const std::size_t size = p_[2] == '"' ? 1 : 2;
    if (p_[size + 1] != '"' || p_[size + 2] != ':') return Label::unknown;
    const Label label = find_label({p_ + 1, size});
    if (label == Label::unknown) return label;
    p_ += size + 3;
    skip_blanks();
    return label;
}

bool JsonPack::read_unknown(std::string_view label) {
    unknown_.push_back(label);
    const char* const value = p_;
    if (!pass_unknown(record_, label, input_, report_) || !skip_value(1)) return false;
    if (keeps(label, input_.options)) {
        kept_.push_back({label, {value, static_cast<std::size_t>(p_ - value)}});
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
    if (c != '-' && (c < '0' || c > '9')) {
        return is_removal(label) ? read_removal() : wrong_type(label);
    }
    Decimal decimal;
    const char* after = scan_decimal(p_, end_, NumberGrammar::json, decimal);
    if (after == nullptr) return syntax("a malformed number");
    holes_.add(label, {p_, static_cast<std::size_t>(after - p_)});
    p_ = after;
    if (decimal.upper_exponent && !upper_exponent_reported_) {
        upper_exponent_reported_ = true;
        if (!report_.deviation(record_.index, "an upper-case E in a number", "RFC 8428 5")) {
            return false;
        }
    }
    return set_number(record_, label, decimal, report_);
}

// `"v":null`: only a Patch Record may take a reading away so.
bool JsonPack::is_removal(Label label) const {
    const std::string_view rest{p_, static_cast<std::size_t>(end_ - p_)};
    return label == Label::v && input_.dialect == Dialect::patch && rest.starts_with("null");
}

bool JsonPack::read_removal() {
    p_ += 4;
    record_.removes = true;
    return true;
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
    if (depth > input_.options.max_depth) return syntax("nested too deeply");
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
    if (depth > input_.options.max_depth) return syntax("nested too deeply");
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
    p_ = find_any<'"', '\\'>(p_, end_);
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
    const Escape escape = detail::append_escape(scratch_, p_, end_);
    if (escape.end == nullptr) return syntax(escape.fault);
    p_ = escape.end;
    return true;
}

}  // namespace

void read_json(const Input& input, Scratch& scratch, Report& report, RecordSink& sink) {
    JsonPack(input, scratch, report, sink).read();
}

}  // namespace courant::senml::detail
