#include "senml/reading.hpp"

namespace courant::senml {

namespace {

// One way for each alternative of Reading::value.
struct Adder {
    Pack& pack;
    NameId name;
    UnitId unit;
    Time time;

    void operator()(std::monostate) const { pack.add_valueless(name, unit, time); }
    void operator()(double value) const { pack.add(name, unit, time, value); }
    void operator()(bool value) const { pack.add_boolean(name, unit, time, value); }
    void operator()(const std::string& value) const { pack.add_text(name, unit, time, value); }
    void operator()(const std::vector<std::byte>& value) const {
        pack.add_data(name, unit, time, value);
    }
};

}  // namespace

Reading reading(const Pack& pack, std::size_t index) {
    const Record& record = pack[index];
    const Extra& extra = pack.extra(index);
    Reading result{.name = std::string{pack.name(record.name)},
                   .time = record.time,
                   .sum = extra.sum,
                   .update_time = extra.update_time,
                   .unknown = extra.unknown};
    if (record.unit != no_unit) result.unit = pack.unit(record.unit);
    switch (record.kind) {
        case Kind::none:
            break;
        case Kind::number:
            result.value = record.number;
            break;
        case Kind::boolean:
            result.value = record.boolean;
            break;
        case Kind::text:
            result.value = std::string{pack.text(record)};
            break;
        case Kind::data: {
            const auto octets = pack.data(record);
            result.value = std::vector(octets.begin(), octets.end());
            break;
        }
    }
    return result;
}

std::vector<Reading> readings(const Pack& pack) {
    std::vector<Reading> all;
    all.reserve(pack.size());
    for (std::size_t i = 0; i < pack.size(); ++i) all.push_back(reading(pack, i));
    return all;
}

void add(Pack& pack, const Reading& reading) {
    const NameId name = pack.intern_name(reading.name);
    const UnitId unit = reading.unit ? pack.intern_unit(*reading.unit) : no_unit;
    std::visit(Adder{pack, name, unit, reading.time}, reading.value);
    Extra extra{reading.sum, reading.update_time, reading.unknown};
    if (!extra.empty()) pack.set_extra(std::move(extra));
}

Pack to_pack(std::span<const Reading> readings) {
    Pack pack;
    pack.reserve(readings.size());
    for (const Reading& each : readings) add(pack, each);
    return pack;
}

}  // namespace courant::senml
