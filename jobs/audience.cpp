#include "jobs/audience.hpp"

#include <algorithm>
#include <map>

#include "proxy-core/access/period.hpp"
#include "proxy-core/access/series_pattern.hpp"

namespace courant {
namespace {

// What goes of a subscription: what is wanted, and no finer than the grant lets it. Nothing where
// one of them is no period that could be kept.
std::optional<Shape> shape_of(const Subscription& subscription, const Grant& grant) {
    Shape shape = subscription.shape;
    for (const std::string& period : {shape.every, grant.resolution})
        if (!period.empty() && !Period::parse(period)) return std::nullopt;
    shape.every = coarser(grant.resolution, shape.every);
    return shape;
}

// Names that are remembered; beyond, all are forgotten. Enough for a million readings' worth of
// different series in one adapter, and no more memory than that.
constexpr std::size_t most_remembered = std::size_t{64} << 20;

}  // namespace

void Audience::changes_at(const std::optional<Time>& moment, Time now) {
    if (moment && *moment > now) until_ = std::min(until_, *moment);
}

Audience::Audience(std::span<const Subscription> subscriptions, std::span<const Grant> grants,
                   std::span<const Peer> peers, Time now, std::span<const Objection> objections)
    : made_at_(now) {
    for (const Objection& objection : objections) {
        changes_at(objection.until, now);
        if (stands(objection, now)) objections_.push_back(objection);
    }
    for (const Peer& peer : peers) {
        peers_.emplace(peer.jid, peer);
        changes_at(peer.terms.from, now);
        changes_at(peer.terms.until, now);
    }
    std::map<std::pair<Jid, std::string_view>, std::uint32_t> valid;
    for (const Grant& grant : grants) {
        changes_at(grant.from, now);
        changes_at(grant.until, now);
        const Peer* peer = find_peer(grant.peer);
        if (!obstacle(grant, now).empty() || (peer && !obstacle(peer->terms, now).empty()))
            continue;
        valid.emplace(std::pair(grant.peer, std::string_view(grant.id)),
                      static_cast<std::uint32_t>(grants_.size()));
        grants_.push_back(grant);
    }
    struct Allowed {
        const Subscription* subscription;
        std::uint32_t grant;
        Destination to;
    };
    std::vector<Allowed> allowed;
    for (const Subscription& one : subscriptions) {
        const auto grant = valid.find({one.peer, one.grant});
        if (grant == valid.end()) continue;
        const auto shape = shape_of(one, grants_[grant->second]);
        if (!shape) continue;
        allowed.push_back({&one, grant->second, {one.peer, one.retain, one.grant, *shape}});
        destinations_.push_back(allowed.back().to);
    }
    std::sort(destinations_.begin(), destinations_.end());
    destinations_.erase(std::unique(destinations_.begin(), destinations_.end()),
                        destinations_.end());
    disguises_.resize(destinations_.size());
    std::map<Jid, std::uint32_t> places;
    for (const auto& [one, grant, to] : allowed) {
        const auto subscription = static_cast<std::uint32_t>(places_.size());
        const auto found = std::lower_bound(destinations_.begin(), destinations_.end(), to);
        disguises_[static_cast<std::size_t>(found - destinations_.begin())] =
            disguise_of(grants_[grant]);
        const auto peer = places.try_emplace(one->peer, static_cast<std::uint32_t>(places.size()));
        places_.push_back(
            {static_cast<std::uint32_t>(found - destinations_.begin()), peer.first->second, grant});
        if (one->series.find('*') == std::string::npos)
            exact_[one->series].push_back(subscription);
        else
            patterns_.emplace_back(one->series, subscription);
    }
    peer_count_ = places.size();
}

Audience::Seats Audience::seats(std::string_view name) const {
    const NamedSeries series = named_series(name);
    std::vector<std::uint32_t> fitting;
    if (const auto exact = exact_.find(series.name); exact != exact_.end()) fitting = exact->second;
    for (const auto& [pattern, subscription] : patterns_)
        if (series_matches(pattern, series.name)) fitting.push_back(subscription);
    std::sort(fitting.begin(), fitting.end());
    Seats seats;
    std::vector<bool> served(peer_count_);
    for (const std::uint32_t subscription : fitting) {
        const Place& place = places_[subscription];
        const Grant& grant = grants_[place.grant];
        if (served[place.peer] || !covers(grant, series)) continue;
        if (held_back(objections_, grant, series, made_at_)) continue;
        served[place.peer] = true;
        seats.push_back(place.destination);
    }
    std::sort(seats.begin(), seats.end());
    return seats;
}

const Peer* Audience::find_peer(const Jid& peer) const {
    const auto found = peers_.find(peer);
    return found == peers_.end() ? nullptr : &found->second;
}

const Audience::Seats& RememberedAudience::seats(std::string_view name) {
    if (const auto known = seats_.find(name); known != seats_.end()) return known->second;
    Audience::Seats seats = audience_->seats(name);
    remembered_ += 128 + name.size() + seats.size() * sizeof(seats[0]);
    if (remembered_ > most_remembered) {
        seats_.clear();
        remembered_ = 0;
    }
    return seats_.emplace(name, std::move(seats)).first->second;
}

std::shared_ptr<const Audience> CurrentAudience::get(Mailboxes& mailboxes, Time now) {
    const std::int64_t revision = mailboxes.subscriptions_revision();
    // A clock that was set back makes it anew, too.
    if (revision != revision_ || now < made_at_ || now >= audience_->until()) {
        audience_ = std::make_shared<const Audience>(mailboxes.subscriptions(),
                                                     mailboxes.access().grants(), mailboxes.peers(),
                                                     now, mailboxes.subjects().objections());
        revision_ = revision;
        made_at_ = now;
    }
    return audience_;
}

}  // namespace courant
