#include "jobs/dispatch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <set>
#include <string>

#include "proxy-core/federation/protocol.hpp"
#include "senml/codec.hpp"
#include "senml/name.hpp"

namespace courant {
namespace {

using senml::Pack;

std::string peoples_spelling(std::string_view name) {
    const auto parsed = senml::Name::parse(name);
    return parsed ? parsed->people() : std::string(name);
}

/// The records of a pack that go to one destination, in order.
using Records = std::vector<std::size_t>;

/// What goes where, by the place of the destination; and what nobody wants.
struct Plan {
    std::map<std::uint32_t, Records> records;
    std::int64_t unwanted = 0;
};

// Whom a name goes to is asked once, and where that is, is found once: a reading then costs a step
// for each copy of it.
Plan plan(const Pack& pack, Quality quality, RememberedAudience& audience) {
    Plan plan;
    const auto& destinations = audience.audience().destinations();
    std::vector<std::vector<Records*>> by_name(pack.name_count());
    for (std::uint32_t i = 0; i < pack.name_count(); ++i)
        for (const std::uint32_t seat : audience.seats(pack.name(senml::NameId{i})))
            if (quality >= destinations[seat].shape.quality)
                by_name[i].push_back(&plan.records[seat]);
    for (std::size_t i = 0; i < pack.size(); ++i) {
        const auto& lists = by_name[static_cast<std::size_t>(pack[i].name)];
        for (Records* records : lists) records->push_back(i);
        if (lists.empty()) ++plan.unwanted;
    }
    return plan;
}

/// How a peer's messages are cut.
struct Cut {
    bool packed = false;  ///< the compact form may go, too
    std::size_t records = 0;
};

Cut cut_for(const Peer* peer, const DispatchRules& rules) {
    const bool asked = peer != nullptr && peer->packed;
    const bool refuses = peer != nullptr && (peer->xml_only || (asked && !*peer->packed));
    if (refuses || rules.encodings == Encodings::xml_only)
        return {.packed = false, .records = rules.records_per_message};
    return {.packed = true,
            .records = asked ? rules.packed_records_per_message : rules.records_per_message};
}

}  // namespace

/// The names of a pack as one destination gets them: as they are, or disguised.
class Dispatcher::OtherNames {
  public:
    OtherNames(Dispatcher& owner, const Pack& pack, const Jid& peer, const Disguise& disguise,
               Time now)
        : owner_(owner), pack_(pack), peer_(peer), disguise_(disguise), now_(now) {
        if (!disguise.none()) names_.resize(pack.name_count());
    }

    /// Why a name cannot go there; empty if it can.
    std::string fault(senml::NameId id) {
        if (disguise_.none() || !name(id).empty()) return {};
        const auto name = senml::Name::parse(pack_.name(id));
        if (!name) return "it is to go under a pseudonym, and is no federated name";
        const auto other = owner_.pseudonyms_.get().conceal(*name, peer_, disguise_, now_);
        if (!other) return other.error();
        names_[static_cast<std::size_t>(id)] = other->senml();
        return {};
    }
    /// Of a name without fault.
    std::string_view name(senml::NameId id) const {
        return disguise_.none() ? pack_.name(id) : names_[static_cast<std::size_t>(id)];
    }

  private:
    Dispatcher& owner_;
    const Pack& pack_;
    const Jid& peer_;
    const Disguise& disguise_;
    Time now_;
    std::vector<std::string> names_;  ///< by NameId; empty: not known yet
};

/// Writes the readings of one destination into messages.
class Dispatcher::Cutter {
  public:
    Cutter(Dispatcher& owner, const Pack& pack, const Destination& to, Quality quality,
           const Cut& how, OtherNames& names, std::set<std::size_t>& refused, Dispatch& out)
        : owner_(owner),
          pack_(pack),
          how_(how),
          names_(names),
          refused_(refused),
          out_(out),
          peer_(to.peer) {
        const DispatchRules& rules = owner.rules_;
        envelope_ = {
            .retain = to.retain, .grant = to.grant, .quality = quality, .hops = {rules.self}};
        const std::size_t overhead = stanza_overhead(envelope_, peer_);
        room_ = rules.stanza_bytes > overhead ? rules.stanza_bytes - overhead : 0;
    }

    void cut(std::vector<std::size_t> all) {
        std::erase_if(all, [this](std::size_t record) {
            const std::string fault = names_.fault(pack_[record].name);
            if (!fault.empty()) refuse(record, fault, as_found(record));
            return !fault.empty();
        });
        std::span<const std::size_t> records = all;
        for (; !records.empty(); records = records.subspan(std::min(records.size(), how_.records)))
            message(records.first(std::min(records.size(), how_.records)));
    }

  private:
    // One message if it fits, else two halves: sizes differ too much between numbers and texts to
    // guess.
    void message(std::span<const std::size_t> records) {
        owner_.part_.clear();
        for (const std::size_t i : records)
            owner_.part_.add_from(pack_, i, names_.name(pack_[i].name));
        const auto written =
            owner_.xml_writer_.write(senml::Format::xml, owner_.part_, owner_.xml_);
        if (written && owner_.xml_.size() <= room_) {
            out_.messages.push_back(
                {peer_, envelope_, shorter_body(), static_cast<std::int64_t>(records.size())});
        } else if (records.size() == 1) {
            if (written)
                refuse(records.front(),
                       fmt::format("its message would be over limits.stanza_bytes = {}",
                                   owner_.rules_.stanza_bytes),
                       owner_.xml_);
            else
                refuse(records.front(), written.error().to_string(), as_found(records.front()));
        } else {
            message(records.first(records.size() / 2));
            message(records.subspan(records.size() / 2));
        }
    }

    // Of the part that was written in XML.
    std::string shorter_body() {
        if (how_.packed) {
            auto compact = owner_.body_writer_.compact(owner_.part_);
            if (compact && pack_bytes(*compact) < owner_.xml_.size()) return std::move(*compact);
        }
        return owner_.xml_;
    }

    // What no format has an image for: NaN, a time long ago, a control character.
    std::string as_found(std::size_t record) const {
        const senml::Record& found = pack_[record];
        switch (found.kind) {
            case senml::Kind::number:
                return fmt::format("{}{}{}", found.number, found.unit == senml::no_unit ? "" : " ",
                                   pack_.unit(found.unit));
            case senml::Kind::text:
                return std::string(pack_.text(found));
            case senml::Kind::boolean:
                return found.boolean ? "true" : "false";
            case senml::Kind::data:
                return fmt::format("{} bytes of data", pack_.data(found).size());
            case senml::Kind::none:
                break;
        }
        return {};
    }

    // Once, however many destinations it had.
    void refuse(std::size_t record, const std::string& reason, std::string payload) {
        if (!refused_.insert(record).second) return;
        const std::string name = peoples_spelling(pack_.name(pack_[record].name));
        const std::string where = fmt::format("{} at {}", name, to_timestamp(pack_[record].time));
        out_.refused.push_back({where, reason, std::move(payload)});
    }

    Dispatcher& owner_;
    const Pack& pack_;
    Cut how_;
    OtherNames& names_;
    std::set<std::size_t>& refused_;  ///< records that are no more to be refused
    Dispatch& out_;
    Jid peer_;
    Envelope envelope_;
    std::size_t room_ = 0;
};

Dispatch Dispatcher::dispatch(const Pack& pack, RememberedAudience& audience, Time now) {
    Dispatch out;
    Plan who_gets_what = plan(pack, rules_.quality, audience);
    out.unwanted = who_gets_what.unwanted;
    std::set<std::size_t> refused;
    for (auto& [seat, records] : who_gets_what.records) {
        const Destination& to = audience.audience().destinations()[seat];
        if (!to.shape.is_plain()) {
            out.to_be_shaped.push_back({seat, std::move(records)});
            continue;
        }
        const Cut how = cut_for(audience.audience().find_peer(to.peer), rules_);
        OtherNames names(*this, pack, to.peer, audience.audience().disguise(seat), now);
        Cutter(*this, pack, to, rules_.quality, how, names, refused, out).cut(std::move(records));
    }
    return out;
}

ShapedDispatch Dispatcher::shape(const Pack& pack, std::span<const ToBeShaped> parts,
                                 const Audience& audience, ShapeBook& book, Time now) {
    ShapedDispatch out;
    Dispatch cut;
    for (const auto& [seat, records] : parts) {
        const Destination& to = audience.destinations()[seat];
        const Cut how = cut_for(audience.find_peer(to.peer), rules_);
        Shaped shaped;
        shaper_.shape(pack, records, to, rules_.quality, book, shaped);
        for (const auto& [quality, readings] : shaped.readings) {
            Records all(readings.size());
            std::iota(all.begin(), all.end(), std::size_t{0});
            std::set<std::size_t> refused;
            OtherNames names(*this, readings, to.peer, audience.disguise(seat), now);
            Cutter(*this, readings, to, quality, how, names, refused, cut).cut(std::move(all));
        }
        std::move(shaped.refused.begin(), shaped.refused.end(), std::back_inserter(out.refused));
        std::move(shaped.states.begin(), shaped.states.end(), std::back_inserter(out.states));
        for (const auto& [series, count] : shaped.withheld) out.withheld[series] += count;
        out.forgotten += shaped.forgotten;
    }
    out.messages = std::move(cut.messages);
    std::move(cut.refused.begin(), cut.refused.end(), std::back_inserter(out.refused));
    return out;
}

}  // namespace courant
