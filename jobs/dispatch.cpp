#include "jobs/dispatch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "proxy-core/access/series_pattern.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "senml/codec.hpp"
#include "senml/name.hpp"

namespace courant {
namespace {

using senml::Pack;

/// All that readings of one message have in common.
struct Destination {
    Jid peer;
    std::string retain;
    std::string grant;
    auto operator<=>(const Destination&) const = default;
};

/// For each destination the names of the pack that go there, by NameId.
using Plan = std::map<Destination, std::vector<bool>>;

std::string peoples_spelling(std::string_view name) {
    const auto parsed = senml::Name::parse(name);
    return parsed ? parsed->people() : std::string(name);
}

Plan plan(const Pack& pack, std::span<const Subscription> subscriptions) {
    Plan plan;
    for (std::uint32_t i = 0; i < pack.name_count(); ++i) {
        const std::string name = peoples_spelling(pack.name(senml::NameId{i}));
        std::vector<Jid>
            served;  // a peer gets a series once, under its first subscription that fits
        for (const Subscription& subscription : subscriptions) {
            if (std::find(served.begin(), served.end(), subscription.peer) != served.end())
                continue;
            if (!series_matches(subscription.series, name)) continue;
            served.push_back(subscription.peer);
            auto& names = plan[{subscription.peer, subscription.retain, subscription.grant}];
            names.resize(pack.name_count());
            names[i] = true;
        }
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

    void cut(const std::vector<bool>& names) {
        std::vector<std::size_t> records;
        for (std::size_t i = 0; i < pack_.size(); ++i) {
            if (!names[static_cast<std::size_t>(pack_[i].name)]) continue;
            records.push_back(i);
            if (records.size() == rules_.records_per_message) {
                message(records);
                records.clear();
            }
        }
        if (!records.empty()) message(records);
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

std::int64_t count_unwanted(const Pack& pack, const Plan& plan) {
    std::vector<bool> wanted(pack.name_count());
    for (const auto& [to, names] : plan)
        for (std::size_t i = 0; i < names.size(); ++i)
            if (names[i]) wanted[i] = true;
    const auto records = pack.records();
    return std::count_if(records.begin(), records.end(), [&](const senml::Record& record) {
        return !wanted[static_cast<std::size_t>(record.name)];
    });
}

}  // namespace

Dispatch dispatch(const Pack& pack, std::span<const Subscription> subscriptions,
                  const DispatchRules& rules) {
    Dispatch out;
    const Plan who_gets_what = plan(pack, subscriptions);
    std::set<std::size_t> refused;
    for (const auto& [to, names] : who_gets_what) Cutter(pack, to, rules, refused, out).cut(names);
    out.unwanted = count_unwanted(pack, who_gets_what);
    return out;
}

}  // namespace courant
