#include "jobs/audience.hpp"

#include <algorithm>
#include <map>

#include "proxy-core/access/series_pattern.hpp"
#include "senml/name.hpp"

namespace courant {
namespace {

// Names that are remembered; beyond, all are forgotten. Enough for a million readings' worth of
// different series in one adapter, and no more memory than that.
constexpr std::size_t most_remembered = std::size_t{64} << 20;

std::string peoples_spelling(std::string_view name) {
    const auto parsed = senml::Name::parse(name);
    return parsed ? parsed->people() : std::string(name);
}

}  // namespace

Audience::Audience(std::span<const Subscription> subscriptions, std::span<const Peer> known) {
    for (const Peer& peer : known) peers_.emplace(peer.jid, peer);
    const auto destination_of = [](const Subscription& one) {
        return Destination{one.peer, one.retain, one.grant};
    };
    for (const Subscription& one : subscriptions) destinations_.push_back(destination_of(one));
    std::sort(destinations_.begin(), destinations_.end());
    destinations_.erase(std::unique(destinations_.begin(), destinations_.end()),
                        destinations_.end());
    std::map<Jid, std::uint32_t> peers;
    for (const Subscription& one : subscriptions) {
        const auto subscription = static_cast<std::uint32_t>(places_.size());
        const auto found =
            std::lower_bound(destinations_.begin(), destinations_.end(), destination_of(one));
        const auto peer = peers.try_emplace(one.peer, static_cast<std::uint32_t>(peers.size()));
        places_.push_back(
            {static_cast<std::uint32_t>(found - destinations_.begin()), peer.first->second});
        if (one.series.find('*') == std::string::npos)
            exact_[one.series].push_back(subscription);
        else
            patterns_.emplace_back(one.series, subscription);
    }
    peer_count_ = peers.size();
}

Audience::Seats Audience::seats(std::string_view name) const {
    const std::string series = peoples_spelling(name);
    std::vector<std::uint32_t> fitting;
    if (const auto exact = exact_.find(series); exact != exact_.end()) fitting = exact->second;
    for (const auto& [pattern, subscription] : patterns_)
        if (series_matches(pattern, series)) fitting.push_back(subscription);
    std::sort(fitting.begin(), fitting.end());
    Seats seats;
    std::vector<bool> served(peer_count_);
    for (const std::uint32_t subscription : fitting) {
        const Place& place = places_[subscription];
        if (served[place.peer]) continue;
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

std::shared_ptr<const Audience> CurrentAudience::get(Mailboxes& mailboxes) {
    const std::int64_t revision = mailboxes.subscriptions_revision();
    if (revision != revision_) {
        audience_ = std::make_shared<const Audience>(mailboxes.subscriptions(), mailboxes.peers());
        revision_ = revision;
    }
    return audience_;
}

}  // namespace courant
