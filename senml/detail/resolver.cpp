#include "senml/detail/resolver.hpp"

#include <cmath>
#include <limits>

#include "senml/detail/seconds.hpp"
#include "senml/detail/text.hpp"
#include "senml/units.hpp"

namespace courant::senml::detail {

namespace {

constexpr std::uint64_t reserved_bits = 0x0F;
constexpr std::uint64_t secondary_units_feature = std::uint64_t{1} << 4;  // RFC 9100 section 4
constexpr Nanos absolute_from = Nanos{absolute_from_seconds} * nanos_per_second;

constexpr NameId no_name{std::numeric_limits<std::uint32_t>::max()};

bool byte_allowed(char byte, NameRule rule) {
    return is_name_byte(byte) || (byte == '@' && rule == NameRule::federated);
}

bool first_byte_allowed(char byte, NameRule rule) {
    return is_alphanumeric(byte) || (byte == '/' && rule == NameRule::lwm2m);
}

}  // namespace

bool understands_version(std::uint64_t version, std::uint64_t features) {
    if (version <= default_version) return version > 0;
    return (version & reserved_bits) == default_version &&
           (version & ~reserved_bits & ~features) == 0;
}

std::optional<std::string> name_fault(std::string_view name, NameRule rule, std::size_t longest) {
    if (name.empty()) return "the name is empty";
    if (name.size() > longest)
        return "the name is longer than " + std::to_string(longest) + " bytes";
    for (auto at = find_bad_name_byte(name); at != std::string_view::npos;) {
        const char byte = name[at];
        if (!byte_allowed(byte, rule)) {
            std::string what = "the name has a character outside A-Z a-z 0-9 - : . / _";
            if (byte > ' ' && byte <= '~') what += std::string{": '"} + byte + '\'';
            return what;
        }
        const auto next = find_bad_name_byte(name.substr(at + 1));
        at = next == std::string_view::npos ? next : at + 1 + next;
    }
    if (!first_byte_allowed(name[0], rule)) {
        return "the name begins with neither a letter nor a digit";
    }
    return std::nullopt;
}

void Resolver::begin(Pack& pack, const ReadOptions& options, Report& report) {
    in_effect_ = 0;
    version_ = default_version;
    name_.clear();
    base_name_size_ = 0;
    base_is_clean_ = true;
    base_time_ = 0;
    go_on(pack, options, report);
}

void Resolver::go_on(Pack& pack, const ReadOptions& options, Report& report) {
    pack_ = &pack;
    options_ = &options;
    report_ = &report;
    pack.set_version(version_);
    forget_ids();
}

// What was given out by another pack, or under another base name.
void Resolver::forget_ids() {
    own_names_.clear();
    own_ids_.clear();
    own_.reset();
    unit_id_ = no_unit;
    plain_number_ = false;
}

bool Resolver::take(const RawRecord& record) {
    plain_number_ = false;
    const std::size_t faults = report_->faults().size();
    if ((record.present & base_labels) != 0 || record.index == 1) {
        if (!take_version(record)) return false;
        take_base(record);
    }
    // A record of base fields alone carries them and is no reading, unless a base value makes it
    // one.
    const bool base_value = (in_effect_ & (bit(Label::bv) | bit(Label::bs))) != 0;
    if ((record.present & ~base_labels) == 0 && !base_value) return true;

    const Labels values = record.present & value_labels;
    if (!check_values(record, values) || !resolve_name(record) || !resolve_unit(record) ||
        !resolve_time(record)) {
        return false;
    }
    return report_->faults().size() != faults || emit(record, values);
}

std::optional<Alike> Resolver::alike() {
    const bool base_time = (in_effect_ & bit(Label::bt)) != 0;
    if (!plain_number_ || report_->failed() || base_time_ > widest_alike ||
        base_time_ < -widest_alike) {
        return std::nullopt;
    }
    return Alike{.pack = pack_,
                 .like = pack_->records().back(),
                 .base_time = base_time ? static_cast<std::int64_t>(base_time_) : 0,
                 .now = options_->now.time_since_epoch().count(),
                 .base_value = base_value_,
                 .has_base_value = (in_effect_ & bit(Label::bv)) != 0};
}

bool Resolver::take_version(const RawRecord& record) {
    const bool given = record.has(Label::bver);
    const std::uint64_t version = given ? record.bver : default_version;
    if (record.index == 1) {
        version_ = version;
        pack_->set_version(version);
    } else if (given && version != version_) {
        return report_->fault(record.index, "bver differs", "RFC 8428 4.4");
    }
    if (given && !understands_version(version, options_->features)) {
        return report_->fault(record.index,
                              "bver " + std::to_string(version) + " is not understood",
                              version > default_version ? "RFC 9100 2.2" : "RFC 8428 4.4");
    }
    return true;
}

void Resolver::take_base(const RawRecord& record) {
    in_effect_ |= record.present & base_labels;
    const auto base_name = std::string_view{name_}.substr(0, base_name_size_);
    if (record.has(Label::bn) && record.bn != base_name) {
        // Looked at where it stands: what was just copied is slow to read.
        base_is_clean_ = find_bad_name_byte(record.bn) == std::string_view::npos;
        name_.assign(record.bn);
        base_name_size_ = name_.size();
        own_names_.clear();
        own_ids_.clear();
        own_.reset();
    }
    if (record.has(Label::bt)) base_time_ = record.bt;
    if (record.has(Label::bu)) base_unit_.assign(record.bu);
    if (record.has(Label::bv)) base_value_ = record.bv;
    if (record.has(Label::bs)) base_sum_ = record.bs;
}

bool Resolver::check_values(const RawRecord& record, Labels values) {
    const bool several = (values & (values - 1)) != 0;
    if (several) {
        return report_->fault(record.index, "more than one of v, vs, vb and vd", "RFC 8428 4.2");
    }
    const bool base_value = (in_effect_ & (bit(Label::bv) | bit(Label::bs))) != 0;
    if (values == 0 && !record.has(Label::s) && !base_value) {
        return report_->fault(record.index, "no value and no sum", "RFC 8428 4.2");
    }
    return true;
}

bool Resolver::resolve_name(const RawRecord& record) {
    const std::string_view own = record.has(Label::n) ? record.n : std::string_view{};
    if (own_ && own_names_[*own_] == own) return true;
    own_.reset();
    const std::uint32_t number = own_names_.intern(own);
    if (number == own_ids_.size()) own_ids_.push_back(no_name);
    if (own_ids_[number] == no_name) {
        name_.resize(base_name_size_);
        name_ += own;
        const bool clean = base_is_clean_ && !name_.empty() && is_alphanumeric(name_[0]) &&
                           name_.size() <= options_->max_name &&
                           find_bad_name_byte(own) == std::string_view::npos;
        if (!clean) {
            if (auto what = name_fault(name_, options_->names, options_->max_name)) {
                return report_->fault(record.index, *what, "RFC 8428 4.5.1");
            }
        }
        if (pack_->name_bytes() + name_.size() > options_->max_names) {
            return report_->fault(record.index, "the names take more room than is accepted", "");
        }
        own_ids_[number] = pack_->intern_name(name_);
    }
    name_id_ = own_ids_[number];
    own_ = number;
    return true;
}

bool Resolver::resolve_unit(const RawRecord& record) {
    if (!record.has(Label::u) && (in_effect_ & bit(Label::bu)) == 0) {
        unit_id_ = no_unit;
        return true;
    }
    const std::string_view unit = record.has(Label::u) ? record.u : base_unit_;
    if (unit_id_ != no_unit && unit == pack_->unit(unit_id_)) return true;
    const std::size_t before = pack_->unit_count();
    if (before == Pack::max_units) {
        return report_->fault(record.index, "more different units than a pack can hold", "");
    }
    unit_id_ = pack_->intern_unit(unit);
    return pack_->unit_count() == before || judge_unit(record, unit);
}

// Once for every unit of the pack.
bool Resolver::judge_unit(const RawRecord& record, std::string_view unit) {
    const UnitStatus status = unit_status(unit);
    const bool announced =
        pack_->version() > default_version && (pack_->version() & secondary_units_feature) != 0;
    if (status == UnitStatus::secondary && !announced) {
        return report_->deviation(record.index,
                                  "secondary unit '" + std::string{unit} + "' without bver 26",
                                  "RFC 8798 3");
    }
    if (status == UnitStatus::unregistered) {
        report_->notice(record.index, "unregistered unit '" + std::string{unit} + '\'',
                        "RFC 8428 12.1");
    }
    return true;
}

bool Resolver::resolve_time(const RawRecord& record) {
    Nanos time = record.has(Label::t) ? record.t : 0;
    if ((in_effect_ & bit(Label::bt)) != 0) time += base_time_;
    if (time < absolute_from) time += options_->now.time_since_epoch().count();
    const auto narrowed = narrow(time);
    if (!narrowed) {
        return report_->fault(record.index, "the time is outside the years 1678 to 2261",
                              "RFC 8428 4.5.3");
    }
    time_ = Time{*narrowed};
    return true;
}

bool Resolver::emit(const RawRecord& record, Labels values) {
    switch (values) {
        case bit(Label::vs):
            pack_->add_text(name_id_, unit_id_, time_, record.vs);
            break;
        case bit(Label::vb):
            pack_->add_boolean(name_id_, unit_id_, time_, record.vb);
            break;
        case bit(Label::vd):
            pack_->add_data(name_id_, unit_id_, time_,
                            std::as_bytes(std::span{record.vd.data(), record.vd.size()}));
            break;
        default:
            if (!emit_number(record)) return false;
    }
    constexpr Labels extras = bit(Label::s) | bit(Label::ut);
    const bool extra = (record.present & extras) != 0 || !record.unknown.empty() ||
                       (in_effect_ & bit(Label::bs)) != 0;
    plain_number_ = values == bit(Label::v) && !extra;
    return !extra || emit_extra(record);
}

bool Resolver::emit_number(const RawRecord& record) {
    const bool base = (in_effect_ & bit(Label::bv)) != 0;
    if (!base && !record.has(Label::v)) {
        pack_->add_valueless(name_id_, unit_id_, time_);
        return true;
    }
    double value = record.has(Label::v) ? record.v : base_value_;
    if (base && record.has(Label::v)) value = base_value_ + record.v;
    if (!std::isfinite(value)) {
        pack_->add_valueless(name_id_, unit_id_, time_);
        return report_->fault(record.index, "bv + v is too large", "RFC 8428 5");
    }
    pack_->add(name_id_, unit_id_, time_, value);
    return true;
}

bool Resolver::emit_extra(const RawRecord& record) {
    Extra extra;
    const bool base = (in_effect_ & bit(Label::bs)) != 0;
    if (record.has(Label::s)) {
        extra.sum = base ? base_sum_ + record.s : record.s;
    } else if (base) {
        extra.sum = base_sum_;
    }
    if (record.has(Label::ut)) extra.update_time = record.ut;
    if (extra.sum && !std::isfinite(*extra.sum)) {
        return report_->fault(record.index, "bs + s is too large", "RFC 8428 5");
    }
    for (const RawField& field : record.unknown) {
        extra.unknown.push_back({std::string{field.label}, std::string{field.json}});
    }
    pack_->set_extra(std::move(extra));
    return true;
}

}  // namespace courant::senml::detail
