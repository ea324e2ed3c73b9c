// Is what arrived what was sent? Nothing here rounds or forgives: the same number of readings, in
// the same order, at the same nanosecond, with the same bits, and from them the same energy.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "examples/solar-cooperative/evidence.hpp"

namespace courant::example {

/// What became of one series.
struct SeriesResult {
    std::string name;
    /// The proxy that sent it.
    Jid sender;
    std::size_t sent = 0;
    std::size_t received = 0;
    /// Of the sent ones, those that a later one of the same time replaced: an app has one value for
    /// one time.
    std::size_t replaced = 0;
    /// kWh; nothing for a series that holds no energy.
    std::optional<double> energy_sent = {};
    std::optional<double> energy_received = {};
    /// From the commit into the outbox to the receipt, over the messages of the sender's lane, in
    /// seconds.
    double delay_p50 = 0;
    double delay_p99 = 0;
};

/// What became of everything.
struct Result {
    /// The proxy that received it.
    Jid receiver;
    std::vector<SeriesResult> series;
    std::size_t messages = 0;
    /// What did not fit, each a sentence; none: every reading arrived once, in order, as it was.
    std::vector<std::string> faults;
    /// What the sources could not use and set aside before it was sent.
    std::int64_t set_aside = 0;
};

/// The time that occurs most often between two readings; zero where there are not two.
senml::Span usual_period(const Series& series);

/// The energy of a series in kWh; a mean power counts for the usual period. Nothing where the
/// readings do not say.
std::optional<double> energy(const Series& series, Meaning meaning);

/// Compares all that the plan's senders sent with all that the cooperative has.
Result compare(const Plan& plan);

}  // namespace courant::example
