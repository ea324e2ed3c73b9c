// Writes packs in CBOR (RFC 8428 section 6): records as they are given, factored or not.
//
// Lengths are definite, integers as short as they can be, floating-point numbers as short as they
// can be exactly, labels in the order of `Label`. The same records always give the same bytes, on
// every machine, so that a digest can be taken over them.
#pragma once

#include <string>

#include "senml/codec.hpp"
#include "senml/detail/cbor/head.hpp"
#include "senml/detail/pack_writer.hpp"
#include "senml/detail/raw_record.hpp"
#include "senml/detail/report.hpp"

namespace courant::senml::detail {

/// Writes records. What has no image in CBOR is a fault in the report, and no bytes.
class CborWriter final : public RecordSink {
  public:
    /// How the array of records is closed.
    enum class Array {
        /// By a count in front, as RFC 8428 demands for packs.
        definite,
        /// By a break, as it advises for streams: what was written stays as it is.
        indefinite,
    };

    /// The pack is appended to `out`, which must outlive the writer.
    CborWriter(std::string& out, Report& report, Array array = Array::definite)
        : out_(out), line_(out), report_(report), array_(array) {}

    /// Makes room for that many records, which are what is announced in front of the first one.
    void reserve(std::size_t records);
    /// What stands before the first record.
    void begin();
    bool take(const RawRecord& record) override;
    std::size_t take_alike(std::span<const Record> records, std::int64_t base_time) override;
    /// What stands behind the last record; puts right what was announced, where there were more
    /// records or fewer.
    void finish();
    /// More records of a stream follow those that were written before: nothing stands between them.
    void go_on() {}

  private:
    bool put_record(const RawRecord& record);
    bool put_field(const RawRecord& record, Label label);
    void put_head(Major major, std::uint64_t argument);
    void put_string(Major major, std::string_view string);
    bool put_time(const RawRecord& record, Label label, Nanos time);
    bool put_number(const RawRecord& record, Label label, double value);
    bool put_text(const RawRecord& record, Label label, std::string_view text);
    bool put_unknown(const RawRecord& record);

    std::string& out_;
    Line line_;  ///< the record at hand
    Report& report_;
    Array array_;
    std::uint64_t announced_ = 0;
    std::uint64_t count_ = 0;
    std::size_t head_ = 0;      ///< where the head of the array stands in `out_`
    std::size_t head_end_ = 0;  ///< and where it ends
    bool pattern_usable_ = false;
    std::size_t pattern_begin_ = 0;  ///< what stands before the time of the last record
    std::size_t pattern_end_ = 0;
};

}  // namespace courant::senml::detail
