// Where the records of a stream in JSON begin and end: brackets outside of strings.
#include "senml/detail/framer.hpp"
#include "senml/detail/octets.hpp"

namespace courant::senml::detail {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view marked_head = "\xEF\xBB\xBF[";
constexpr std::string_view json_rule = "RFC 8259";

bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

class JsonFramer final : public Framer {
  public:
    using Framer::Framer;

    // The reader says what there is to say about a byte order mark.
    std::string_view head() const override {
        return marked_ && !delivered_ ? marked_head : marked_head.substr(byte_order_mark.size());
    }
    std::optional<FramingFault> missing() const override;

  protected:
    void scan(std::string_view buffer) override;
    bool is_closed() const override { return place_ == Place::ended; }
    std::string_view tail() const override { return "]"; }

  private:
    enum class Place {
        start,
        array,   ///< before the opening bracket
        first,   ///< behind it
        record,  ///< inside a record
        after,   ///< behind a record
        next,    ///< behind a comma
        ended,
    };

    bool skip_mark(std::string_view buffer);
    bool step(char c);
    bool begin_record(char c);
    bool scan_record(std::string_view buffer);
    bool scan_octets(const char* p);
    bool scan_byte(char c);
    bool count_bracket(char c);
    bool syntax(std::string_view what, bool in_next_record = false);

    Place place_ = Place::start;
    bool marked_ = false;
    std::size_t depth_ = 0;
    bool in_string_ = false;
    bool escaped_ = false;  ///< the byte before was the backslash of an escape
};

bool JsonFramer::syntax(std::string_view what, bool in_next_record) {
    fail({in_next_record, "no JSON at byte " + std::to_string(offset()) + ": " + std::string{what},
          json_rule});
    return false;
}

std::optional<FramingFault> JsonFramer::missing() const {
    switch (place_) {
        case Place::start:
        case Place::array:
            return FramingFault{false, "nothing there", json_rule};
        case Place::record:
            return FramingFault{true, "the stream ends inside a record", json_rule};
        default:
            return std::nullopt;
    }
}

void JsonFramer::scan(std::string_view buffer) {
    if (place_ == Place::start && !skip_mark(buffer)) return;
    while (at_ < buffer.size()) {
        if (place_ == Place::record) {
            if (!scan_record(buffer)) return;
        } else if (is_blank(buffer[at_])) {
            ++at_;
        } else if (!step(buffer[at_])) {
            return;
        }
    }
}

// False while it is not known whether there is one.
bool JsonFramer::skip_mark(std::string_view buffer) {
    if (buffer.empty()) return false;
    marked_ = buffer.starts_with(byte_order_mark);
    if (!marked_ && byte_order_mark.starts_with(buffer)) return false;
    if (marked_) at_ = byte_order_mark.size();
    place_ = Place::array;
    return true;
}

bool JsonFramer::step(char c) {
    switch (place_) {
        case Place::array:
            if (c != '[') {
                fail({false, "a pack is an array of records", "RFC 8428 5"});
                return false;
            }
            place_ = Place::first;
            break;
        case Place::first:
            if (c != ']') return begin_record(c);
            place_ = Place::ended;
            break;
        case Place::after:
            if (c != ',' && c != ']') return syntax("expected ',' or ']'");
            place_ = c == ',' ? Place::next : Place::ended;
            break;
        case Place::next:
            return begin_record(c);
        default:
            return syntax("bytes after the pack");
    }
    ++at_;
    return true;
}

bool JsonFramer::begin_record(char c) {
    if (c == ',' || c == ']') return syntax("expected a value", true);
    if (c != '{') {
        fail({true, "a record is an object", "RFC 8428 5"});
        return false;
    }
    begin_unit();
    place_ = Place::record;
    return true;
}

// To the end of the record or of the buffer; false where the scan stops.
bool JsonFramer::scan_record(std::string_view buffer) {
    while (at_ < buffer.size()) {
        const bool is_whole = buffer.size() - at_ >= Octets::count && !escaped_
                                  ? scan_octets(buffer.data() + at_)
                                  : scan_byte(buffer[at_]);
        if (!is_whole) continue;
        place_ = Place::after;
        return end_unit(buffer);
    }
    return true;
}

// Goes on by eight bytes, or to the end of the record if it is among them: true then.
bool JsonFramer::scan_octets(const char* p) {
    constexpr unsigned char bracket = 0x7F;       // all four of them once these bits are set,
    constexpr unsigned char bracket_bits = 0x26;  // and some letters, which scan_byte passes over
    const Octets octets(p);
    if (octets.equal('\\') != 0) return scan_byte(*p);
    const std::uint64_t quoted =
        Octets::behind_odd(octets.equal('"')) ^ (in_string_ ? Octets::all : 0);
    for (std::uint64_t brackets = octets.equal(bracket, bracket_bits) & ~quoted; brackets != 0;
         brackets &= brackets - 1) {
        const std::size_t index = Octets::first_of(brackets);
        if (!count_bracket(p[index])) continue;
        in_string_ = false;
        at_ += index + 1;
        return true;
    }
    in_string_ = Octets::of_last(quoted);
    at_ += Octets::count;
    return false;
}

bool JsonFramer::scan_byte(char c) {
    ++at_;
    if (escaped_) {
        escaped_ = false;
    } else if (c == '"') {
        in_string_ = !in_string_;
    } else if (in_string_) {
        escaped_ = c == '\\';
    } else {
        return count_bracket(c);
    }
    return false;
}

// Whether the record ends with this byte.
bool JsonFramer::count_bracket(char c) {
    if (c == '{' || c == '[') ++depth_;
    return (c == '}' || c == ']') && --depth_ == 0;
}

}  // namespace

std::unique_ptr<Framer> make_json_framer(std::size_t max_record) {
    return std::make_unique<JsonFramer>(max_record);
}

}  // namespace courant::senml::detail
