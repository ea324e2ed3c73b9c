#include "proxy-core/mailbox/mailboxes.hpp"

#include <algorithm>

namespace courant {
namespace {

std::uint64_t mixed(std::uint64_t hash, std::string_view text) {
    return hash * 1'099'511'628'211U + std::hash<std::string_view>()(text);
}

}  // namespace

// What follows is right for every store; a store that can do it at less cost says so.

std::int64_t Mailboxes::subscriptions_revision() {
    std::uint64_t hash = 0;
    for (const Subscription& one : subscriptions())
        for (const std::string& text :
             {std::to_string(one.id), one.peer.to_string(), one.series, one.retain, one.grant})
            hash = mixed(hash, text);
    for (const Peer& peer : peers()) {
        const char packed = peer.packed ? (*peer.packed ? 'y' : 'n') : '?';
        for (const std::string& text :
             {peer.jid.to_string(), std::string{peer.xml_only ? 'x' : '-', packed}})
            hash = mixed(hash, text);
    }
    return static_cast<std::int64_t>(hash);
}

std::optional<OutgoingLane> Mailboxes::find_lane(const LaneId& lane) {
    auto lanes = outgoing_lanes();
    const auto found = std::find_if(lanes.begin(), lanes.end(),
                                    [&](const OutgoingLane& one) { return one.lane == lane; });
    if (found == lanes.end()) return std::nullopt;
    return std::move(*found);
}

std::vector<OutgoingLane> Mailboxes::waiting_lanes() {
    auto lanes = outgoing_lanes();
    std::erase_if(lanes,
                  [](const OutgoingLane& lane) { return lane.next == lane.acknowledged + 1; });
    for (OutgoingLane& lane : lanes) lane.oldest.reset();
    return lanes;
}

bool Mailboxes::replace_tail(const LaneId&, Seq, Seq, std::span<const Message>) {
    return false;
}

void Store::commit(const Work& work) {
    const auto outcome = commit_together(std::span(&work, 1));
    if (outcome.front()) std::rethrow_exception(outcome.front());
}

}  // namespace courant
