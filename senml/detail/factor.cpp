#include "senml/detail/factor.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "senml/detail/resolver.hpp"
#include "senml/detail/seconds.hpp"
#include "senml/units.hpp"

namespace courant::senml::detail {

namespace {

constexpr std::uint64_t every_feature = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t version_with_secondary_units = 26;
constexpr std::size_t label_cost = 7;  // about what a label, its quotes and its comma take

double to_seconds(Nanos nanos) {
    return static_cast<double>(static_cast<long double>(nanos) / 1e9L);
}

}  // namespace

bool Unroller::run(const Pack& pack, Layout layout, Report& report, RecordSink& sink) {
    pack_ = &pack;
    layout_ = layout;
    report_ = &report;
    if (!check_pack()) return false;
    if (pack.empty()) return true;
    survey();
    if (!check_names()) return false;
    choose_version();
    if (factored()) {
        choose_names();
        choose_units();
    }
    const auto records = pack.records();
    for (std::size_t i = 0; i < records.size(); ++i) {
        const Record& record = records[i];
        raw_.index = i + 1;
        raw_.present = 0;
        raw_.unknown = {};
        raw_.bver = version_;
        const bool says_version = i == 0 || layout_ == Layout::resolved;
        if (says_version && version_ != default_version) raw_.present |= bit(Label::bver);
        put_name(record, i);
        put_unit(record, i);
        if (!put_time(record, i) || !put_value(record)) return false;
        if (record.has_extra) put_extra(i);
        if (!sink.take(raw_)) return false;
        i += sink.take_alike(records.subspan(i), static_cast<std::int64_t>(base_time_));
    }
    return true;
}

// What most packs are: one series. Found in one pass, it spares the others.
void Unroller::survey() {
    const Record& first = (*pack_)[0];
    std::uint32_t names = 0;
    std::uint32_t units = 0;
    for (const Record& record : pack_->records()) {
        names |= static_cast<std::uint32_t>(record.name) ^ static_cast<std::uint32_t>(first.name);
        units |= static_cast<std::uint32_t>(record.unit) ^ static_cast<std::uint32_t>(first.unit);
    }
    one_name_ = names == 0;
    one_unit_ = units == 0;
    one_time_ = std::ranges::all_of(
        pack_->records(), [&](const Record& record) { return record.time == first.time; });
    alone_ = pack_->size() == 1 && layout_ == Layout::factored;
    base_time_ = 0;
    base_name_per_run_ = false;
    prefix_ = {};
    base_unit_ = no_unit;
}

bool Unroller::check_pack() {
    if (pack_->empty() && layout_ != Layout::resolved) {
        report_->fault(0, "a pack without records", "RFC 8428 3");
        return false;
    }
    if (!understands_version(pack_->version(), every_feature) ||
        pack_->version() >= std::uint64_t{1} << 53) {
        report_->fault(0, "bver " + std::to_string(pack_->version()) + " is no version",
                       "RFC 9100 3");
        return false;
    }
    return true;
}

// The resolved layout shows what was read, under whichever rule that was.
bool Unroller::check_names() {
    if (layout_ == Layout::resolved) return true;
    if (one_name_) return check_name((*pack_)[0], 0);
    seen_.assign(pack_->name_count(), false);
    for (std::size_t i = 0; i < pack_->size(); ++i) {
        const Record& record = (*pack_)[i];
        const auto id = static_cast<std::size_t>(record.name);
        if (seen_[id]) continue;
        seen_[id] = true;
        if (!check_name(record, i)) return false;
    }
    return true;
}

bool Unroller::check_name(const Record& record, std::size_t index) {
    const auto what = name_fault(name_of(record), NameRule::rfc8428, ReadOptions{}.max_name);
    if (!what) return true;
    report_->fault(index + 1, *what, "RFC 8428 4.5.1");
    return false;
}

void Unroller::choose_version() {
    version_ = pack_->version();
    if (layout_ == Layout::resolved) return;
    const auto records = pack_->records().first(one_unit_ ? 1 : pack_->size());
    seen_.assign(one_unit_ ? 0 : pack_->unit_count() + 1, false);
    for (const Record& record : records) {
        const auto id = static_cast<std::size_t>(record.unit);
        if (!one_unit_ && seen_[id]) continue;
        if (!one_unit_) seen_[id] = true;
        if (unit_status(pack_->unit(record.unit)) != UnitStatus::secondary) continue;
        version_ = version_ < default_version ? version_with_secondary_units
                                              : version_ | version_with_secondary_units;
        return;
    }
}

void Unroller::choose_names() {
    prefix_ = name_of((*pack_)[0]);
    base_name_per_run_ = one_name_;
    if (one_name_) return;
    NameId last = (*pack_)[0].name;
    std::size_t runs_cost = prefix_.size() + label_cost;
    for (const Record& record : pack_->records()) {
        if (record.name == last) continue;
        last = record.name;
        const std::string_view name = name_of(record);
        runs_cost += name.size() + label_cost;
        const auto border = std::ranges::mismatch(prefix_, name).in1 - prefix_.begin();
        prefix_ = prefix_.substr(0, static_cast<std::size_t>(border));
    }
    std::size_t prefix_cost = prefix_.size() + label_cost;
    std::size_t plain_cost = 0;
    for (const Record& record : pack_->records()) {
        const std::size_t size = name_of(record).size();
        plain_cost += size + label_cost;
        if (size > prefix_.size()) prefix_cost += size - prefix_.size() + label_cost;
    }
    base_name_per_run_ = runs_cost <= prefix_cost && runs_cost < plain_cost;
    if (prefix_cost >= plain_cost) prefix_ = {};
}

void Unroller::choose_units() {
    if (layout_ == Layout::streamed) return;
    base_unit_from_ = one_unit_ ? 0 : pack_->size();
    if (!one_unit_) {
        while (base_unit_from_ > 0 && (*pack_)[base_unit_from_ - 1].unit != no_unit) {
            --base_unit_from_;
        }
    }
    if (base_unit_from_ < pack_->size()) base_unit_ = (*pack_)[base_unit_from_].unit;
}

void Unroller::put_name(const Record& record, std::size_t index) {
    if (base_name_per_run_) {
        if (index > 0 && (*pack_)[index - 1].name == record.name) return;
        raw_.bn = name_of(record);
        raw_.present |= bit(Label::bn);
        return;
    }
    if (index == 0 && (!prefix_.empty() || layout_ == Layout::streamed)) {
        raw_.bn = prefix_;
        raw_.present |= bit(Label::bn);
    }
    raw_.n = name_of(record).substr(prefix_.size());
    if (!raw_.n.empty()) raw_.present |= bit(Label::n);
}

void Unroller::put_unit(const Record& record, std::size_t index) {
    if (record.unit == no_unit) return;
    if (base_unit_ != no_unit && index >= base_unit_from_) {
        if (index == base_unit_from_) {
            raw_.bu = pack_->unit(base_unit_);
            raw_.present |= bit(Label::bu);
        }
        if (record.unit == base_unit_) return;
    }
    raw_.u = pack_->unit(record.unit);
    raw_.present |= bit(Label::u);
}

bool Unroller::put_time(const Record& record, std::size_t index) {
    const Nanos time = record.time.time_since_epoch().count();
    if (layout_ != Layout::resolved && time < Nanos{absolute_from_seconds} * nanos_per_second) {
        report_->fault(raw_.index, "a time before 1978-07-04 would be read as relative to now",
                       "RFC 8428 4.5.3");
        return false;
    }
    if (!factored()) {
        raw_.t = time;
        raw_.present |= bit(Label::t);
        return true;
    }
    if (index == 0 || !adds_up(time)) {
        choose_base_time(time);
        raw_.bt = base_time_;
        raw_.present |= bit(Label::bt);
    }
    raw_.t = time - base_time_;
    if (raw_.t != 0) raw_.present |= bit(Label::t);
    return true;
}

// Whether a reader that adds bt and t as doubles gets the nearest double of the time.
bool Unroller::adds_up(Nanos time) const {
    const Nanos offset = time - base_time_;
    if (offset == 0) return true;
    const bool whole = base_time_ % nanos_per_second == 0 && offset % nanos_per_second == 0;
    return whole || to_seconds(base_time_) + to_seconds(offset) == to_seconds(time);
}

// A whole second, because it is an exact double; unless one time serves for all.
void Unroller::choose_base_time(Nanos time) {
    base_time_ = time;
    if (one_time_) return;
    base_time_ -= time % nanos_per_second;  // positive: relative times were refused
    if (!adds_up(time)) base_time_ = time;
}

bool Unroller::put_value(const Record& record) {
    switch (record.kind) {
        case Kind::none:
            if (record.has_extra && pack_->extra(raw_.index - 1).sum) return true;
            report_->fault(raw_.index, "no value and no sum", "RFC 8428 4.2");
            return false;
        case Kind::number:
            raw_.v = record.number;
            raw_.present |= bit(Label::v);
            return true;
        case Kind::text:
            raw_.vs = pack_->text(record);
            raw_.present |= bit(Label::vs);
            return true;
        case Kind::boolean:
            raw_.vb = record.boolean;
            raw_.present |= bit(Label::vb);
            return true;
        case Kind::data: {
            const auto octets = pack_->data(record);
            raw_.vd = {reinterpret_cast<const char*>(octets.data()), octets.size()};
            raw_.present |= bit(Label::vd);
            return true;
        }
    }
    return false;
}

void Unroller::put_extra(std::size_t index) {
    const Extra& extra = pack_->extra(index);
    if (extra.sum) {
        raw_.s = *extra.sum;
        raw_.present |= bit(Label::s);
    }
    if (extra.update_time) {
        raw_.ut = *extra.update_time;
        raw_.present |= bit(Label::ut);
    }
    unknown_.clear();
    for (const UnknownField& field : extra.unknown) unknown_.push_back({field.label, field.json});
    raw_.unknown = unknown_;
}

}  // namespace courant::senml::detail
