// What readings come to for a peer that does not get all of them: values of periods, or only those
// that moved, or both.
//
// Between the readings something has to be remembered: the period under way, the value that went
// last. It stands in the store, for each peer and series, and is read and written in the
// transaction that puts what comes of it into the outbox. So nothing is kept here from call to
// call: a work that is run again, or a process that begins again, finds what the last commit left.
//
// Everything here moves with the times of the readings and with no clock: a period goes when the
// first reading behind it comes, a heartbeat with the first reading that is old enough. That is
// right for what comes live and for a month that comes at once.
//
// One step of a transaction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "jobs/aggregation.hpp"
#include "jobs/audience.hpp"
#include "proxy-core/access/shape_book.hpp"
#include "proxy-core/adapter.hpp"

namespace courant {

/// What readings came to for one destination.
struct Shaped {
    /// What goes, apart for each quality.
    std::map<Quality, senml::Pack> readings;
    /// To be remembered, if it goes.
    std::vector<ShapeState> states;
    /// Readings and periods that cannot go: they come late, they lack something.
    std::vector<Refused> refused;
    /// Readings of whose series nobody knows how they become one, by its name in people's spelling.
    std::map<std::string, std::int64_t> withheld;
    /// Readings of periods that were under way when the subscription became another one.
    std::int64_t forgotten = 0;
};

/// Shapes readings as destinations say. Has no state of its own.
class Shaper {
  public:
    /// Throws ConfigError where there is no such time zone.
    explicit Shaper(AggregationRules rules);

    /// Adds to `out` what these records of a pack, in order, come to for somebody with a shape that
    /// is not plain. Reads the book and does not write it.
    void shape(const senml::Pack& pack, std::span<const std::size_t> records, const Destination& to,
               Quality quality, ShapeBook& book, Shaped& out) const;

  private:
    class OneSeries;

    AggregationRules rules_;
    const date::time_zone* zone_;
};

}  // namespace courant
