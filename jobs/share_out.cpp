#include "jobs/share_out.hpp"

#include <vector>

namespace courant {
namespace {

using Loads = std::map<std::string, std::set<std::string>>;  ///< by worker, what it shall hold

// The worker with the least to do among those who can do it.
const std::string* least_busy(const Loads& loads, const std::string& what, const Able& able) {
    const std::string* best = nullptr;
    for (const auto& [worker, load] : loads)
        if (able(worker, what) && (best == nullptr || load.size() < loads.at(*best).size()))
            best = &worker;
    return best;
}

// Something that one of them can take from the other, who has at least two more.
const std::string* to_move(const Loads& loads, const std::string& from, const std::string& to,
                           const Able& able) {
    if (loads.at(from).size() < loads.at(to).size() + 2) return nullptr;
    for (const auto& what : loads.at(from))
        if (able(to, what)) return &what;
    return nullptr;
}

bool move_one(Loads& loads, const Able& able) {
    for (auto& [to, poor] : loads)
        for (auto& [from, rich] : loads)
            if (const auto* what = to_move(loads, from, to, able)) {
                poor.insert(*what);
                rich.erase(std::string(*what));
                return true;
            }
    return false;
}

void share_kind(const Holdings& held, const std::set<std::string>& workers, const Able& able,
                Holdings& shared) {
    Loads loads;
    for (const auto& worker : workers) loads[worker];
    std::vector<std::string> free;
    for (const auto& [what, holder] : held) {
        if (loads.contains(holder) && able(holder, what))
            loads[holder].insert(what);
        else
            free.push_back(what);
    }
    for (const auto& what : free)
        if (const auto* worker = least_busy(loads, what, able)) loads[*worker].insert(what);
    while (move_one(loads, able)) {
    }
    for (const auto& [worker, load] : loads)
        for (const auto& what : load) shared[what] = worker;
}

}  // namespace

std::string_view kind_of(std::string_view what) {
    return what.substr(0, what.find(' '));
}

Holdings share_out(const Holdings& held, const std::set<std::string>& workers, const Able& able) {
    std::map<std::string, Holdings, std::less<>> kinds;
    for (const auto& [what, holder] : held) kinds[std::string(kind_of(what))][what] = holder;
    Holdings shared;
    for (const auto& [kind, things] : kinds) share_kind(things, workers, able, shared);
    return shared;
}

}  // namespace courant
