// What all contestants carry: two load curves of half hours, as a file, as packs and as stanzas.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "senml/pack.hpp"

namespace courant::bench {

/// How many readings go in one message where they are batched.
inline constexpr std::size_t readings_per_message = 500;

/// The readings, in packs of `readings_per_message` in the order of their times.
std::vector<senml::Pack> make_packs(std::size_t readings);

/// The same as the rows of a CSV file with a column for each series: t, a, b.
void write_csv(const std::vector<senml::Pack>& packs, const std::filesystem::path& file);

/// The configuration that publishes that file, with names of `jid`.
std::string csv_adapter(const std::filesystem::path& file, const std::string& jid);

/// A message around each pack, as the bare client sends it: XML, no number that means anything.
std::vector<std::string> stanzas_of(const std::vector<senml::Pack>& packs, const std::string& to);

/// A message with one live reading.
std::string live_stanza(const std::string& to);

/// One pack of one live reading, the `index`th of its series.
senml::Pack live_pack(std::size_t index);

}  // namespace courant::bench
