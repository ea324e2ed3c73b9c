// The acceptance vectors that lie beside the repository, as the tests need them.
//
// They are read from the folder that COURANT_SHARED names or, without it, from where the build
// expects them. Where that folder is missing there is nothing to compare with, and the tests say so
// and pass.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "senml/pack.hpp"

namespace courant::senml::test {

/// The folder of the SenML vectors, if it is there.
std::optional<std::filesystem::path> vectors();

/// The bytes of a file.
std::string read_bytes(const std::filesystem::path& file);

/// A file of JSON.
nlohmann::json read_json_file(const std::filesystem::path& file);

/// Rows of a CSV file without its header, fields split at commas (the vectors quote none that
/// matter).
std::vector<std::vector<std::string>> read_csv(const std::filesystem::path& file);

/// Seconds as a point in time, exactly, from a JSON number; the epoch for null.
Time time_from(const nlohmann::json& seconds);

/// What is different between a pack and the records a vector expects; empty if nothing is.
std::string difference(const Pack& pack, const nlohmann::json& expected);

}  // namespace courant::senml::test
