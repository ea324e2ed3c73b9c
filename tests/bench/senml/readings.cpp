#include "tests/bench/senml/readings.hpp"

#include <stdexcept>

namespace courant::bench {

namespace {

constexpr std::array<bool, 256> make_alphabet() {
    std::array<bool, 256> allowed{};
    for (const char c : std::string_view{"-:./_"}) allowed[static_cast<unsigned char>(c)] = true;
    for (unsigned char c = '0'; c <= '9'; ++c) allowed[c] = true;
    for (unsigned char c = 'a'; c <= 'z'; ++c) allowed[c] = true;
    for (unsigned char c = 'A'; c <= 'Z'; ++c) allowed[c] = true;
    return allowed;
}
constexpr auto alphabet = make_alphabet();

bool renames(const Fields& fields) {
    return fields.has(Label::bn) || fields.has(Label::n);
}

}  // namespace

std::uint32_t TextTable::intern(std::string_view text) {
    for (std::size_t i = 0; i < size_; ++i) {
        if (texts_[i] == text) return static_cast<std::uint32_t>(i);
    }
    if (size_ == texts_.size()) {
        texts_.emplace_back(text);
    } else {
        texts_[size_] = text;
    }
    return static_cast<std::uint32_t>(size_++);
}

void check_name(std::string_view name) {
    bool good = !name.empty() && name[0] != '-' && name[0] != ':' && name[0] != '.' &&
                name[0] != '/' && name[0] != '_';
    for (const char c : name) good = good && alphabet[static_cast<unsigned char>(c)];
    if (!good) throw std::runtime_error("no SenML name: " + std::string{name});
}

void BaseFields::take(const Fields& fields) {
    if (fields.has(Label::bn)) name = fields.text(Label::bn);
    if (fields.has(Label::bu)) unit = fields.text(Label::bu);
    if (fields.has(Label::bt)) time = fields.number(Label::bt);
    if (fields.has(Label::bv)) value = fields.number(Label::bv);
}

double BaseFields::resolve_value(const Fields& fields) const {
    if (!fields.has(Label::v)) throw std::runtime_error("a record without a value");
    return value + fields.number(Label::v);
}

void BaseFields::clear() {
    name.clear();
    unit.clear();
    time = 0;
    value = 0;
}

void SharedSink::begin(double now) {
    now_ = now;
    base_.clear();
    base_name_ = unknown_id;
    base_unit_ = unknown_id;
    readings_.rows.clear();
    readings_.names.clear();
    readings_.units.clear();
}

void SharedSink::take(const Fields& fields) {
    base_.take(fields);
    if (fields.has(Label::bn)) base_name_ = unknown_id;
    if (fields.has(Label::bu)) base_unit_ = unknown_id;
    readings_.rows.push_back({base_.resolve_time(fields, now_), base_.resolve_value(fields),
                              name_of(fields), unit_of(fields)});
}

std::uint32_t SharedSink::name_of(const Fields& fields) {
    if (fields.has(Label::n)) {
        full_name_ = base_.name;
        full_name_ += fields.text(Label::n);
        check_name(full_name_);
        return readings_.names.intern(full_name_);
    }
    if (base_name_ == unknown_id) {
        check_name(base_.name);
        base_name_ = readings_.names.intern(base_.name);
    }
    return base_name_;
}

std::uint32_t SharedSink::unit_of(const Fields& fields) {
    if (fields.has(Label::u)) return readings_.units.intern(fields.text(Label::u));
    if (base_unit_ == unknown_id) base_unit_ = readings_.units.intern(base_.unit);
    return base_unit_;
}

void OwningSink::begin(double now) {
    now_ = now;
    base_.clear();
    readings_ = {};
}

void OwningSink::take(const Fields& fields) {
    base_.take(fields);
    auto& reading = readings_.emplace_back();
    reading.name = base_.name;
    if (fields.has(Label::n)) reading.name += fields.text(Label::n);
    if (renames(fields) || readings_.size() == 1) check_name(reading.name);
    reading.unit = fields.has(Label::u) ? fields.text(Label::u) : std::string_view{base_.unit};
    reading.time = base_.resolve_time(fields, now_);
    reading.value = base_.resolve_value(fields);
}

}  // namespace courant::bench
