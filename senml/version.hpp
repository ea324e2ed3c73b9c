// Versions of SenML, and the features that they stand for (RFC 9100).
//
//     ReadOptions options{.now = now, .features = feature(secondary_units) | feature(5)};
//     if ((features_of(pack.version()) & feature(secondary_units)) != 0) …
//     pack.set_version(version_of(feature(secondary_units)));      // 26
//
// A version above 10 is a set of features, not a point in time: 10, and for every feature two to
// the power of its code. A reader must understand all of them. Version 10 is RFC 8428 without any;
// versions below are drafts' and say nothing about features.
#pragma once

#include <cstdint>

#include "senml/pack.hpp"

namespace courant::senml {

/// The codes of features (RFC 9100 section 6.2): 4 to 52, as 0 to 3 spell the version 10.
inline constexpr unsigned first_feature = 4;
/// The last code.
inline constexpr unsigned last_feature = 52;
/// RFC 8798: units that are multiples of others, `kWh`.
inline constexpr unsigned secondary_units = 4;

/// A feature as a bit, as `ReadOptions::features` has them.
constexpr std::uint64_t feature(unsigned code) {
    return std::uint64_t{1} << code;
}

/// The version that says these features.
constexpr std::uint64_t version_of(std::uint64_t features) {
    return default_version | features;
}

/// The features that a version says; none for version 10 and below.
constexpr std::uint64_t features_of(std::uint64_t version) {
    return version > default_version ? version & ~(feature(first_feature) - 1) : 0;
}

}  // namespace courant::senml
