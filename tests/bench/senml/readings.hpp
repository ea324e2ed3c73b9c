// What a careful user of a general-purpose parser writes around it: labels, the state of the base
// fields, and the two shapes in which readings are kept.
//
// Every parser but ours fills `Fields` for each record and gives it to a sink, so that all of them
// do the same work: base fields folded in, the 2^28 test, the alphabet of names, values as doubles.
// A name is looked at when it changes, not once per record. What the payload does not have (sums,
// texts, versions) is left out, in the others' favour.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace courant::bench {

enum class Label : std::uint8_t { bn, bu, n, u, bt, bv, t, v, unknown };

constexpr bool is_text(Label label) {
    return label < Label::bt;
}

constexpr Label label_of(std::string_view word) {
    if (word.size() == 1) {
        switch (word[0]) {
            case 't':
                return Label::t;
            case 'v':
                return Label::v;
            case 'n':
                return Label::n;
            case 'u':
                return Label::u;
            default:
                return Label::unknown;
        }
    }
    if (word.size() != 2 || word[0] != 'b') return Label::unknown;
    switch (word[1]) {
        case 'n':
            return Label::bn;
        case 't':
            return Label::bt;
        case 'u':
            return Label::bu;
        case 'v':
            return Label::bv;
        default:
            return Label::unknown;
    }
}

/// The fields of one record; texts are views that live until the sink has taken it.
class Fields {
  public:
    void clear() { present_ = 0; }
    void put(Label label, std::string_view text) {
        present_ |= bit(label);
        texts_[static_cast<std::size_t>(label)] = text;
    }
    void put(Label label, double number) {
        present_ |= bit(label);
        numbers_[static_cast<std::size_t>(label) - texts_.size()] = number;
    }
    bool has(Label label) const { return (present_ & bit(label)) != 0; }
    std::string_view text(Label label) const { return texts_[static_cast<std::size_t>(label)]; }
    double number(Label label) const {
        return numbers_[static_cast<std::size_t>(label) - texts_.size()];
    }

  private:
    static constexpr unsigned bit(Label label) { return 1U << static_cast<unsigned>(label); }

    unsigned present_ = 0;
    std::array<std::string_view, 4> texts_{};
    std::array<double, 4> numbers_{};
};

/// Strings held once. Few per pack, so it is searched from one end, and it keeps its memory.
class TextTable {
  public:
    std::uint32_t intern(std::string_view text);
    const std::string& operator[](std::size_t index) const { return texts_[index]; }
    std::size_t size() const { return size_; }
    void clear() { size_ = 0; }

  private:
    std::vector<std::string> texts_;
    std::size_t size_ = 0;
};

/// The fair shape: 24 bytes per reading, names and units by number, as ours.
struct SharedReadings {
    struct Row {
        double time = 0;
        double value = 0;
        std::uint32_t name = 0;
        std::uint32_t unit = 0;
    };
    std::vector<Row> rows;
    TextTable names;
    TextTable units;
};
static_assert(sizeof(SharedReadings::Row) == 24);

/// What most people write: every reading with strings of its own.
struct OwningReading {
    std::string name;
    std::string unit;
    double time = 0;
    double value = 0;
};
using OwningReadings = std::vector<OwningReading>;

/// The base fields in effect (RFC 8428 section 4.1).
struct BaseFields {
    std::string name;
    std::string unit;
    double time = 0;
    double value = 0;

    void take(const Fields& fields);
    /// Absolute, whatever was written (RFC 8428 section 4.5.3).
    double resolve_time(const Fields& fields, double now) const {
        constexpr double absolute_from = 1U << 28;
        const double sum = time + (fields.has(Label::t) ? fields.number(Label::t) : 0);
        return sum < absolute_from ? sum + now : sum;
    }
    double resolve_value(const Fields& fields) const;
    void clear();
};

/// Throws std::runtime_error for a name outside RFC 8428's alphabet.
void check_name(std::string_view name);

/// Resolves into the fair shape; keeps its memory.
class SharedSink {
  public:
    void begin(double now);
    void take(const Fields& fields);
    const SharedReadings& readings() const { return readings_; }

  private:
    static constexpr std::uint32_t unknown_id = 0xFFFF'FFFF;
    std::uint32_t name_of(const Fields& fields);
    std::uint32_t unit_of(const Fields& fields);

    double now_ = 0;
    BaseFields base_;
    std::uint32_t base_name_ = unknown_id;  ///< of a record without a name of its own
    std::uint32_t base_unit_ = unknown_id;
    std::string full_name_;
    SharedReadings readings_;
};

/// Resolves into records that own their strings.
class OwningSink {
  public:
    void begin(double now);
    void take(const Fields& fields);
    const OwningReadings& readings() const { return readings_; }

  private:
    double now_ = 0;
    BaseFields base_;
    OwningReadings readings_;
};

}  // namespace courant::bench
