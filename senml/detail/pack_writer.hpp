// Writers of the text formats: they put records down as they are given them, factored or not.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "senml/codec.hpp"
#include "senml/detail/digits.hpp"
#include "senml/detail/raw_record.hpp"
#include "senml/detail/report.hpp"

namespace courant::senml::detail {

/// How one text format spells a pack.
struct JsonSyntax;
struct XmlSyntax;

/// At most eight bytes, copied as a whole word.
class Piece {
  public:
    template <std::size_t size>
    consteval Piece(const char (&text)[size]) : size_(size - 1) {  // NOLINT: a literal is a piece
        static_assert(size - 1 <= capacity);
        for (std::size_t i = 0; i + 1 < size; ++i) bytes_[i] = text[i];
    }
    /// Needs room for eight bytes; returns the end.
    char* put(char* out) const {
        std::memcpy(out, bytes_.data(), capacity);
        return out + size_;
    }

  private:
    static constexpr std::size_t capacity = 8;
    std::array<char, capacity> bytes_{};
    std::size_t size_;
};

/// A record's text on its way into a string: appending every small piece to the string itself would
/// cost more than making it.
class Line {
  public:
    explicit Line(std::string& out) : out_(out) {}
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    void put_piece(const Piece& piece) { at_ = piece.put(number()); }
    /// Appends a text of any length.
    void put_text(std::string_view text) {
        if (text.empty()) return;  // it may be a view of nothing, which is not to be copied from
        if (text.size() > static_cast<std::size_t>(last_number_ - at_)) {
            out().append(text);
        } else {
            std::memcpy(at_, text.data(), text.size());
            at_ += text.size();
        }
    }
    /// Where a number can be written, `number_room` bytes at least; `set_end` tells where it ended.
    char* number() {
        if (at_ > last_number_) flush();
        return at_;
    }
    void set_end(char* end) { at_ = end; }
    /// Hands over what has gathered.
    void flush() {
        out_.append(bytes_.data(), static_cast<std::size_t>(at_ - bytes_.data()));
        at_ = bytes_.data();
    }
    /// How long the string is with what has gathered.
    std::size_t position() const {
        return out_.size() + static_cast<std::size_t>(at_ - bytes_.data());
    }
    /// The string, with nothing gathered.
    std::string& out() {
        flush();
        return out_;
    }

  private:
    std::string& out_;
    std::array<char, 1024> bytes_;
    char* at_ = bytes_.data();
    char* const last_number_ = bytes_.data() + bytes_.size() - number_room;
};

/// Writes records in one format. What has no image in it is a fault in the report, and no text.
template <typename Syntax>
class PackWriter final : public RecordSink {
  public:
    /// The pack is appended to `out`, which must outlive the writer.
    PackWriter(std::string& out, Report& report) : out_(out), line_(out), report_(report) {}

    /// What stands before the first record.
    void begin();
    bool take(const RawRecord& record) override;
    std::size_t take_alike(std::span<const Record> records, std::int64_t base_time) override;
    /// What stands behind the last record.
    void finish();
    /// Makes room for about that many records.
    void reserve(std::size_t records) { out_.reserve(out_.size() + records * 40 + 200); }
    /// More records of a stream follow those that were written before.
    void go_on() { first_ = false; }

  private:
    /// Where the numbers of the last record stand in the string; a pattern for those after it.
    struct Pattern {
        bool usable = false;
        std::size_t begin = 0;
        std::size_t time_begin = 0;
        std::size_t time_end = 0;
        std::size_t value_begin = 0;
        std::size_t value_end = 0;
    };
    bool put_record(const RawRecord& record);
    bool put_field(const RawRecord& record, Label label);
    void put_time(Nanos time);
    bool put_number(const RawRecord& record, Label label, double value);
    bool put_text(const RawRecord& record, std::string_view label, std::string_view text);
    bool put_version(const RawRecord& record);
    bool put_unknown(const RawRecord& record, const Piece& first_gap);

    std::string& out_;
    Line line_;
    Report& report_;
    bool first_ = true;
    Pattern pattern_;
};

extern template class PackWriter<JsonSyntax>;
extern template class PackWriter<XmlSyntax>;

}  // namespace courant::senml::detail
