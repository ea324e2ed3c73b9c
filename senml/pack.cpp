#include "senml/pack.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>
#include <stdexcept>

namespace courant::senml {

namespace {

bool earlier(const Record& a, const Record& b) {
    return a.time < b.time;
}

bool same_value(const Pack& a, const Record& x, const Pack& b, const Record& y) {
    if (x.kind != y.kind) return false;
    switch (x.kind) {
        case Kind::none:
            return true;
        case Kind::number:
            return std::bit_cast<std::uint64_t>(x.number) == std::bit_cast<std::uint64_t>(y.number);
        case Kind::boolean:
            return x.boolean == y.boolean;
        case Kind::text:
            return a.text(x) == b.text(y);
        case Kind::data:
            return std::ranges::equal(a.data(x), b.data(y));
    }
    return false;
}

}  // namespace

NameId Pack::intern_name(std::string_view name) {
    return NameId{names_.intern(name)};
}

UnitId Pack::intern_unit(std::string_view unit) {
    const std::uint32_t index = units_.intern(unit);
    if (index >= max_units) throw std::length_error("more units than a pack can hold");
    return UnitId{static_cast<std::uint16_t>(index + 1)};
}

std::uint64_t Pack::store(std::string_view bytes) {
    slots_.push_back({arena_.size(), bytes.size()});
    arena_.append(bytes);  // std::string copes with a view into itself
    return slots_.size() - 1;
}

void Pack::add_text(NameId name, UnitId unit, Time time, std::string_view value) {
    append(name, unit, time, Kind::text).text_slot = store(value);
}

void Pack::add_boolean(NameId name, UnitId unit, Time time, bool value) {
    append(name, unit, time, Kind::boolean).boolean = value;
}

void Pack::add_data(NameId name, UnitId unit, Time time, std::span<const std::byte> value) {
    const auto* first = reinterpret_cast<const char*>(value.data());
    append(name, unit, time, Kind::data).text_slot = store({first, value.size()});
}

void Pack::add_valueless(NameId name, UnitId unit, Time time) {
    append(name, unit, time, Kind::none);
}

void Pack::set_extra(Extra extra) {
    const std::size_t last = records_.size() - 1;
    const bool replaces = !extras_.empty() && extras_.back().record == last;
    if (replaces) extras_.pop_back();
    records_.back().has_extra = !extra.empty();
    if (!extra.empty()) extras_.push_back({last, std::move(extra)});
}

void Pack::drop_last() {
    records_.pop_back();
    if (!extras_.empty() && extras_.back().record == records_.size()) extras_.pop_back();
}

void Pack::add_from(const Pack& other, std::size_t index) {
    add_from(other, index, other.name(other[index].name));
}

void Pack::add_from(const Pack& other, std::size_t index, std::string_view name_here) {
    const Record from = other[index];
    Extra extra = other.extra(index);
    const NameId name = intern_name(name_here);
    const UnitId unit = from.unit == no_unit ? no_unit : intern_unit(other.unit(from.unit));
    Record& record = append(name, unit, from.time, from.kind);
    switch (from.kind) {
        case Kind::none:
            break;
        case Kind::number:
            record.number = from.number;
            break;
        case Kind::boolean:
            record.boolean = from.boolean;
            break;
        case Kind::text:
        case Kind::data:
            record.text_slot = store(other.bytes(from));
            break;
    }
    if (from.has_extra) set_extra(std::move(extra));
}

std::string_view Pack::name(NameId id) const {
    return names_[static_cast<std::size_t>(id)];
}

std::string_view Pack::unit(UnitId id) const {
    if (id == no_unit) return {};
    return units_[static_cast<std::size_t>(id) - 1];
}

std::string_view Pack::bytes(const Record& record) const {
    const Slot slot = slots_[record.text_slot];
    return std::string_view{arena_}.substr(slot.offset, slot.size);
}

std::string_view Pack::text(const Record& record) const {
    return bytes(record);
}

std::span<const std::byte> Pack::data(const Record& record) const {
    const std::string_view octets = bytes(record);
    return std::as_bytes(std::span{octets.data(), octets.size()});
}

const Extra& Pack::extra(std::size_t index) const {
    static const Extra none;
    if (!records_[index].has_extra) return none;
    return std::ranges::lower_bound(extras_, index, {}, &IndexedExtra::record)->extra;
}

void Pack::sort_by_time() {
    if (std::ranges::is_sorted(records_, earlier)) return;
    if (extras_.empty()) {
        std::ranges::stable_sort(records_, earlier);
        return;
    }
    std::vector<std::size_t> order(records_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(
        order, [this](std::size_t a, std::size_t b) { return earlier(records_[a], records_[b]); });
    std::vector<Record> records;
    std::vector<IndexedExtra> extras;
    records.reserve(records_.size());
    extras.reserve(extras_.size());
    for (const std::size_t index : order) {
        if (records_[index].has_extra) extras.push_back({records.size(), extra(index)});
        records.push_back(records_[index]);
    }
    records_ = std::move(records);
    extras_ = std::move(extras);
}

void Pack::clear() {
    records_.clear();
    names_.clear();
    units_.clear();
    arena_.clear();
    slots_.clear();
    extras_.clear();
    version_ = default_version;
}

bool operator==(const Pack& a, const Pack& b) {
    if (a.size() != b.size() || a.version() != b.version()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const Record& x = a[i];
        const Record& y = b[i];
        const bool same_unit =
            (x.unit == no_unit) == (y.unit == no_unit) && a.unit(x.unit) == b.unit(y.unit);
        if (x.time != y.time || a.name(x.name) != b.name(y.name) || !same_unit ||
            !same_value(a, x, b, y) || a.extra(i) != b.extra(i)) {
            return false;
        }
    }
    return true;
}

}  // namespace courant::senml
