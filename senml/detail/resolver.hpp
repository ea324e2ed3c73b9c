// Folds base fields into records: RFC 8428 section 4, record by record.
//
// What a record means depends on the base fields seen so far and on nothing else, so that a stream
// is resolved by the same code as a whole pack. Names are put together and checked once for every
// pair of base name and name, however many records repeat them and in whatever turn: a small text
// with a long base name costs no more than its size.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "senml/codec.hpp"
#include "senml/detail/interner.hpp"
#include "senml/detail/raw_record.hpp"
#include "senml/detail/report.hpp"
#include "senml/pack.hpp"

namespace courant::senml::detail {

/// Whether RFC 9100 lets a reader with these features use that version.
bool understands_version(std::uint64_t version, std::uint64_t features);

/// What is wrong with a concatenated name; nothing if it is one.
std::optional<std::string> name_fault(std::string_view name, NameRule rule, std::size_t longest);

/// Turns the records of one pack into readings.
class Resolver final : public RecordSink {
  public:
    /// A new pack, into `pack`: no base field is in effect.
    void begin(Pack& pack, const ReadOptions& options, Report& report);
    /// The next part of the same stream, into `pack`: base fields go on having effect.
    void go_on(Pack& pack, const ReadOptions& options, Report& report);

    bool take(const RawRecord& record) override;
    std::optional<Alike> alike() override;

  private:
    bool take_version(const RawRecord& record);
    void take_base(const RawRecord& record);
    bool check_values(const RawRecord& record, Labels values);
    bool resolve_name(const RawRecord& record);
    bool resolve_unit(const RawRecord& record);
    bool judge_unit(const RawRecord& record, std::string_view unit);
    bool resolve_time(const RawRecord& record);
    bool emit(const RawRecord& record, Labels values);
    bool emit_number(const RawRecord& record);
    bool emit_extra(const RawRecord& record);

    void forget_ids();

    Pack* pack_ = nullptr;
    const ReadOptions* options_ = nullptr;
    Report* report_ = nullptr;

    Labels in_effect_ = 0;
    std::uint64_t version_ = default_version;
    std::string name_;  ///< the base name, and behind it the name of a record
    std::size_t base_name_size_ = 0;
    bool base_is_clean_ = true;         ///< it has no byte outside the alphabet of RFC 8428
    Interner own_names_;                ///< names seen with this base name
    std::vector<NameId> own_ids_;       ///< what they are in the pack, once they were checked
    std::optional<std::uint32_t> own_;  ///< the one of the last record
    NameId name_id_{};
    std::string base_unit_;
    UnitId unit_id_ = no_unit;
    Nanos base_time_ = 0;
    double base_value_ = 0;
    double base_sum_ = 0;
    Time time_;
    bool plain_number_ = false;  ///< the last record was a number and nothing else
};

}  // namespace courant::senml::detail
