// Writers of the text formats: they put records down as they are given them, factored or not.
#pragma once

#include <string>

#include "senml/codec.hpp"
#include "senml/detail/raw_record.hpp"
#include "senml/detail/report.hpp"

namespace courant::senml::detail {

/// How one text format spells a pack.
struct JsonSyntax;
struct XmlSyntax;

/// Writes records in one format. What has no image in it is a fault in the report, and no text.
template <typename Syntax>
class PackWriter final : public RecordSink {
  public:
    explicit PackWriter(Report& report) : report_(report) {}

    bool take(const RawRecord& record) override;
    /// The whole pack, once the last record is in.
    std::string finish();
    /// Makes room for about that many records.
    void reserve(std::size_t records) { out_.reserve(records * 40 + 200); }

  private:
    bool put_field(const RawRecord& record, Label label);
    bool put_number(const RawRecord& record, Label label, double value);
    bool put_text(const RawRecord& record, Label label, std::string_view text);
    bool put_version(const RawRecord& record);

    Report& report_;
    std::string out_;
};

extern template class PackWriter<JsonSyntax>;
extern template class PackWriter<XmlSyntax>;

}  // namespace courant::senml::detail
