// Reads the configuration file: TOML in, a valid Config out, or every fault at once.
//
//     const auto config = load_config("town.toml", {.adapters = all_adapters(),
//                                                   .cron_fault = CronExpression::fault});
//
// A person mends a file in one go only if all faults are told in one go, each with file, line and
// key:
//
//     town.toml:14: adapters.zabbix.acces_token: unknown key. Did you mean access_token?
//     town.toml:20: limits.window_messages: must be a whole number, found a text
//
// So the loader never stops at the first fault, unless the file is no TOML at all. It knows no key
// of its own: what may stand in the file is in keys.hpp for our sections, and in each adapter's
// description for its own.
//
// Rules that hold everywhere in the file:
//
// Variables. `${NAME}` in a text is replaced by the environment variable; one that is not set is a
// fault. `$${` is a plain `${`.
//
// Secrets. They may lie in a file: `password_file = "password"`; one newline at its end is not part
// of it. A file that group or others may read is a warning.
//
// Paths. Relative ones start at the configuration file's folder; `-` stays as it is.
//
// Nothing. An empty text for a key that has no default is the same as no key.
//
// Names. One in the `series` of an adapter from which readings are extracted must begin with our
// own JID: every peer would refuse readings under another name.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proxy-core/config/config.hpp"

namespace courant {

/// What the loader needs to know of rooms that it must not know.
struct LoaderContext {
    /// The adapters of this build.
    std::span<const Adapter* const> adapters = {};
    /// What is wrong with a cron expression, nothing if it is right. Unset: any text passes.
    std::function<std::optional<std::string>(std::string_view)> cron_fault = {};
    /// The value of an environment variable. Unset: the environment of the process.
    std::function<std::optional<std::string>(const std::string&)> environment = {};
};

/// The configuration in `file`. Throws ConfigError, whose what() has one line for each fault, in
/// the order of the file.
Config load_config(const std::filesystem::path& file, const LoaderContext& context);

/// The same for text that is no file yet; `file` is the name in faults and its folder the start of
/// relative paths.
Config parse_config(std::string_view text, const std::filesystem::path& file,
                    const LoaderContext& context);

}  // namespace courant
