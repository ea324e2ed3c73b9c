// From what an adapter brought to what goes to whom: readings become messages.
//
// Every peer gets the series that it has subscribed to, in the order in which they came, split into
// messages that stay under the smallest stanza limit on the way. The pack is written here, once per
// peer and grant, so that the threads behind have nothing to do but to store and to send it.
//
// It is written in XML and, unless the peer is known not to want that, compact (mailbox/body.hpp);
// the shorter one goes. XML is written in any case: what has no image in it, or too large a one,
// could not go to a peer that stops reading the other. Of one reading XML is the shorter one; from
// two on the compact form is, and from then on it saves more in the servers, which pay per element,
// than it costs here (tests/bench/README.md).
//
// What does not go as it is (shaping.hpp) is only set apart at first: what comes of it depends on
// what the store remembers, and is written inside the transaction that commits the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "jobs/audience.hpp"
#include "jobs/shaping.hpp"
#include "proxy-core/access/pseudonym.hpp"
#include "proxy-core/adapter.hpp"
#include "proxy-core/federation/jid.hpp"
#include "proxy-core/mailbox/body.hpp"
#include "proxy-core/mailbox/message.hpp"
#include "senml/codec.hpp"
#include "senml/pack.hpp"

namespace courant {

/// How messages are cut.
struct DispatchRules {
    /// This proxy: the first hop.
    Jid self;
    std::size_t records_per_message = 500;
    /// The same toward peers that have said that they read packed packs: those do not mind more.
    std::size_t packed_records_per_message = 2'000;
    /// What we write.
    Encodings encodings = Encodings::xml_and_packed;
    /// The largest stanza, in bytes, all that surrounds the pack included.
    std::size_t stanza_bytes = 200'000;
    Quality quality = Quality::raw;
    /// Where the other names are, for peers that get subjects under a pseudonym.
    PseudonymFiles pseudonyms = {};
    /// How series are aggregated for those who do not get all of them.
    AggregationRules aggregation = {};
};

/// Readings for somebody who does not get them as they are.
struct ToBeShaped {
    /// A place in Audience::destinations.
    std::uint32_t seat = 0;
    /// Records of the pack, in order.
    std::vector<std::size_t> records;
};

/// What became of a pack.
struct Dispatch {
    std::vector<Outgoing> messages;
    /// Readings that fit no message or no format.
    std::vector<Refused> refused;
    /// Readings that nobody has subscribed to, or not in that quality.
    std::int64_t unwanted = 0;
    /// What is not in messages yet.
    std::vector<ToBeShaped> to_be_shaped = {};
};

/// What became of what was to be shaped.
struct ShapedDispatch {
    std::vector<Outgoing> messages;
    std::vector<Refused> refused;
    /// To be remembered with them.
    std::vector<ShapeState> states;
    /// As in Shaped.
    std::map<std::string, std::int64_t> withheld;
    std::int64_t forgotten = 0;
};

/// Cuts packs into messages for those who subscribed to their series; keeps its memory from pack to
/// pack.
///
/// Thread: belongs to one thread.
class Dispatcher {
  public:
    explicit Dispatcher(DispatchRules rules)
        : rules_(std::move(rules)), pseudonyms_(rules_.pseudonyms), shaper_(rules_.aggregation) {}

    /// Asks the audience who gets what, in which form and under which names. `now` is when new
    /// names are given out. StoreError where that cannot be: then nothing goes.
    Dispatch dispatch(const senml::Pack& pack, RememberedAudience& audience, Time now = {});
    /// The rest of it, with what the book remembers, which is not written here. Any number of
    /// times.
    ShapedDispatch shape(const senml::Pack& pack, std::span<const ToBeShaped> parts,
                         const Audience& audience, ShapeBook& book, Time now = {});

  private:
    class Cutter;
    class OtherNames;

    DispatchRules rules_;
    PseudonymsAtNeed pseudonyms_;
    Shaper shaper_;
    senml::Writer xml_writer_;
    BodyWriter body_writer_;
    senml::Pack part_;
    std::string xml_;
};

}  // namespace courant
