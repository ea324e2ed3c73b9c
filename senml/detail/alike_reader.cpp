#include "senml/detail/alike_reader.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "senml/detail/seconds.hpp"

namespace courant::senml::detail {

namespace {

constexpr std::size_t longest_literal = 192;
constexpr std::size_t longest_number = 32;
constexpr std::uint64_t zeros = 0x3030303030303030ULL;
constexpr std::uint64_t high_bits = 0x8080808080808080ULL;

std::uint64_t load(const char* p) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, sizeof word);
    return word;
}

// The bytes between two numbers. Comparing reads up to eight bytes more than there are.
class Literal {
  public:
    explicit Literal(std::string_view text) : text_(text) {
        std::memcpy(&first_, text.data(), text.size() < 8 ? text.size() : 8);
        mask_ = text.size() >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * text.size())) - 1;
        if (text.size() > 8) last_ = load(text.data() + text.size() - 8);
    }
    std::size_t size() const { return text_.size(); }

    bool matches(const char* p) const {
        if (((load(p) ^ first_) & mask_) != 0) return false;
        if (text_.size() <= 8) return true;
        if (load(p + text_.size() - 8) != last_) return false;
        return text_.size() <= 16 || std::memcmp(p + 8, text_.data() + 8, text_.size() - 16) == 0;
    }

  private:
    std::string_view text_;
    std::uint64_t first_ = 0;
    std::uint64_t mask_ = 0;
    std::uint64_t last_ = 0;
};

constexpr std::uint64_t above_nine = 0x7676767676767676ULL;  // added to a digit, stays below 0x80

// Bytes that are no digits have their high bit set; `word` is text xor '0'.
std::uint64_t non_digits(std::uint64_t word) {
    return (((word & ~high_bits) + above_nine) | word) & high_bits;
}

// Eight digits, the first one in the lowest byte, as a number.
std::uint64_t convert_digits(std::uint64_t word) {
    word = word * 10 + (word >> 8);
    constexpr std::uint64_t pairs = 0x000000FF000000FFULL;
    return (((word & pairs) * (100 + (1'000'000ULL << 32))) +
            (((word >> 16) & pairs) * (1 + (10'000ULL << 32)))) >>
           32;
}

constexpr std::array<double, 8> powers = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};

// A number, and where it ended; null if what stands there is not what is expected.
template <typename Number>
struct Found {
    const char* end = nullptr;
    Number number{};
};

// A number of at most eight bytes behind its sign, without exponent, as JSON spells it. Lengths are
// counted in bits here, eight to a digit: that is what words are shifted by.
Found<double> scan_short(const char* p) {
    const bool negative = *p == '-';
    if (negative) ++p;
    const std::uint64_t word = load(p) ^ zeros;
    const std::uint64_t marks = non_digits(word) >> 7;  // the lowest bit of each byte
    const bool no_digit = (marks & 1) != 0;
    const bool zero_and_digit = (word & 0xFF) == 0 && (marks & 0x100) == 0;
    if (no_digit || zero_and_digit) return {};
    const auto whole = static_cast<unsigned>(std::countr_zero(marks));
    unsigned size = whole;
    unsigned decimals = 0;
    std::uint64_t digits = word << (-size & 63);
    if (marks != 0 && p[whole / 8] == '.') {
        size = static_cast<unsigned>(std::countr_zero(marks & (marks - 1)));
        decimals = (size - whole) / 8 - 1;
        if (decimals == 0) return {};
        const std::uint64_t before = ~marks & (marks - 1);
        digits = ((word & before) | ((word >> 8) & ~before)) << ((8 - size) & 63);
    }
    const auto mantissa = static_cast<std::int64_t>(convert_digits(digits));
    const double magnitude = static_cast<double>(mantissa) / powers[decimals];
    return {p + size / 8, negative ? -magnitude : magnitude};
}

// How many digits the last time had. Those of a curve have as many for long, and with their number
// known the next record can be begun before this one's digits are looked at.
class TimeDigits {
  public:
    explicit TimeDigits(std::size_t count) { expect(count); }
    // One to eight; others are read the long way.
    void expect(std::size_t count) {
        count_ = count >= 1 && count <= 8 ? count : 1;
        shift_ = 64 - 8 * static_cast<unsigned>(count_);
        least_ = count_ > 1 ? '1' : '0';
    }
    std::size_t count() const { return count_; }
    // The digits at `p` as they are converted; with a bit that no digit has where it is none.
    std::uint64_t load_digits(const char* p) const { return (load(p) ^ zeros) << shift_; }
    bool are_digits(const char* p, std::uint64_t digits) const {
        return (((digits + above_nine) | digits) & high_bits) == 0 && *p >= least_;
    }

  private:
    std::size_t count_ = 1;
    unsigned shift_ = 56;
    char least_ = '0';  ///< of the first digit: no number begins with a zero but zero
};

// Which numbers a record has.
enum class Order { time_value, value_time, value };

// The number at `p`, if it is spelled as JSON spells numbers and not too long.
const char* scan_long(const char* p, const char* end, Decimal& number) {
    const char* const bound = std::min(end, p + longest_number);
    const char* after = scan_decimal(p, bound, NumberGrammar::json, number);
    return number.upper_exponent ? nullptr : after;
}

Found<std::int64_t> scan_long_time(const char* p, const char* end) {
    Decimal number;
    const char* const after = scan_long(p, end, number);
    if (after == nullptr) return {};
    const auto nanos = to_nanoseconds(number);
    if (!nanos || *nanos > widest_alike || *nanos < -widest_alike) return {};
    return {after, static_cast<std::int64_t>(*nanos)};
}

Found<double> scan_long_value(const char* p, const char* end) {
    Decimal number;
    const char* const after = scan_long(p, end, number);
    const auto value = after != nullptr ? to_double(number) : std::nullopt;
    if (!value) return {};
    return {after, *value};
}

class AlikeRun {
  public:
    // `joint` is tail and head, as they meet between two records.
    AlikeRun(const TextShape& shape, std::string_view joint, const Alike& into,
             std::size_t time_digits)
        : middle_(shape.middle),
          joint_(joint),
          tail_(shape.tail),
          head_size_(shape.head.size()),
          into_(into),
          digits_(time_digits) {}

    // Reads records from `p` on, which stands on the first number of one, as long as such a place
    // is before `bound`; from there on `margin` bytes can be loaded. Numbers end before `end`.
    template <Order order>
    Run read(const char* p, const char* bound, const char* end, std::size_t most);

    // The last record read has no other of its kind behind it.
    bool is_over() const { return over_; }

    std::size_t margin() const {
        return middle_.size() + joint_.size() + 2 * longest_number + 3 * sizeof(std::uint64_t);
    }

  private:
    Found<std::int64_t> read_time(const char* p, const Literal& after, const char* end);
    static Found<double> read_value(const char* p, const Literal& after, const char* end);
    template <Order order>
    const char* read_record(const char* p, const Literal& after, const char* end);

    const Literal middle_;
    const Literal joint_;
    const Literal tail_;
    const std::size_t head_size_;
    const Alike into_;
    TimeDigits digits_;
    bool over_ = false;
};

// A time and what stands behind it.
inline Found<std::int64_t> AlikeRun::read_time(const char* p, const Literal& after,
                                               const char* end) {
    const std::uint64_t digits = digits_.load_digits(p);
    const char* const next = p + digits_.count();
    if (digits_.are_digits(p, digits) && after.matches(next)) [[likely]] {
        return {next + after.size(),
                static_cast<std::int64_t>(convert_digits(digits)) * nanos_per_second};
    }
    auto time = scan_long_time(p, end);
    if (time.end == nullptr || !after.matches(time.end)) return {};
    digits_.expect(static_cast<std::size_t>(time.end - p));
    time.end += after.size();
    return time;
}

// A value and what stands behind it.
inline Found<double> AlikeRun::read_value(const char* p, const Literal& after, const char* end) {
    auto value = scan_short(p);
    if (value.end == nullptr || !after.matches(value.end)) [[unlikely]] {
        value = scan_long_value(p, end);
        if (value.end == nullptr || !after.matches(value.end)) return {};
    }
    value.end += after.size();
    return value;
}

// A record from its first number to behind `after`; null if it is another, and nothing is done.
template <Order order>
inline const char* AlikeRun::read_record(const char* p, const Literal& after, const char* end) {
    Found<std::int64_t> time;
    Found<double> value;
    if constexpr (order == Order::time_value) {
        time = read_time(p, middle_, end);
        if (time.end == nullptr) return nullptr;
        value = read_value(time.end, after, end);
        return value.end != nullptr && into_.put(time.number, value.number) ? value.end : nullptr;
    } else if constexpr (order == Order::value_time) {
        value = read_value(p, middle_, end);
        if (value.end == nullptr) return nullptr;
        time = read_time(value.end, after, end);
        return time.end != nullptr && into_.put(time.number, value.number) ? time.end : nullptr;
    } else {
        value = read_value(p, after, end);
        return value.end != nullptr && into_.put(0, value.number) ? value.end : nullptr;
    }
}

template <Order order>
Run AlikeRun::read(const char* p, const char* bound, const char* end, std::size_t most) {
    std::size_t records = 0;
    for (; p < bound && records < most; ++records) {
        const char* const next = read_record<order>(p, joint_, end);
        if (next == nullptr) {
            // No other of its kind behind it, or none at all.
            over_ = true;
            const char* const last = read_record<order>(p, tail_, end);
            return last != nullptr ? Run{last, records + 1} : Run{p - head_size_, records};
        }
        p = next;
    }
    over_ = records == most;
    return {p - head_size_, records};
}

template <Order order>
Run read_in_order(const TextShape& shape, std::size_t time_digits, const char* begin,
                  const char* end, const Alike& into, std::size_t most) {
    std::array<char, longest_literal> joint;
    std::memcpy(joint.data(), shape.tail.data(), shape.tail.size());
    std::memcpy(joint.data() + shape.tail.size(), shape.head.data(), shape.head.size());
    AlikeRun run(shape, {joint.data(), shape.tail.size() + shape.head.size()}, into, time_digits);
    const auto left = static_cast<std::size_t>(end - begin);
    if (left < shape.head.size() || std::memcmp(begin, shape.head.data(), shape.head.size()) != 0) {
        return {begin, 0};
    }
    Run done{begin, 0};
    if (left > shape.head.size() + run.margin()) {
        done = run.read<order>(begin + shape.head.size(), end - run.margin(), end, most);
    }
    if (run.is_over()) return done;
    // The last few records, where loads would leave the text: the same on a copy with room behind.
    std::array<char, 2 * (2 * longest_literal + 2 * longest_number + 64)> copy;
    const auto rest = static_cast<std::size_t>(end - done.end);
    std::memcpy(copy.data(), done.end, rest);
    std::memset(copy.data() + rest, 0, run.margin());
    const char* const first = copy.data() + shape.head.size();
    const Run last =
        run.read<order>(first, copy.data() + rest, copy.data() + rest, most - done.records);
    return {done.end + (last.end - copy.data()), done.records + last.records};
}

}  // namespace

Run read_alike(const TextShape& shape, const char* begin, const char* end, const Alike& into,
               std::size_t most) {
    constexpr std::size_t likely_digits = 4;
    if constexpr (std::endian::native != std::endian::little) return {begin, 0};
    return read_in_order<Order::time_value>(shape, likely_digits, begin, end, into, most);
}

Run read_alike(std::string_view record, const Holes& holes, const char* end, const Alike& into,
               std::size_t most) {
    const char* const begin = record.data() + record.size();
    const auto found = holes.all();
    if constexpr (std::endian::native != std::endian::little) return {begin, 0};
    const bool one = found.size() == 1 && found[0].label == Label::v;
    const bool both = found.size() == 2 && found[0].label != Label::bt &&
                      found[1].label != Label::bt && found[0].label != found[1].label;
    if ((!one && !both) || record.size() > longest_literal) return {begin, 0};
    const auto until = [](std::string_view from, std::string_view to) {
        return std::string_view{from.data(), static_cast<std::size_t>(to.data() - from.data())};
    };
    const auto after = [](std::string_view text) { return text.substr(text.size()); };
    TextShape shape;
    shape.head = until(record, found.front().text);
    shape.middle =
        found.size() == 2 ? until(after(found[0].text), found[1].text) : std::string_view{""};
    shape.tail = until(after(found.back().text), after(record));
    if (found.size() == 1) return read_in_order<Order::value>(shape, 0, begin, end, into, most);
    if (found[0].label == Label::t)
        return read_in_order<Order::time_value>(shape, found[0].text.size(), begin, end, into,
                                                most);
    return read_in_order<Order::value_time>(shape, found[1].text.size(), begin, end, into, most);
}

}  // namespace courant::senml::detail
