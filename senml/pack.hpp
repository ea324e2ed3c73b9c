// A resolved pack: readings that each say in full what they are, with every name, unit and text
// held once.
//
//     Pack pack;
//     const auto name = pack.intern_name("town:lorient.example/school:lorient.example/pv/power");
//     const auto watt = pack.intern_unit("W");
//     for (auto [time, value] : samples) pack.add(name, watt, time, value);
//     auto xml = write(Format::xml, pack);                     // senml/codec.hpp
//
// Resolved is meant as in RFC 8428 section 4.6: no base fields, absolute times. A record is 24
// bytes and owns nothing; the pack owns the strings and the rare extras (sums, update times). That
// shape is where most of the speed of a SenML library comes from: half-hourly readings of one meter
// share one name, and copying it per record costs more than parsing the number.
//
// A pack is a value: copy, move and clear it as such; `clear` keeps the memory. Not safe for
// concurrent writing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "senml/detail/interner.hpp"
#include "senml/time.hpp"

namespace courant::senml {

/// The name of a series within one pack.
enum class NameId : std::uint32_t {};
/// A unit within one pack; `no_unit` where the record has none.
enum class UnitId : std::uint16_t {};
/// The record has no unit, not even an empty one.
inline constexpr UnitId no_unit{0};

/// What a record's value is (RFC 8428 section 4.2). `none` is a record that has a sum only.
enum class Kind : std::uint8_t { none, number, text, boolean, data };

/// One reading. Ask its pack for the strings behind the ids.
struct Record {
    /// When, absolute, in nanoseconds since the epoch ("t").
    Time time;
    /// The series ("n"); `Pack::name` spells it.
    NameId name{};
    /// The unit ("u"), or `no_unit`; `Pack::unit` spells it.
    UnitId unit = no_unit;
    /// Which of the values below there is.
    Kind kind = Kind::none;
    /// The pack holds an `Extra` for this record.
    bool has_extra = false;
    union {
        double number = 0;        ///< kind number
        bool boolean;             ///< kind boolean
        std::uint64_t text_slot;  ///< kind text and data: where the pack holds the bytes
    };
};
static_assert(sizeof(Record) == 24);

/// A field that RFC 8428 does not have, kept where a reader was asked to (section 4.4).
struct UnknownField {
    /// The label, unescaped.
    std::string label;
    /// The value, as JSON text.
    std::string json;

    bool operator==(const UnknownField&) const = default;
};

/// The rare fields of RFC 8428 Table 1, and those that it does not have.
struct Extra {
    /// Integrated sum, in unit x seconds ("s").
    std::optional<double> sum = {};
    /// The longest time until the next reading, in seconds ("ut").
    std::optional<double> update_time = {};
    /// Regular fields that nobody here knows, in the order in which they stood.
    std::vector<UnknownField> unknown = {};

    /// Whether there is nothing in it.
    bool empty() const { return !sum && !update_time && unknown.empty(); }

    bool operator==(const Extra&) const = default;
};

/// The version a pack has where nothing says otherwise (RFC 8428 section 4.4).
inline constexpr std::uint64_t default_version = 10;

/// A list of resolved records.
class Pack {
  public:
    /// The id of a name, given out at its first use. The name is not checked here; codecs and
    /// adapters do.
    NameId intern_name(std::string_view name);
    /// The id of a unit; the empty string is a unit of its own (RFC 8428: `bu:""`), not `no_unit`.
    /// A pack holds at most max_units of them; std::length_error beyond.
    UnitId intern_unit(std::string_view unit);

    /// Appends a number. Not a finite one: the caller's fault, found when the pack is written.
    void add(NameId name, UnitId unit, Time time, double value) {
        append(name, unit, time, Kind::number).number = value;
    }
    /// Appends a number with the name and the unit of `like`, a record of this pack that is a
    /// number without extras.
    void add_like(const Record& like, Time time, double value) {
        Record& record = records_.emplace_back(like);
        record.time = time;
        record.number = value;
    }
    /// Appends a string value ("vs").
    void add_text(NameId name, UnitId unit, Time time, std::string_view value);
    /// Appends a boolean value ("vb").
    void add_boolean(NameId name, UnitId unit, Time time, bool value);
    /// Appends a data value ("vd").
    void add_data(NameId name, UnitId unit, Time time, std::span<const std::byte> value);
    /// Appends a record without a value; give it its sum with `set_extra`.
    void add_valueless(NameId name, UnitId unit, Time time);
    /// Sets the rare fields of the record appended last.
    void set_extra(Extra extra);
    /// Appends record `index` of another pack, re-interning its strings.
    void add_from(const Pack& other, std::size_t index);
    /// The same under another name.
    void add_from(const Pack& other, std::size_t index, std::string_view name);

    /// How many records there are.
    std::size_t size() const { return records_.size(); }
    /// Whether there is no record.
    bool empty() const { return records_.empty(); }
    /// All records, in order; valid until the next one is added.
    std::span<const Record> records() const { return records_; }
    /// The record at `index`, counted from 0 and below `size`.
    const Record& operator[](std::size_t index) const { return records_[index]; }

    /// The spelling of a name given out by this pack.
    std::string_view name(NameId id) const;
    /// The spelling of a unit; empty for `no_unit`.
    std::string_view unit(UnitId id) const;
    /// The value of a record of kind text.
    std::string_view text(const Record& record) const;
    /// The value of a record of kind data.
    std::span<const std::byte> data(const Record& record) const;
    /// The rare fields of a record of this pack; empty where it has none.
    const Extra& extra(std::size_t index) const;
    /// How many different names the pack holds; their ids are 0 … n-1.
    std::size_t name_count() const { return names_.size(); }
    /// How many bytes the different names take together.
    std::size_t name_bytes() const { return names_.bytes(); }
    /// How many different units the pack holds; their ids are 1 … n.
    std::size_t unit_count() const { return units_.size(); }
    /// The most units that one pack can tell apart.
    static constexpr std::size_t max_units = 65'535;

    /// Makes room for that many records in all.
    void reserve(std::size_t records) { records_.reserve(records); }

    /// "bver" (RFC 8428 section 4.4, RFC 9100).
    std::uint64_t version() const { return version_; }
    /// Sets what `version` answers; not checked here, but when the pack is written.
    void set_version(std::uint64_t version) { version_ = version; }

    /// Orders the records by time; equal times keep their order (RFC 8428 section 4.6).
    void sort_by_time();

    /// Takes back the record appended last.
    void drop_last();

    /// Empties the pack, keeps its memory.
    void clear();

    /// Same records in the same order, compared by what they say, not by their ids.
    friend bool operator==(const Pack& a, const Pack& b);

  private:
    struct Slot {
        std::size_t offset = 0;
        std::size_t size = 0;
    };
    struct IndexedExtra {
        std::size_t record = 0;
        Extra extra;
    };
    Record& append(NameId name, UnitId unit, Time time, Kind kind) {
        Record& record = records_.emplace_back();
        record.time = time;
        record.name = name;
        record.unit = unit;
        record.kind = kind;
        return record;
    }
    std::uint64_t store(std::string_view bytes);
    std::string_view bytes(const Record& record) const;

    std::vector<Record> records_;
    detail::Interner names_;            ///< by NameId
    detail::Interner units_;            ///< by UnitId - 1
    std::string arena_;                 ///< the bytes of texts and data, one after another
    std::vector<Slot> slots_;           ///< by text_slot
    std::vector<IndexedExtra> extras_;  ///< in record order
    std::uint64_t version_ = default_version;
};

}  // namespace courant::senml
