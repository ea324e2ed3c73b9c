// The readers of the formats: each takes a text apart and hands its records to a sink, unresolved.
//
// They answer for the grammar, for the types of the fields (RFC 8428 Table 1), for labels given
// twice and labels that must be understood. What fields mean together is the resolver's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "senml/codec.hpp"
#include "senml/detail/holes.hpp"
#include "senml/detail/opening.hpp"
#include "senml/detail/raw_record.hpp"
#include "senml/detail/report.hpp"
#include "senml/xml_reader.hpp"

namespace courant::senml::detail {

/// What the records of a text are.
enum class Dialect {
    /// Readings: RFC 8428.
    pack,
    /// What to look for: RFC 8790 section 3.1.
    fetch,
    /// What to change: RFC 8790 section 3.2.
    patch,
};

/// Something to read.
struct Input {
    std::string_view bytes;
    const ReadOptions& options;
    Dialect dialect = Dialect::pack;
    /// How many records of the same stream came before.
    std::size_t records_before = 0;
    /// Whether the array may be of indefinite length without a word about it (CBOR, RFC 8428
    /// section 6: streams).
    bool is_stream = false;
    /// The first record, where it has been taken apart already.
    const Opening* opening = nullptr;
};

/// Memory that readers need for a while and that is kept from one pack to the next.
struct Scratch {
    std::string text;                       ///< decoded strings of the current record
    std::vector<std::string_view> unknown;  ///< labels of the current record
    std::vector<RawField> fields;           ///< unknown fields that are kept
    std::string kept;                       ///< their values, where the format is not JSON
    Holes holes;                            ///< of the current record, in text formats
    XmlReader xml;
};

/// Reads `application/senml+json`; what is wrong is in the report.
void read_json(const Input& input, Scratch& scratch, Report& report, RecordSink& sink);

/// Reads `application/senml+xml`; what is wrong is in the report.
void read_xml(const Input& input, Scratch& scratch, Report& report, RecordSink& sink);

/// Reads `application/senml+cbor`; what is wrong is in the report.
void read_cbor(const Input& input, Scratch& scratch, Report& report, RecordSink& sink);

/// Reads whichever format.
void read_records(Format format, const Input& input, Scratch& scratch, Report& report,
                  RecordSink& sink);

}  // namespace courant::senml::detail
