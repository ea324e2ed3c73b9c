// A kept reading as both stores have it in a row: a plain number in a column of its own, anything
// else as a SenML record in CBOR.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "senml/pack.hpp"

namespace courant::detail {

/// The value of one reading; one of the two is there.
struct PastValue {
    std::optional<double> number = {};
    std::optional<std::string> record = {};
};

/// Of record `index` of a pack; nothing where no message could carry it either.
std::optional<PastValue> past_value(const senml::Pack& pack, std::size_t index);

/// The unit of a record; nothing where it has none.
std::optional<std::string> past_unit(const senml::Pack& pack, const senml::Record& record);

/// Appends the reading of a record in CBOR. Whether that can be read.
bool add_past_record(senml::Pack& into, std::string_view cbor);

}  // namespace courant::detail
