// Folds base fields into records: RFC 8428 section 4, record by record.
//
// What a record means depends on the base fields seen so far and on nothing else, so that a stream
// is resolved by the same code as a whole pack. The name is built in one buffer; a record that
// repeats the name or the unit of the one before it costs a comparison of a few bytes, no look-up.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "senml/codec.hpp"
#include "senml/detail/raw_record.hpp"
#include "senml/detail/report.hpp"
#include "senml/pack.hpp"

namespace courant::senml::detail {

/// Whether RFC 9100 lets a reader with these features use that version.
bool understands_version(std::uint64_t version, std::uint64_t features);

/// What is wrong with a concatenated name; nothing if it is one.
std::optional<std::string> name_fault(std::string_view name, NameRule rule);

/// Turns the records of one pack into readings.
class Resolver final : public RecordSink {
  public:
    Resolver(Pack& pack, const ReadOptions& options, Report& report)
        : pack_(pack), options_(options), report_(report) {}

    bool take(const RawRecord& record) override;

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

    Pack& pack_;
    const ReadOptions& options_;
    Report& report_;

    Labels in_effect_ = 0;
    std::string name_;  ///< the base name, and behind it the name of the last record
    std::size_t base_name_size_ = 0;
    bool name_known_ = false;
    NameId name_id_{};
    std::string base_unit_;
    UnitId unit_id_ = no_unit;
    std::string unit_;  ///< the spelling of unit_id_
    Nanos base_time_ = 0;
    double base_value_ = 0;
    double base_sum_ = 0;
    Time time_;
};

}  // namespace courant::senml::detail
