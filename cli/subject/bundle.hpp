// The folder in which a person takes along what is held about them (GDPR Art. 20), as one proxy
// writes it and another reads it.
//
//     manifest.json         what this is, whom it is about, and the SHA-256 of every other file
//     rights.json           grants with their consents, who has got what, objections
//     provenance.json       each message: from or for whom, lane and number, grant, hops, times
//     readings-raw.json     the readings of one quality as SenML JSON (RFC 8428) …
//     readings-raw.xml      … and the same as SenML XML
//
// Nothing in it is about anybody else.
#pragma once

#include <string_view>

namespace courant::cli {

/// What the manifest calls it, and the version of the layout above.
inline constexpr std::string_view bundle_format = "courant-subject-export";
inline constexpr int bundle_version = 1;
inline constexpr std::string_view manifest_name = "manifest.json";

}  // namespace courant::cli
