// One record as it stands in a pack, before base fields are applied: what readers hand on and
// writers take.
//
// Strings are views into the input or into the reader's scratch memory and live until the next
// record. A record is reused from one to the next: only `present` says which members mean
// something.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "senml/detail/decimal.hpp"

namespace courant::senml::detail {

/// The labels of RFC 8428 Table 1, in the order in which they are written.
enum class Label : std::uint8_t {
    bn,
    bt,
    bu,
    bver,
    bv,
    bs,
    n,
    u,
    t,
    v,
    vs,
    vb,
    vd,
    s,
    ut,
    unknown
};

inline constexpr std::size_t label_count = static_cast<std::size_t>(Label::unknown);

/// A set of labels, as bits.
using Labels = std::uint32_t;

constexpr Labels bit(Label label) {
    return Labels{1} << static_cast<unsigned>(label);
}

inline constexpr Labels base_labels = bit(Label::bn) | bit(Label::bt) | bit(Label::bu) |
                                      bit(Label::bver) | bit(Label::bv) | bit(Label::bs);
inline constexpr Labels value_labels =
    bit(Label::v) | bit(Label::vs) | bit(Label::vb) | bit(Label::vd);

/// The fields of one record.
struct RawRecord {
    std::size_t index = 0;  ///< 1 for the first record of the pack
    Labels present = 0;
    bool vb = false;
    std::uint64_t bver = 0;
    Nanos bt = 0;
    Nanos t = 0;
    double bv = 0;
    double bs = 0;
    double v = 0;
    double s = 0;
    double ut = 0;
    std::string_view bn;
    std::string_view bu;
    std::string_view n;
    std::string_view u;
    std::string_view vs;
    std::string_view vd;  ///< the octets, decoded

    bool has(Label label) const { return (present & bit(label)) != 0; }
};

/// The label of that spelling; `unknown` if RFC 8428 has none such.
Label find_label(std::string_view text);

/// The spelling of a label.
std::string_view spelling(Label label);

/// Whoever takes records: the resolver, or a writer.
class RecordSink {
  public:
    virtual ~RecordSink() = default;
    /// Takes the next record; false stops the reader, the report then says why.
    virtual bool take(const RawRecord& record) = 0;
};

}  // namespace courant::senml::detail
