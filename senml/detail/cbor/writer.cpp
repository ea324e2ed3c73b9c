#include "senml/detail/cbor/writer.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "senml/detail/alike_writer.hpp"
#include "senml/detail/cbor/json.hpp"
#include "senml/detail/cbor/number.hpp"
#include "senml/detail/cbor/scanner.hpp"
#include "senml/detail/seconds.hpp"

namespace courant::senml::detail {

namespace {

constexpr std::string_view rule = "RFC 8428 6";
constexpr std::size_t likely_record = 16;  // bytes; what most records take at most
constexpr std::size_t longest_pattern = 256;
static_assert(cbor_number_room <= number_room);  // what a line has room for

// RFC 8428 Table 4, in the order of Label.
constexpr std::array<char, label_count> keys = {'\x21', '\x22', '\x23', '\x20', '\x24',
                                                '\x25', '\x00', '\x01', '\x06', '\x02',
                                                '\x03', '\x04', '\x08', '\x05', '\x07'};

void append_head(std::string& out, Major major, std::uint64_t argument) {
    std::array<char, widest_head> head;
    out.append(head.data(), put_head(head.data(), major, argument));
}

}  // namespace

void CborWriter::reserve(std::size_t records) {
    announced_ = records;
    out_.reserve(out_.size() + records * likely_record + longest_pattern);
}

void CborWriter::begin() {
    if (array_ == Array::indefinite) {
        out_ += cbor_array_of_any_length;
        return;
    }
    head_ = out_.size();
    append_head(out_, Major::array, announced_);
    head_end_ = out_.size();
}

void CborWriter::finish() {
    if (array_ == Array::indefinite) {
        out_ += cbor_break;
        return;
    }
    if (count_ == announced_) return;
    std::string head;
    append_head(head, Major::array, count_);
    out_.replace(head_, head_end_ - head_, head);
}

bool CborWriter::take(const RawRecord& record) {
    constexpr Labels pattern_labels = bit(Label::n) | bit(Label::u) | bit(Label::t) | bit(Label::v);
    constexpr Labels both = bit(Label::t) | bit(Label::v);
    ++count_;
    pattern_begin_ = out_.size();
    pattern_usable_ = (record.present & ~pattern_labels) == 0 && (record.present & both) == both &&
                      record.unknown.empty() && !record.removes;
    const bool done = put_record(record);
    line_.flush();
    return done;
}

bool CborWriter::put_record(const RawRecord& record) {
    const auto known = static_cast<std::size_t>(std::popcount(record.present));
    put_head(Major::map, known + record.unknown.size());
    for (Labels left = record.present; left != 0; left &= left - 1) {
        const auto index = static_cast<std::size_t>(std::countr_zero(left));
        char* const key = line_.number();
        *key = keys[index];
        line_.set_end(key + 1);
        if (!put_field(record, static_cast<Label>(index))) return false;
    }
    return record.unknown.empty() || put_unknown(record);
}

// What stands before the time is that of the record taken last; only the numbers are made.
std::size_t CborWriter::take_alike(std::span<const Record> records, std::int64_t base_time) {
    const std::size_t size = pattern_end_ - pattern_begin_;
    if (!pattern_usable_ || size > longest_pattern || base_time % nanos_per_second != 0) return 0;
    std::array<char, longest_pattern> pattern;
    std::memcpy(pattern.data(), out_.data() + pattern_begin_, size);

    constexpr std::size_t room = longest_pattern + 2 * cbor_number_room;
    const auto put = [&](char* out, std::uint64_t seconds, double value) {
        std::memcpy(out, pattern.data(), size);
        out = detail::put_head(out + size, Major::unsigned_integer, seconds);
        *out++ = keys[static_cast<std::size_t>(Label::v)];
        return put_cbor_value(out, value);
    };
    const std::size_t written = write_alike(out_, records, base_time, room, put);
    count_ += written;
    return written;
}

bool CborWriter::put_field(const RawRecord& record, Label label) {
    switch (label) {
        case Label::bn:
            return put_text(record, label, record.bn);
        case Label::bt:
            return put_time(record, label, record.bt);
        case Label::bu:
            return put_text(record, label, record.bu);
        case Label::bver:
            put_head(Major::unsigned_integer, record.bver);
            return true;
        case Label::bv:
            return put_number(record, label, record.bv);
        case Label::bs:
            return put_number(record, label, record.bs);
        case Label::n:
            return put_text(record, label, record.n);
        case Label::u:
            return put_text(record, label, record.u);
        case Label::t:
            pattern_end_ = line_.position();
            return put_time(record, label, record.t);
        case Label::v:
            if (!record.removes) return put_number(record, label, record.v);
            line_.put_text({&cbor_null, 1});
            return true;
        case Label::vs:
            return put_text(record, label, record.vs);
        case Label::vb:
            line_.put_text({record.vb ? &cbor_true : &cbor_false, 1});
            return true;
        case Label::vd:
            put_string(Major::bytes, record.vd);
            return true;
        case Label::s:
            return put_number(record, label, record.s);
        case Label::ut:
            return put_number(record, label, record.ut);
        case Label::unknown:
            break;
    }
    return false;
}

void CborWriter::put_head(Major major, std::uint64_t argument) {
    line_.set_end(detail::put_head(line_.number(), major, argument));
}

void CborWriter::put_string(Major major, std::string_view string) {
    put_head(major, string.size());
    if (!string.empty()) line_.put_text(string);
}

bool CborWriter::put_number(const RawRecord& record, Label label, double value) {
    if (!std::isfinite(value)) {
        report_.fault(record.index, std::string{spelling(label)} + " is not a finite number",
                      "RFC 8428 5");
        return false;
    }
    line_.set_end(put_cbor_value(line_.number(), value));
    return true;
}

bool CborWriter::put_time(const RawRecord& record, Label label, Nanos time) {
    char* const end = put_cbor_time(line_.number(), time);
    if (end == nullptr) {
        report_.fault(record.index,
                      std::string{spelling(label)} + " has more digits than 64 bits hold", rule);
        return false;
    }
    line_.set_end(end);
    return true;
}

bool CborWriter::put_text(const RawRecord& record, Label label, std::string_view text) {
    if (!is_utf8(text)) {
        report_.fault(record.index,
                      std::string{spelling(label)} + " holds bytes that are not UTF-8", rule);
        return false;
    }
    put_string(Major::text, text);
    return true;
}

bool CborWriter::put_unknown(const RawRecord& record) {
    for (const RawField& field : record.unknown) {
        if (is_utf8(field.label)) {
            put_string(Major::text, field.label);
            if (append_cbor(line_.out(), field.json)) continue;
        }
        report_.fault(record.index,
                      "the unknown field '" + std::string{field.label} + "' has no image", rule);
        return false;
    }
    return true;
}

}  // namespace courant::senml::detail
