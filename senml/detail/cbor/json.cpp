#include "senml/detail/cbor/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "senml/detail/cbor/number.hpp"
#include "senml/detail/cbor/scanner.hpp"
#include "senml/detail/digits.hpp"
#include "senml/detail/json/text.hpp"
#include "senml/detail/text.hpp"

namespace courant::senml::detail {

namespace {

constexpr std::size_t deepest = 512;  // nesting in JSON that somebody else than a reader made

class CborToJson {
  public:
    CborToJson(std::string& out, std::string_view cbor)
        : out_(out), scanner_(cbor, std::numeric_limits<std::size_t>::max()) {}

    bool put_item();

  private:
    bool put_content(const CborHead& head);
    bool put_string(const CborHead& head);
    bool put_array(const CborHead& head);
    bool put_map(const CborHead& head);
    bool put_simple(const CborHead& head);

    std::string& out_;
    CborScanner scanner_;
};

bool CborToJson::put_item() {
    CborHead head;
    return scanner_.read_head(head) && put_content(head);
}

bool CborToJson::put_content(const CborHead& head) {
    switch (head.major) {
        case Major::unsigned_integer:
        case Major::negative_integer:
            append_digits(out_, head);
            return true;
        case Major::bytes:
        case Major::text:
            return put_string(head);
        case Major::array:
            return put_array(head);
        case Major::map:
            return put_map(head);
        case Major::tag:
            return false;
        case Major::simple:
            break;
    }
    return put_simple(head);
}

bool CborToJson::put_string(const CborHead& head) {
    std::string joined;
    std::string_view string;
    if (!scanner_.read_string(head, joined, string)) return false;
    if (head.major == Major::text) {
        append_json_string(out_, string);
        return true;
    }
    out_ += '"';
    append_encoded(out_, string);
    out_ += '"';
    return true;
}

bool CborToJson::put_array(const CborHead& head) {
    out_ += '[';
    for (std::uint64_t i = 0;; ++i) {
        if (head.is_indefinite() ? scanner_.accept_break() : i == head.argument) break;
        if (i > 0) out_ += ',';
        if (!put_item()) return false;
    }
    out_ += ']';
    return true;
}

bool CborToJson::put_map(const CborHead& head) {
    out_ += '{';
    for (std::uint64_t i = 0;; ++i) {
        if (head.is_indefinite() ? scanner_.accept_break() : i == head.argument) break;
        if (i > 0) out_ += ',';
        CborHead key;
        if (!scanner_.read_head(key) || key.major != Major::text || !put_string(key)) return false;
        out_ += ':';
        if (!put_item()) return false;
    }
    out_ += '}';
    return true;
}

bool CborToJson::put_simple(const CborHead& head) {
    if (head.is_float()) {
        const double value = float_of(head);
        if (!std::isfinite(value)) return false;
        std::array<char, number_room> text;
        out_.append(text.data(), put_number(text.data(), value));
        return true;
    }
    constexpr std::uint8_t first = 20;  // false, true, null
    constexpr std::array<std::string_view, 3> words = {"false", "true", "null"};
    if (head.info < first || head.info >= first + words.size()) return false;
    out_ += words[head.info - first];
    return true;
}

class JsonToCbor {
  public:
    JsonToCbor(std::string& out, std::string_view json)
        : out_(out), p_(json.data()), end_(p_ + json.size()) {}

    // One value and nothing behind it.
    bool put_all() {
        if (!put_value(1)) return false;
        skip_blanks();
        return p_ == end_;
    }

  private:
    bool put_value(std::size_t depth);
    bool put_number();
    bool put_string(std::string* copy = nullptr);
    bool put_literal();
    bool put_array(std::size_t depth);
    bool put_object(std::size_t depth);
    void insert_head(std::size_t at, Major major, std::uint64_t count);
    void append_head(Major major, std::uint64_t argument) {
        insert_head(out_.size(), major, argument);
    }
    void skip_blanks() {
        while (p_ != end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\t' || *p_ == '\r')) ++p_;
    }
    bool accept(char c) {
        skip_blanks();
        if (p_ == end_ || *p_ != c) return false;
        ++p_;
        return true;
    }

    std::string& out_;
    const char* p_;
    const char* end_;
};

// The count of an array stands in front of it and is known behind it.
void JsonToCbor::insert_head(std::size_t at, Major major, std::uint64_t count) {
    std::array<char, widest_head> head;
    const char* const end = put_head(head.data(), major, count);
    out_.insert(at, head.data(), static_cast<std::size_t>(end - head.data()));
}

bool JsonToCbor::put_value(std::size_t depth) {
    if (depth > deepest) return false;
    skip_blanks();
    if (p_ == end_) return false;
    switch (*p_) {
        case '"':
            return put_string();
        case '[':
            return put_array(depth);
        case '{':
            return put_object(depth);
        case 't':
        case 'f':
        case 'n':
            return put_literal();
        default:
            return put_number();
    }
}

// Whole numbers as they are, even where a double would round them.
bool JsonToCbor::put_number() {
    Decimal decimal;
    const char* const after = scan_decimal(p_, end_, NumberGrammar::json, decimal);
    if (after == nullptr) return false;
    const char* const digits = *p_ == '-' ? p_ + 1 : p_;
    std::uint64_t magnitude = 0;
    const auto [ptr, error] = std::from_chars(digits, after, magnitude);
    const bool negative = digits != p_;
    const bool negative_zero = negative && magnitude == 0;
    p_ = after;
    if (error == std::errc{} && ptr == after && !negative_zero) {
        append_head(negative ? Major::negative_integer : Major::unsigned_integer,
                    negative ? magnitude - 1 : magnitude);
        return true;
    }
    const auto value = to_double(decimal);
    if (!value) return false;
    std::array<char, cbor_number_room> number;
    out_.append(number.data(), put_cbor_value(number.data(), *value));
    return true;
}

bool JsonToCbor::put_string(std::string* copy) {
    const char* const begin = p_++;
    while (p_ != end_ && *p_ != '"') p_ += *p_ == '\\' && end_ - p_ > 1 ? 2 : 1;
    if (p_ == end_) return false;
    ++p_;
    std::string text;
    if (!decode_json_string({begin, static_cast<std::size_t>(p_ - begin)}, text)) return false;
    append_head(Major::text, text.size());
    out_ += text;
    if (copy != nullptr) *copy = std::move(text);
    return true;
}

bool JsonToCbor::put_literal() {
    const std::string_view rest{p_, static_cast<std::size_t>(end_ - p_)};
    const auto put = [&](std::string_view word, char item) {
        if (!rest.starts_with(word)) return false;
        p_ += word.size();
        out_ += item;
        return true;
    };
    return put("true", cbor_true) || put("false", cbor_false) || put("null", cbor_null);
}

bool JsonToCbor::put_array(std::size_t depth) {
    const std::size_t begin = out_.size();
    std::uint64_t count = 0;
    ++p_;
    if (!accept(']')) {
        do {
            if (!put_value(depth + 1)) return false;
            ++count;
        } while (accept(','));
        if (!accept(']')) return false;
    }
    insert_head(begin, Major::array, count);
    return true;
}

bool JsonToCbor::put_object(std::size_t depth) {
    const std::size_t begin = out_.size();
    std::vector<std::string> keys;
    ++p_;
    if (!accept('}')) {
        do {
            skip_blanks();
            if (p_ == end_ || *p_ != '"' || !put_string(&keys.emplace_back())) return false;
            if (!accept(':') || !put_value(depth + 1)) return false;
        } while (accept(','));
        if (!accept('}')) return false;
    }
    insert_head(begin, Major::map, keys.size());
    std::ranges::sort(keys);
    return std::ranges::adjacent_find(keys) == keys.end();
}

}  // namespace

bool append_json(std::string& out, std::string_view cbor) {
    const std::size_t size = out.size();
    if (CborToJson(out, cbor).put_item()) return true;
    out.resize(size);
    return false;
}

bool append_cbor(std::string& out, std::string_view json) {
    const std::size_t size = out.size();
    if (find_bad_utf8(json) == std::string_view::npos && JsonToCbor(out, json).put_all()) {
        return true;
    }
    out.resize(size);
    return false;
}

}  // namespace courant::senml::detail
