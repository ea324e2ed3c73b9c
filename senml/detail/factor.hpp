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
};

/// Gives the records of a pack to a sink. False after a fault.
bool unroll(const Pack& pack, Layout layout, Report& report, RecordSink& sink);

}  // namespace courant::senml::detail
