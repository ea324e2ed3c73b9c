#include "jobs/dispatch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
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
Plan plan(const Pack& pack, RememberedAudience& audience) {
    Plan plan;
    std::vector<std::vector<Records*>> by_name(pack.name_count());
    for (std::uint32_t i = 0; i < pack.name_count(); ++i)
        for (const std::uint32_t seat : audience.seats(pack.name(senml::NameId{i})))
            by_name[i].push_back(&plan.records[seat]);
    for (std::size_t i = 0; i < pack.size(); ++i) {
        const auto& lists = by_name[static_cast<std::size_t>(pack[i].name)];
        for (Records* records : lists) records->push_back(i);
        if (lists.empty()) ++plan.unwanted;
    }
    return plan;
}

/// Writes the readings of one destination into messages.
class Cutter {
  public:
    Cutter(const Pack& pack, const Destination& to, const DispatchRules& rules,
           std::set<std::size_t>& refused, Dispatch& out)
        : pack_(pack), rules_(rules), refused_(refused), out_(out), peer_(to.peer) {
        envelope_ = {
            .retain = to.retain, .grant = to.grant, .quality = rules.quality, .hops = {rules.self}};
        const std::size_t overhead = stanza_overhead(envelope_, peer_);
        room_ = rules.stanza_bytes > overhead ? rules.stanza_bytes - overhead : 0;
    }

    void cut(std::span<const std::size_t> records) {
        for (; !records.empty();
             records = records.subspan(std::min(records.size(), rules_.records_per_message)))
            message(records.first(std::min(records.size(), rules_.records_per_message)));
    }

  private:
    // One message if it fits, else two halves: sizes differ too much between numbers and texts to
    // guess.
    void message(std::span<const std::size_t> records) {
        part_.clear();
        for (const std::size_t i : records) part_.add_from(pack_, i);
        auto body = senml::write(senml::Format::xml, part_);
        if (body && body->size() <= room_) {
            out_.messages.push_back(
                {peer_, envelope_, std::move(*body), static_cast<std::int64_t>(records.size())});
        } else if (records.size() == 1) {
            if (body)
                refuse(records.front(),
                       fmt::format("its message would be over limits.stanza_bytes = {}",
                                   rules_.stanza_bytes),
                       std::move(*body));
            else
                refuse(records.front(), body.error().to_string(), as_found(records.front()));
        } else {
            message(records.first(records.size() / 2));
            message(records.subspan(records.size() / 2));
        }
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

    const Pack& pack_;
    const DispatchRules& rules_;
    std::set<std::size_t>& refused_;  ///< records that are no more to be refused
    Dispatch& out_;
    Jid peer_;
    Envelope envelope_;
    std::size_t room_ = 0;
    Pack part_;
};

}  // namespace

Dispatch dispatch(const Pack& pack, RememberedAudience& audience, const DispatchRules& rules) {
    Dispatch out;
    const Plan who_gets_what = plan(pack, audience);
    out.unwanted = who_gets_what.unwanted;
    std::set<std::size_t> refused;
    for (const auto& [seat, records] : who_gets_what.records)
        Cutter(pack, audience.audience().destinations()[seat], rules, refused, out).cut(records);
    return out;
}

Dispatch dispatch(const Pack& pack, std::span<const Subscription> subscriptions,
                  const DispatchRules& rules) {
    RememberedAudience audience(std::make_shared<const Audience>(subscriptions));
    return dispatch(pack, audience, rules);
}

}  // namespace courant
