// Reads packs in CBOR (RFC 8428 section 6): one pass over the bytes, no tree.
//
// Strings are views into the bytes unless they come in pieces; then they are put together in
// scratch memory that is large enough from its first use, so that no view moves.
#include <algorithm>
#include <array>
#include <cmath>

#include "senml/detail/cbor/alike.hpp"
#include "senml/detail/cbor/json.hpp"
#include "senml/detail/cbor/number.hpp"
#include "senml/detail/cbor/scanner.hpp"
#include "senml/detail/fields.hpp"
#include "senml/detail/readers.hpp"

namespace courant::senml::detail {

namespace {

constexpr std::string_view rule = "RFC 8428 6";
constexpr Labels text_labels = string_labels & ~bit(Label::vd);
constexpr Labels time_labels = bit(Label::t) | bit(Label::bt);

// RFC 8428 Table 4: 0 to 8, and -1 to -6.
constexpr std::array regular_labels = {Label::n, Label::u, Label::v,  Label::vs, Label::vb,
                                       Label::s, Label::t, Label::ut, Label::vd};
constexpr std::array base_field_labels = {Label::bver, Label::bn, Label::bt,
                                          Label::bu,   Label::bv, Label::bs};

Label label_of(const CborHead& key) {
    if (key.major == Major::unsigned_integer && key.argument < regular_labels.size()) {
        return regular_labels[key.argument];
    }
    if (key.major == Major::negative_integer && key.argument < base_field_labels.size()) {
        return base_field_labels[key.argument];
    }
    return Label::unknown;
}

class CborPack {
  public:
    CborPack(const Input& input, Scratch& scratch, Report& report, RecordSink& sink)
        : input_(input),
          scanner_(input.bytes, input.options.max_depth),
          report_(report),
          sink_(sink),
          scratch_(scratch.text),
          unknown_(scratch.unknown),
          kept_text_(scratch.kept),
          kept_(scratch.fields) {
        record_.index = input.records_before;
    }

    void read();

  private:
    bool read_array();
    bool read_array_head(CborHead& head);
    bool read_record();
    std::uint64_t read_records_alike(const char* begin, std::uint64_t most);
    bool read_members(const CborHead& map);
    bool read_member(const CborHead& key);
    bool read_unknown(const CborHead& key);
    bool read_label(const CborHead& key, std::string_view& label);
    bool pass_value(std::string_view label, bool is_text);
    void place_kept_fields();
    bool read_field(Label label);
    bool read_text(Label label);
    bool read_data();
    bool read_boolean();
    bool read_version();
    bool read_number(Label label);
    bool read_other_number(Label label, const CborHead& head, const char* value);
    bool read_decimal_fraction(Label label, const char* value);
    bool read_string(const CborHead& head, Label label, std::string_view& string);
    bool refuse_value(Label label, const char* value, std::string_view what,
                      std::string_view why = "RFC 8428 4.3");
    void reserve_scratch();
    // What was read since then.
    std::string_view bytes_from(const char* place) const {
        return {place, static_cast<std::size_t>(scanner_.position() - place)};
    }

    const Input& input_;
    CborScanner scanner_;
    Report& report_;
    RecordSink& sink_;
    RawRecord record_;
    Holes holes_;
    std::string& scratch_;
    std::vector<std::string_view>& unknown_;
    std::string& kept_text_;
    std::vector<RawField>& kept_;
};

void CborPack::read() {
    if (read_array()) {
        if (!scanner_.is_done()) {
            scanner_.fail("bytes after the pack");
        } else if (record_.index == 0) {
            report_.fault(0, "a pack without records", "RFC 8428 3");
        }
    }
    if (!scanner_.failed()) return;
    report_.fault(record_.index,
                  "no CBOR at byte " + std::to_string(scanner_.offset()) + ": " +
                      std::string{scanner_.what()},
                  "RFC 8949");
}

bool CborPack::read_array() {
    CborHead array;
    if (!read_array_head(array)) return false;
    for (std::uint64_t left = array.argument; array.is_indefinite() || left > 0; --left) {
        if (array.is_indefinite() && scanner_.accept_break()) break;
        const char* const begin = scanner_.position();
        if (!read_record()) return false;
        left -= read_records_alike(begin, array.is_indefinite() ? input_.bytes.size() : left - 1);
    }
    return true;
}

bool CborPack::read_array_head(CborHead& head) {
    if (scanner_.is_done()) return scanner_.fail("nothing there");
    if (!scanner_.read_head(head)) return false;
    if (head.major != Major::array) {
        report_.fault(0, "a pack is an array of records", rule);
        return false;
    }
    return !head.is_indefinite() || input_.is_stream ||
           report_.deviation(0, "an array of indefinite length", rule);
}

// After a record that began at `begin`: those that are like it. How many they were.
std::uint64_t CborPack::read_records_alike(const char* begin, std::uint64_t most) {
    if (!begins_alike(bytes_from(begin), holes_, scanner_.end())) return 0;
    const auto into = sink_.alike();
    if (!into) return 0;
    most = std::min<std::uint64_t>(most, input_.options.max_records - record_.index);
    const Run run = read_cbor_alike(bytes_from(begin), holes_, scanner_.end(), *into, most);
    scanner_.go_to(run.end);
    record_.index += run.records;
    return run.records;
}

bool CborPack::read_record() {
    if (++record_.index > input_.options.max_records) {
        report_.fault(record_.index, "more records than are accepted", "");
        return false;
    }
    CborHead head;
    if (!scanner_.read_head(head)) return false;
    record_.present = 0;
    record_.removes = false;
    scratch_.clear();
    unknown_.clear();
    kept_.clear();
    kept_text_.clear();
    holes_.clear();
    if (head.major != Major::map) {
        return scanner_.skip_content(head, 1) &&
               report_.fault(record_.index, "a record is an object", rule);
    }
    const std::size_t faults = report_.faults().size();
    if (!read_members(head)) return false;
    if (!labels_differ(unknown_) &&
        !report_.fault(record_.index, "a label is given twice", "RFC 8949 5.6")) {
        return false;
    }
    if (report_.faults().size() != faults) keep_base(record_);
    place_kept_fields();
    return sink_.take(record_);
}

bool CborPack::read_members(const CborHead& map) {
    for (std::uint64_t left = map.argument; map.is_indefinite() || left > 0; --left) {
        if (map.is_indefinite() && scanner_.accept_break()) break;
        CborHead key;
        if (!scanner_.read_head(key) || !read_member(key)) return false;
    }
    return true;
}

bool CborPack::read_member(const CborHead& key) {
    const Label label = label_of(key);
    if (label == Label::unknown) return read_unknown(key);
    if (record_.has(label) &&
        !report_.fault(record_.index, "label '" + std::string{spelling(label)} + "' is given twice",
                       "RFC 8949 5.6")) {
        return false;
    }
    record_.present |= bit(label);
    return read_field(label);
}

bool CborPack::read_unknown(const CborHead& key) {
    if (!key.is_integer() && key.major != Major::text) {
        return scanner_.skip_content(key, 1) && scanner_.skip(1) &&
               report_.fault(record_.index, "a label is neither text nor an integer", rule);
    }
    std::string_view label;
    if (!read_label(key, label)) return false;
    if (find_label(label) != Label::unknown) {
        return scanner_.skip(1) &&
               report_.fault(record_.index, "label '" + std::string{label} + "' is written as text",
                             rule);
    }
    unknown_.push_back(label);
    return pass_unknown(record_, label, input_, report_) &&
           pass_value(label, key.major == Major::text);
}

// The spelling of a label that RFC 8428 does not have; of an integer, its digits.
bool CborPack::read_label(const CborHead& key, std::string_view& label) {
    if (key.major == Major::text) {
        if (key.is_indefinite()) reserve_scratch();
        return scanner_.read_string(key, scratch_, label);
    }
    reserve_scratch();
    const std::size_t begin = scratch_.size();
    append_digits(scratch_, key);
    label = std::string_view{scratch_}.substr(begin);
    return true;
}

// Only text is a label in every format; the table of integers is conclusive (RFC 8428 section 6).
bool CborPack::pass_value(std::string_view label, bool is_text) {
    const char* const value = scanner_.position();
    if (!scanner_.skip(1)) return false;
    if (!keeps(label, input_.options)) return true;
    const std::size_t begin = kept_text_.size();
    if (is_text && append_json(kept_text_, bytes_from(value))) {
        kept_.push_back({label, std::string_view{kept_text_}.substr(begin)});
        return true;
    }
    holes_.spoil();  // the same is to be said of the next record
    report_.notice(record_.index,
                   "the unknown field '" + std::string{label} + "' has no image and is dropped",
                   "RFC 8428 4.4");
    return true;
}

// The values stand one behind the other, but where is known only when no more are added.
void CborPack::place_kept_fields() {
    std::string_view rest = kept_text_;
    for (RawField& field : kept_) {
        field.json = rest.substr(0, field.json.size());
        rest.remove_prefix(field.json.size());
    }
    record_.unknown = kept_;
}

bool CborPack::read_field(Label label) {
    if ((text_labels & bit(label)) != 0) return read_text(label);
    switch (label) {
        case Label::vd:
            return read_data();
        case Label::vb:
            return read_boolean();
        case Label::bver:
            return read_version();
        default:
            return read_number(label);
    }
}

bool CborPack::read_text(Label label) {
    const char* const value = scanner_.position();
    CborHead head;
    std::string_view text;
    if (!scanner_.read_head(head)) return false;
    if (head.major != Major::text) return refuse_value(label, value, "is no string");
    return read_string(head, label, text) && set_string(record_, label, text, scratch_, report_);
}

bool CborPack::read_data() {
    const char* const value = scanner_.position();
    CborHead head;
    if (!scanner_.read_head(head)) return false;
    if (head.major != Major::bytes)
        return refuse_value(Label::vd, value, "is no byte string", rule);
    return read_string(head, Label::vd, record_.vd);
}

// "with a definite length" is said of the values only.
bool CborPack::read_string(const CborHead& head, Label label, std::string_view& string) {
    if (!head.is_indefinite()) return scanner_.read_string(head, scratch_, string);
    reserve_scratch();
    if (!scanner_.read_string(head, scratch_, string)) return false;
    return (value_labels & bit(label)) == 0 ||
           report_.deviation(record_.index,
                             std::string{spelling(label)} + " is a string of indefinite length",
                             rule);
}

bool CborPack::read_boolean() {
    const char* const value = scanner_.position();
    CborHead head;
    if (!scanner_.read_head(head)) return false;
    record_.vb = *value == cbor_true;
    return record_.vb || *value == cbor_false || refuse_value(Label::vb, value, "is no boolean");
}

// "only an unsigned integer is allowed", not even 10.0.
bool CborPack::read_version() {
    const char* const value = scanner_.position();
    CborHead head;
    if (!scanner_.read_head(head)) return false;
    if (head.major == Major::unsigned_integer) return set_version(record_, head.argument, report_);
    return refuse_value(Label::bver, value, "is no unsigned integer", rule);
}

bool CborPack::read_number(Label label) {
    const char* const value = scanner_.position();
    CborHead head;
    if (!scanner_.read_head(head)) return false;
    if (!head.is_integer() && !head.is_float()) return read_other_number(label, head, value);
    if (label == Label::t || label == Label::v) holes_.add(label, bytes_from(value));
    const double number = head.is_integer() ? integer_of(head) : float_of(head);
    if (!std::isfinite(number)) {
        return refuse(record_, label, "is not a finite number", "RFC 8428 5", report_);
    }
    if ((time_labels & bit(label)) != 0) {
        return set_time(record_, label, nanoseconds_of(head), report_);
    }
    set_value(record_, label, number);
    return true;
}

bool CborPack::read_other_number(Label label, const CborHead& head, const char* value) {
    if (label == Label::t || label == Label::v) holes_.spoil();
    if (head.is_tag(decimal_fraction_tag)) return read_decimal_fraction(label, value);
    const bool null = *value == cbor_null;
    if (null && label == Label::v && input_.dialect == Dialect::patch) {
        record_.removes = true;
        return true;
    }
    if (head.is_tag(bignum_tag) || head.is_tag(negative_bignum_tag)) {
        return refuse_value(label, value, "is a bignum, which is no number of SenML", rule);
    }
    if (head.is_tag(bigfloat_tag)) {
        return refuse_value(label, value, "is a bigfloat, which is no number of SenML", rule);
    }
    return refuse_value(label, value, "is no number");
}

bool CborPack::read_decimal_fraction(Label label, const char* value) {
    scanner_.go_to(value);
    if (!scanner_.skip(1)) return false;
    std::string text;
    const auto decimal = scan_decimal_fraction(bytes_from(value), text);
    if (decimal) return set_number(record_, label, *decimal, report_);
    return refuse(record_, label, "is no pair of an exponent and a mantissa of up to 128 octets",
                  "RFC 8949 3.4.4", report_);
}

// Passes over a value of the wrong kind, if it is one at all.
bool CborPack::refuse_value(Label label, const char* value, std::string_view what,
                            std::string_view why) {
    scanner_.go_to(value);
    return scanner_.skip(1) && refuse(record_, label, what, why, report_);
}

// An integer label has at most three times as many digits as bytes, everything else grows less:
// with so much room no view into the scratch memory ever moves. The first use comes before there is
// any view.
void CborPack::reserve_scratch() {
    const std::size_t enough = 3 * input_.bytes.size();
    if (scratch_.capacity() < enough) scratch_.reserve(enough);
}

}  // namespace

void read_cbor(const Input& input, Scratch& scratch, Report& report, RecordSink& sink) {
    CborPack(input, scratch, report, sink).read();
}

}  // namespace courant::senml::detail
