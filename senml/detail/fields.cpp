#include "senml/detail/fields.hpp"

#include <algorithm>

#include "senml/detail/text.hpp"

namespace courant::senml::detail {

namespace {

bool set_data(RawRecord& record, std::string_view text, std::string& scratch, Report& report) {
    const std::size_t begin = scratch.size();
    const Base64 result = append_decoded(scratch, text);
    record.vd = std::string_view{scratch}.substr(begin);
    switch (result) {
        case Base64::exact:
            return true;
        case Base64::padded:
            return report.deviation(record.index, "vd is padded with '='", "RFC 8428 5");
        case Base64::spare_bits:
            return report.deviation(record.index, "vd ends in bits that belong to no octet",
                                    "RFC 4648 3.5");
        case Base64::bad:
            break;
    }
    return refuse(record, Label::vd, "is not base64url", "RFC 8428 4.3", report);
}

double& number_field(RawRecord& record, Label label) {
    switch (label) {
        case Label::bv:
            return record.bv;
        case Label::bs:
            return record.bs;
        case Label::s:
            return record.s;
        case Label::ut:
            return record.ut;
        default:
            return record.v;
    }
}

}  // namespace

bool refuse(RawRecord& record, Label label, std::string_view what, std::string_view rule,
            Report& report) {
    record.present &= ~bit(label);
    return report.fault(record.index, std::string{spelling(label)} + ' ' + std::string{what}, rule);
}

bool set_string(RawRecord& record, Label label, std::string_view text, std::string& scratch,
                Report& report) {
    switch (label) {
        case Label::bn:
            record.bn = text;
            return true;
        case Label::bu:
            record.bu = text;
            return true;
        case Label::n:
            record.n = text;
            return true;
        case Label::u:
            record.u = text;
            return true;
        case Label::vd:
            return set_data(record, text, scratch, report);
        default:
            record.vs = text;
            return true;
    }
}

void set_value(RawRecord& record, Label label, double value) {
    number_field(record, label) = value;
}

bool set_time(RawRecord& record, Label label, std::optional<Nanos> time, Report& report) {
    if (!time) return refuse(record, label, "is out of range", "RFC 8428 4.5.3", report);
    (label == Label::bt ? record.bt : record.t) = *time;
    return true;
}

bool set_version(RawRecord& record, std::optional<std::uint64_t> version, Report& report) {
    constexpr std::uint64_t beyond = std::uint64_t{1} << 53;  // RFC 9100 section 2
    if (!version || *version == 0 || *version >= beyond) {
        return refuse(record, Label::bver, "is no positive integer", "RFC 8428 4.4", report);
    }
    record.bver = *version;
    return true;
}

bool set_number(RawRecord& record, Label label, const Decimal& decimal, Report& report) {
    if (label == Label::t || label == Label::bt) {
        return set_time(record, label, to_nanoseconds(decimal), report);
    }
    if (label == Label::bver) return set_version(record, to_integer(decimal), report);
    const auto value = to_double(decimal);
    if (!value) return refuse(record, label, "is too large for a double", "RFC 8428 5", report);
    set_value(record, label, *value);
    return true;
}

bool pass_unknown(RawRecord& record, std::string_view label, const Input& input, Report& report) {
    if (input.dialect == Dialect::fetch) {
        return report.fault(record.index,
                            "label '" + std::string{label} + "' has no place in a fetch",
                            "RFC 8790 3.1");
    }
    const auto& understood = input.options.understood;
    if (input.dialect == Dialect::patch || !label.ends_with('_') ||
        std::ranges::find(understood, label) != understood.end()) {
        return true;
    }
    return report.fault(record.index, "label '" + std::string{label} + "' must be understood",
                        "RFC 8428 4.4");
}

bool labels_differ(std::vector<std::string_view>& labels) {
    constexpr std::size_t few = 16;  // up to here comparing all pairs is the cheapest
    if (labels.size() < 2) return true;
    if (labels.size() > few) {
        std::ranges::sort(labels);
        return std::ranges::adjacent_find(labels) == labels.end();
    }
    for (auto one = labels.begin(); one != labels.end(); ++one) {
        if (std::find(labels.begin(), one, *one) != one) return false;
    }
    return true;
}

bool keeps(std::string_view label, const ReadOptions& options) {
    // A base field that nobody knows speaks of later records too: nobody can say which.
    return options.unknown == Unknown::keep && !label.starts_with('b');
}

}  // namespace courant::senml::detail
