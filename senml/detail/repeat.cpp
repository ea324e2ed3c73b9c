#include "senml/detail/repeat.hpp"

#include <cmath>
#include <cstring>

#include "senml/detail/seconds.hpp"

namespace courant::senml::detail {

namespace {

constexpr std::size_t longest = 1024;  // a pack worth remembering

std::optional<std::string_view> unit_of(const Pack& pack, const Record& record) {
    if (record.unit == no_unit) return std::nullopt;
    return pack.unit(record.unit);
}

// Whether the name is the one of the last time; the next time it will be.
bool comes_again(std::string& last, std::string_view name) {
    if (last == name) return true;
    last.assign(name);
    return false;
}

}  // namespace

void RepeatReader::learn(Format format, std::string_view bytes, const ReadOptions& options,
                         const Pack& pack, const Holes& holes, std::optional<double> base_value) {
    const auto found = holes.all();
    const Record& record = pack[0];
    known_ = comes_again(name_, pack.name(record.name)) && !found.empty() &&
             bytes.size() <= longest && options.understood.empty();
    if (!known_) return;
    format_ = format;
    options_ = options;
    literals_.clear();
    number_count_ = 0;
    const char* p = bytes.data();
    for (const Hole& hole : found) {
        literals_.append(p, hole.text.data());
        numbers_[number_count_++] = {hole.label, literals_.size()};
        p = hole.text.data() + hole.text.size();
    }
    literals_.append(p, bytes.data() + bytes.size());
    unit_ = unit_of(pack, record);
    version_ = pack.version();
    base_value_ = base_value;
}

bool RepeatReader::same_options(const ReadOptions& options) const {
    return options.profile == options_.profile && options.names == options_.names &&
           options.max_depth == options_.max_depth && options.max_records == options_.max_records &&
           options.max_name == options_.max_name && options.max_names == options_.max_names &&
           options.unknown == options_.unknown && options.features == options_.features &&
           options.understood.empty();
}

bool RepeatReader::read(Format format, std::string_view bytes, const ReadOptions& options,
                        Pack& into) const {
    if (!known_ || format != format_ || !same_options(options)) return false;
    const char* p = bytes.data();
    const char* const end = p + bytes.size();
    const char* literal = literals_.data();
    Nanos time = 0;
    double value = 0;
    for (std::size_t i = 0; i < number_count_; ++i) {
        const auto size =
            static_cast<std::size_t>(literals_.data() + numbers_[i].literal_end - literal);
        if (static_cast<std::size_t>(end - p) < size || std::memcmp(p, literal, size) != 0) {
            return false;
        }
        literal += size;
        Decimal number;
        p = scan_decimal(p + size, end, NumberGrammar::json, number);
        if (p == nullptr || number.upper_exponent) return false;
        if (numbers_[i].label == Label::v) {
            const auto found = to_double(number);
            if (!found) return false;
            value = *found;
        } else {
            const auto found = to_nanoseconds(number);
            if (!found) return false;
            time += *found;
        }
    }
    const auto rest = static_cast<std::size_t>(literals_.data() + literals_.size() - literal);
    if (static_cast<std::size_t>(end - p) != rest || std::memcmp(p, literal, rest) != 0) {
        return false;
    }
    if (time < Nanos{absolute_from_seconds} * nanos_per_second) {
        time += options.now.time_since_epoch().count();
    }
    const auto span = narrow(time);
    if (base_value_) value = *base_value_ + value;
    if (!span || !std::isfinite(value)) return false;
    into.set_version(version_);
    const NameId name = into.intern_name(name_);
    into.add(name, unit_ ? into.intern_unit(*unit_) : no_unit, Time{*span}, value);
    return true;
}

}  // namespace courant::senml::detail
