// What the senders sent and what the cooperative got, each read from where it really is.
//
// Sent: a sender's outbox keeps every message until its receiver has acknowledged it. The lane to
// the auditor, who never comes online, therefore holds exactly what the proxy sent to everybody.
// Received: the files that the cooperative's app has, as text, with none of the sink's code.
// Delays: the proxies' logs, one line for each receipt.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "examples/solar-cooperative/plan.hpp"

namespace courant::example {

/// One value of a series at one time.
struct Reading {
    Time time;
    double value = 0;
};

/// The readings of a series, in the order in which they were found.
struct Series {
    std::string unit;
    std::vector<Reading> readings;
};

/// By name, people's spelling.
using SeriesByName = std::map<std::string, Series>;

/// One message that a peer has durably.
struct Acknowledged {
    std::int64_t readings = 0;
    double delay_seconds = 0;
};

/// What a store can say of its lanes and letters.
struct StoreState {
    std::int64_t sent_messages = 0;     ///< given a number on the lane to the cooperative
    std::int64_t unacknowledged = 0;    ///< of these, without a receipt
    std::int64_t kept_readings = 0;     ///< waiting for the auditor: all that were sent
    std::int64_t arrived_messages = 0;  ///< taken in, in order and without holes, from anybody
    std::int64_t beyond_a_hole = 0;     ///< taken in, and waiting for one before them
    std::int64_t before_the_app = 0;    ///< messages taken in that no app has yet
    std::int64_t dead_letters = 0;
    bool extracted = false;  ///< a source has been read at least once
};

/// Throws StoreError where the store cannot be read.
StoreState store_state(const Member& member, const Plan& plan);

/// Everything on the lane to the auditor.
SeriesByName sent_by(const Member& sender, const Plan& plan);

/// The rows of all files of the cooperative. Throws std::runtime_error at a row that is none.
SeriesByName received(const Plan& plan);

/// How many rows these files have by now; cheap enough to ask ten times a second.
std::int64_t rows_received(const Plan& plan);

/// The receipts that a sender got from the cooperative.
std::vector<Acknowledged> acknowledged(const Member& sender, const Plan& plan);

}  // namespace courant::example
