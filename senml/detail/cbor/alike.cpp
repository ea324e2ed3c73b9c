#include "senml/detail/cbor/alike.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "senml/detail/cbor/number.hpp"
#include "senml/detail/cbor/scanner.hpp"
#include "senml/detail/seconds.hpp"

namespace courant::senml::detail {

namespace {

// The bytes between two numbers.
class Literal {
  public:
    explicit Literal(std::string_view text) : text_(text) {
        std::array<unsigned char, 8> mask{};
        const std::size_t size = std::min(text.size(), mask.size());
        std::memset(mask.data(), 0xFF, size);
        std::memcpy(&mask_, mask.data(), mask.size());
        std::memcpy(&first_, text.data(), size);
    }

    // Passes over them, if they stand there.
    bool accept(CborScanner& scanner) const {
        const char* const p = scanner.position();
        const auto left = static_cast<std::size_t>(scanner.end() - p);
        if (left < sizeof first_) {
            if (left < text_.size() || std::memcmp(p, text_.data(), text_.size()) != 0) {
                return false;
            }
        } else {
            std::uint64_t word = 0;
            std::memcpy(&word, p, sizeof word);
            if (((word ^ first_) & mask_) != 0) return false;
            if (text_.size() > sizeof word && !accept_long(p, left)) return false;
        }
        scanner.go_to(p + text_.size());
        return true;
    }

  private:
    bool accept_long(const char* p, std::size_t left) const {
        return left >= text_.size() && std::memcmp(p, text_.data(), text_.size()) == 0;
    }

    std::string_view text_;
    std::uint64_t first_ = 0;
    std::uint64_t mask_ = 0;
};

// What stands around the numbers of a record: `head` number `middle` number `tail`.
struct Shape {
    Literal head;
    Literal middle;
    Literal tail;
};

// Which numbers a record has.
enum class Order { time_value, value_time, value };

class AlikeRun {
  public:
    AlikeRun(const Shape& shape, const Alike& into) : shape_(shape), into_(into) {}

    template <Order order>
    Run read(CborScanner scanner, std::size_t most) {
        Run run{scanner.position(), 0};
        while (run.records < most && read_record<order>(scanner) && into_.put(time_, value_)) {
            run = {scanner.position(), run.records + 1};
        }
        return run;
    }

  private:
    template <Order order>
    bool read_record(CborScanner& scanner) {
        if (!shape_.head.accept(scanner)) return false;
        if constexpr (order == Order::value) {
            return read_value(scanner) && shape_.tail.accept(scanner);
        }
        const bool read =
            order == Order::time_value
                ? read_time(scanner) && shape_.middle.accept(scanner) && read_value(scanner)
                : read_value(scanner) && shape_.middle.accept(scanner) && read_time(scanner);
        return read && shape_.tail.accept(scanner);
    }
    bool read_time(CborScanner& scanner);
    bool read_value(CborScanner& scanner);

    const Shape shape_;
    const Alike into_;
    std::int64_t time_ = 0;
    double value_ = 0;
};

inline bool AlikeRun::read_time(CborScanner& scanner) {
    constexpr std::uint64_t few = 1'000'000'000;  // decades of seconds
    CborHead head;
    if (!scanner.read_head(head)) return false;
    if (head.major == Major::unsigned_integer && head.argument < few) {
        time_ = static_cast<std::int64_t>(head.argument) * nanos_per_second;
        return true;
    }
    if (!head.is_integer() && !head.is_float()) return false;
    const auto nanos = nanoseconds_of(head);
    if (!nanos || *nanos > widest_alike || *nanos < -widest_alike) return false;
    time_ = static_cast<std::int64_t>(*nanos);
    return true;
}

inline bool AlikeRun::read_value(CborScanner& scanner) {
    CborHead head;
    if (!scanner.read_head(head)) return false;
    if (head.is_integer()) {
        value_ = integer_of(head);
        return true;
    }
    if (!head.is_float()) return false;
    value_ = float_of(head);
    return std::isfinite(value_);
}

std::string_view between(const char* begin, const char* end) {
    return {begin, static_cast<std::size_t>(end - begin)};
}

const char* end_of(std::string_view text) {
    return text.data() + text.size();
}

}  // namespace

bool begins_alike(std::string_view record, const Holes& holes, const char* end) {
    const auto found = holes.all();
    if (found.empty() || (found.size() == 1 && found.front().label != Label::v)) return false;
    const auto size = static_cast<std::size_t>(found.front().text.data() - record.data());
    const char* const after = end_of(record);
    return static_cast<std::size_t>(end - after) > size &&
           std::memcmp(after, record.data(), size) == 0;
}

Run read_cbor_alike(std::string_view record, const Holes& holes, const char* end, const Alike& into,
                    std::size_t most) {
    const auto found = holes.all();
    const char* const after = end_of(record);
    const bool pair = found.size() == 2;
    const std::string_view first = found.front().text;
    const std::string_view last = found.back().text;
    const Shape shape{
        Literal{between(record.data(), first.data())},
        Literal{between(pair ? end_of(first) : last.data(), last.data())},
        Literal{between(end_of(last), after)},
    };
    AlikeRun run(shape, into);
    const CborScanner scanner(between(after, end), 0);
    if (!pair) return run.read<Order::value>(scanner, most);
    return found.front().label == Label::t ? run.read<Order::time_value>(scanner, most)
                                           : run.read<Order::value_time>(scanner, most);
}

}  // namespace courant::senml::detail
