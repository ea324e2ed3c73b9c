// The readers of the formats: each takes a text apart and hands its records to a sink, unresolved.
//
// They answer for the grammar, for the types of the fields (RFC 8428 Table 1), for labels given
// twice and labels that must be understood. What fields mean together is the resolver's.
#pragma once

#include <string_view>

#include "senml/codec.hpp"
#include "senml/detail/raw_record.hpp"
#include "senml/detail/report.hpp"

namespace courant::senml::detail {

/// Reads `application/senml+json`; what is wrong is in the report.
void read_json(std::string_view bytes, const ReadOptions& options, Report& report,
               RecordSink& sink);

/// Reads `application/senml+xml`; what is wrong is in the report.
void read_xml(std::string_view bytes, const ReadOptions& options, Report& report, RecordSink& sink);

}  // namespace courant::senml::detail
