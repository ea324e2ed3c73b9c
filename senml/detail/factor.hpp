// Makes records out of a resolved pack for a writer: what repeats goes into base fields, where no
// reader sees a difference.
//
// Names: if all records share one, it is the base name; else either their common beginning is, or
// every change of name starts a new base name, whichever is shorter. Times: the first record's time
// is the base. We add up integers, others add doubles: a record whose doubles would not add up to
// the nearest double of its time gets a base time of its own. Units: the base unit starts after the
// last record that has none, because a base unit cannot be taken back. Values are never factored:
// bv + (v - bv) is not v.
#pragma once

#include <string_view>
#include <vector>

#include "senml/detail/raw_record.hpp"
#include "senml/detail/report.hpp"
#include "senml/pack.hpp"

namespace courant::senml::detail {

/// How records are written.
enum class Layout {
    /// Short: base fields where they help.
    factored,
    /// RFC 8428 section 4.6: every record in full.
    resolved,
    /// A part of a stream, where base fields of the part before would still be in effect: base name
    /// and base time begin anew, units stand in full.
    streamed,
};

/// Gives the records of packs to a sink, pack after pack; keeps its memory.
class Unroller {
  public:
    /// False after a fault, which is then in the report.
    bool run(const Pack& pack, Layout layout, Report& report, RecordSink& sink);
    /// The version that the last pack needed.
    std::uint64_t version() const { return version_; }

  private:
    void survey();
    bool check_pack();
    bool check_names();
    bool check_name(const Record& record, std::size_t index);
    void choose_version();
    void choose_names();
    void choose_units();
    void put_name(const Record& record, std::size_t index);
    void put_unit(const Record& record, std::size_t index);
    bool put_time(const Record& record, std::size_t index);
    bool put_value(const Record& record);
    void put_extra(std::size_t index);
    std::string_view name_of(const Record& record) const { return pack_->name(record.name); }
    bool adds_up(Nanos time) const;
    void choose_base_time(Nanos time);
    bool factored() const { return layout_ != Layout::resolved && !alone_; }

    const Pack* pack_ = nullptr;
    Layout layout_ = Layout::factored;
    Report* report_ = nullptr;
    RawRecord raw_;
    std::uint64_t version_ = default_version;
    bool alone_ = false;     ///< a pack of one record, where base fields save nothing
    bool one_name_ = false;  ///< all records have the name of the first
    bool one_unit_ = false;  ///< and its unit
    bool one_time_ = false;  ///< and its time
    bool base_name_per_run_ = false;
    std::string_view prefix_;
    std::size_t base_unit_from_ = 0;
    UnitId base_unit_ = no_unit;
    Nanos base_time_ = 0;
    std::vector<bool> seen_;
    std::vector<RawField> unknown_;
};

}  // namespace courant::senml::detail
