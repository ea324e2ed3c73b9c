// What one run of the example does: who takes part, which series go, and where everything lies.
//
// Every command of the demo program gets the same options and makes the same plan from them, so
// that nothing has to be handed from one to the next.
#pragma once

#include <chrono>
#include <cxxopts.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "examples/solar-cooperative/zone.hpp"
#include "proxy-core/federation/jid.hpp"

namespace courant::example {

/// What the values of a series say, which decides how they become energy.
enum class Meaning {
    power,   ///< mean power over a period: value x period
    energy,  ///< energy of a period: the sum
    index,   ///< a register that only grows: last less first
    other,   ///< no energy: a temperature, a voltage
};

/// A column of the town's file and the series that it becomes.
struct Column {
    std::string heading;
    /// People's spelling.
    std::string series;
    /// As in the file; the adapter converts to W or J.
    std::string unit;
    Meaning meaning = Meaning::power;
};

/// One proxy of the federation.
struct Member {
    Jid jid;
    /// Its configuration, password and store lie there.
    std::filesystem::path folder;

    std::filesystem::path config() const { return folder / "courant.toml"; }
    std::filesystem::path store() const { return folder / "courant.db"; }
    /// What it tells on stderr, one JSON object a line.
    std::filesystem::path log() const { return folder / "log"; }
};

/// The whole of it.
struct Plan {
    std::filesystem::path folder;
    Member town;
    Member home;
    Member coop;
    /// A peer that never comes online. Its lane in a sender's outbox keeps every reading that was
    /// sent, and is what the received ones are compared with.
    Jid auditor;

    /// A person's own export; nothing: the synthetic day.
    std::optional<std::filesystem::path> input;
    /// How it is written, in the words of the adapter csv.
    std::string separator, decimal, time_column, time_format, nonexistent;
    std::vector<Column> columns;
    Zone zone{"UTC"};
    /// The synthetic day: of the home always, of the town where there is no input.
    std::chrono::sys_days day;
    /// The day of the input to draw; nothing: the one with most.
    std::optional<std::chrono::sys_days> drawn;
    /// How long the synthetic day takes.
    std::chrono::duration<double> pace{12};

    /// The file that the town's proxy reads.
    std::filesystem::path town_file() const;
    /// The folder into which the cooperative's proxy writes.
    std::filesystem::path received() const { return coop.folder / "readings"; }
    /// The serial line of the home's meter.
    std::filesystem::path meter() const { return home.folder / "meter"; }
    /// Whom that meter is about.
    std::string home_subject() const;
    /// Its series: energy taken from the grid since it was mounted.
    std::string home_index() const;
};

/// The options that make a plan, to be added to those of a command.
void add_plan_options(cxxopts::Options& options);

/// Throws std::invalid_argument with a sentence for a person where they make no sense.
Plan plan_from(const cxxopts::ParseResult& given);

}  // namespace courant::example
