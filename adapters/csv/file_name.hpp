// The name of a series as the name of a file.
//
// Series names come from peers, so nothing in them may lead out of the folder, hide a file or make
// two series share one. What people read stays readable:
// zabbix:lorient.example/kersabiec:lorient.example/pv/power becomes
// zabbix@lorient.example+kersabiec@lorient.example+pv+power.csv. Every other character outside A-Z
// a-z 0-9 - _ . is written %XX, so different names have different files. A name too long for one
// file is cut into folders whose names end in `~`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace courant::csv {

/// The path of a series' file, relative to the sink's folder.
std::filesystem::path series_path(std::string_view name);
/// The name whose file has that path, in SenML spelling; nothing for a file that is none of these.
std::optional<std::string> series_of(const std::filesystem::path& path);

}  // namespace courant::csv
