#include "proxy-core/mailbox/detail/past_row.hpp"

#include <chrono>
#include <cmath>

#include "senml/codec.hpp"

namespace courant::detail {

std::optional<PastValue> past_value(const senml::Pack& pack, std::size_t index) {
    const senml::Record& record = pack[index];
    if (record.time < senml::from_unix_seconds(senml::absolute_from_seconds)) return std::nullopt;
    // SQLite keeps no sign of a zero.
    const bool negative_zero =
        record.kind == senml::Kind::number && record.number == 0 && std::signbit(record.number);
    if (record.kind == senml::Kind::number && !record.has_extra && !negative_zero) {
        if (!std::isfinite(record.number)) return std::nullopt;
        return PastValue{.number = record.number};
    }
    senml::Pack one;
    one.add_from(pack, index);
    auto cbor = senml::write(senml::Format::cbor, one);
    if (!cbor) return std::nullopt;
    return PastValue{.record = std::move(*cbor)};
}

std::optional<std::string> past_unit(const senml::Pack& pack, const senml::Record& record) {
    if (record.unit == senml::no_unit) return std::nullopt;
    return std::string(pack.unit(record.unit));
}

bool add_past_record(senml::Pack& into, std::string_view cbor) {
    const auto one = senml::read(
        senml::Format::cbor, cbor,
        {.now = {}, .names = senml::NameRule::federated, .unknown = senml::Unknown::keep});
    if (!one || one->size() != 1) return false;
    into.add_from(*one, 0);
    return true;
}

}  // namespace courant::detail
