#include "jobs/worker.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>

#include "jobs/share_out.hpp"

namespace courant {
namespace {

using namespace std::chrono_literals;

// Leases about the workers themselves: that one is there, and what it could do.
std::string presence_of(const std::string& worker) {
    return "worker " + worker;
}
std::string ability_of(const std::string& worker, const std::string& what) {
    return "able " + worker + " " + what;
}

bool is_about_workers(std::string_view what) {
    return kind_of(what) == "worker" || kind_of(what) == "able";
}

std::string host() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "?";
}

// Of this start of the machine and this container's process numbers; 0 where nobody says.
std::uint32_t machine_mark() {
    std::string known;
    std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), known);
    std::error_code unknown;
    known += std::filesystem::read_symlink("/proc/self/ns/pid", unknown).string();
    return known.empty() ? 0 : static_cast<std::uint32_t>(std::hash<std::string>()(known));
}

std::string place_of(pid_t process) {
    return fmt::format("{}:{}:{:08x}", host(), process, machine_mark());
}

// What is left of workers that have been gone for so long is swept away.
constexpr std::chrono::hours remembered{24};

}  // namespace

// --- rights

bool Right::held() const {
    return worker_ == nullptr || worker_->holds(what_);
}

void Right::insist(Mailboxes& mailboxes) const {
    if (worker_ != nullptr) worker_->insist(mailboxes, what_);
}

std::optional<std::stop_token> Right::wait(const std::stop_token& stop) const {
    if (worker_ != nullptr) return worker_->wait(what_, stop);
    if (stop.stop_requested()) return std::nullopt;
    return std::stop_token();
}

bool Right::settled(const std::stop_token& stop) const {
    return worker_ == nullptr ? !stop.stop_requested() : worker_->settled(what_, stop);
}

// --- who it is

std::string Worker::session_note(std::string_view worker) {
    return worker.empty() ? "session" : "session " + std::string(worker);
}

std::string WorkerId::resource_in(std::string_view text) {
    return std::string(text.substr(0, text.rfind('@')));
}

WorkerId WorkerId::of_this_process(const std::string& prefix) {
    return {.resource = fmt::format("{}-{:08x}", prefix, std::random_device{}()),
            .place = place_of(getpid())};
}

bool WorkerId::is_gone(std::string_view text) {
    const std::string_view place = text.substr(text.rfind('@') + 1);
    const auto mark = place.rfind(':');
    const auto number = place.substr(0, mark).rfind(':');
    if (mark == std::string_view::npos || number == std::string_view::npos) return false;
    pid_t process = 0;
    const auto* const end = place.data() + mark;
    if (std::from_chars(place.data() + number + 1, end, process).ptr != end || process <= 0)
        return false;
    return place == place_of(process) && kill(process, 0) != 0 && errno == ESRCH;
}

std::vector<Colleague> colleagues(Mailboxes& mailboxes, Time now) {
    std::map<std::string, Colleague> all;
    const auto leases = mailboxes.leases(now);
    for (const auto& lease : leases)
        if (kind_of(lease.what) == "worker")
            all[lease.holder] = {.id = lease.holder,
                                 .session = mailboxes.note(Worker::session_note(lease.holder)),
                                 .holds = {}};
    for (const auto& lease : leases)
        if (const auto found = all.find(lease.holder);
            found != all.end() && !is_about_workers(lease.what))
            found->second.holds.push_back(lease.what);
    std::vector<Colleague> list;
    list.reserve(all.size());
    for (auto& [id, colleague] : all) list.push_back(std::move(colleague));
    return list;
}

Worker::Worker(WorkerSettings settings, StoreThread& store, Logger logger)
    : settings_(std::move(settings)),
      id_(settings_.id.text()),
      store_(&store),
      fault_(LastingFault(std::move(logger), "leases")) {}

std::unique_ptr<Worker> Worker::alone() {
    return std::unique_ptr<Worker>(new Worker());
}

Worker::~Worker() {
    stop();
}

Right Worker::right(const std::string& what) {
    if (store_ == nullptr) return {};
    able_.insert(what);
    return {*this, what};
}

// --- its life

void Worker::start() {
    if (store_ == nullptr) return;
    look();
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Worker::stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
    {
        const std::scoped_lock lock(mutex_);
        for (auto& [what, holding] : holdings_) holding.over.request_stop();
        holdings_.clear();
    }
    try {
        store_->ask([&](Mailboxes& m) { m.release_all(id_); });
    } catch (const Error&) {
        // Then they run out.
    }
}

void Worker::hurry() {
    {
        const std::scoped_lock lock(mutex_);
        hurried_ = true;
    }
    changed_.notify_all();
}

void Worker::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, stop, settings_.period, [this] { return hurried_; });
        }
        if (!stop.stop_requested()) look();
    }
}

// What lasts is renewed when a third of its term is over, and lanes, of which there may be
// thousands, are listed now and then: between, a look is a small query.
void Worker::look() {
    const auto asked_at = Clock::now();
    const auto due = [&](const auto& last, auto after) {
        return !last || asked_at - *last >= after;
    };
    bool listing = due(listed_at_, settings_.term / 3);
    {
        const std::scoped_lock lock(mutex_);
        listing = std::exchange(hurried_, false) || listing;
    }
    const bool renewing = due(renewed_at_, settings_.term / 3);
    try {
        auto found = store_->ask([&](Mailboxes& m) { return look(m, renewing, listing); });
        if (renewing) renewed_at_ = asked_at;
        if (listing) listed_at_ = asked_at;
        learn(found, asked_at);
        lanes_ = std::move(found.lanes);
        fault_->succeeded(settings_.clock());
    } catch (const Error& error) {
        fault_->failed(error.what(), settings_.clock());
        drop_expired();
    }
}

// One transaction: what everybody holds, and our part of what follows from it.
Worker::Look Worker::look(Mailboxes& m, bool renewing, bool listing) const {
    const Time now = settings_.clock();
    if (!renewed_at_) sweep(m);  // the first time that the store is there
    Look look{.leases = m.leases(now), .lanes = lanes_};
    // Who stood still for too long has to say again that it is there.
    renewing =
        renewing || std::none_of(look.leases.begin(), look.leases.end(),
                                 [&](const Lease& one) { return one.what == presence_of(id_); });
    if (renewing) {
        std::vector<std::string> own{presence_of(id_)};
        for (const auto& what : able_) own.push_back(ability_of(id_, what));
        m.hold(own, id_, settings_.term, now);
        look.leases = m.leases(now);
    }
    if (listing) {
        look.lanes.clear();
        for (const auto& lane : m.outgoing_lanes()) look.lanes.push_back("lane " + lane.lane.value);
    }
    const auto wished = wishes(look);
    std::vector<std::string> to_take(wished.begin(), wished.end());
    for (const auto& lease : look.leases) {
        if (lease.holder != id_ || is_about_workers(lease.what)) continue;
        look.kept.insert(lease.what);
        if (!wished.contains(lease.what)) {
            m.release(lease.what, id_);
        } else if (!renewing) {
            look.held.push_back(lease.what);
            std::erase(to_take, lease.what);
        }
    }
    if (!to_take.empty()) look.taken = m.hold(to_take, id_, settings_.term, now);
    look.held.insert(look.held.end(), look.taken.begin(), look.taken.end());
    return look;
}

// What is for us, by the leases as they are.
std::set<std::string> Worker::wishes(const Look& look) const {
    std::set<std::string> workers;
    std::set<std::string> abilities;
    Holdings held;
    for (const auto& lane : look.lanes) held[lane];
    for (const auto& what : able_) held[what];
    for (const auto& lease : look.leases) {
        if (kind_of(lease.what) == "worker") {
            workers.insert(lease.holder);
        } else if (kind_of(lease.what) == "able") {
            abilities.insert(lease.what);
        } else if (const auto found = held.find(lease.what); found != held.end()) {
            found->second = lease.holder;
        }
    }
    const auto able = [&](const std::string& worker, const std::string& what) {
        return kind_of(what) == "lane" || abilities.contains(ability_of(worker, what));
    };
    std::set<std::string> mine;
    for (const auto& [what, worker] : share_out(held, workers, able))
        if (worker == id_) mine.insert(what);
    return mine;
}

void Worker::learn(const Look& look, Clock::time_point asked_at) {
    bool changed = false;
    {
        const std::scoped_lock lock(mutex_);
        holders_.clear();
        for (const auto& lease : look.leases) holders_[lease.what] = lease.holder;
        const std::set<std::string_view> held(look.held.begin(), look.held.end());
        changed = std::erase_if(holdings_, [&](auto& entry) {
                      if (held.contains(entry.first)) return false;
                      entry.second.over.request_stop();
                      return true;
                  }) > 0;
        for (const auto& what : look.taken) {
            auto& holding = holdings_[what];
            changed = changed || holding.until <= Clock::now();
            if (holding.tenure == 0 || !look.kept.contains(what)) {
                // Whether it ran out meanwhile, and was somebody else's, only the store knows.
                holding.over.request_stop();
                holding = {.until = {}, .tenure = ++tenures_};
                changed = true;
            }
            holding.until = asked_at + settings_.term;
            holders_[what] = id_;
        }
    }
    changed_.notify_all();
    if (changed) changed_callback_();
}

void Worker::sweep(Mailboxes& m) const {
    // Whom somebody killed here does not come back for its leases.
    for (const auto& lease : m.leases(settings_.clock())) {
        if (kind_of(lease.what) != "worker" || !WorkerId::is_gone(lease.holder)) continue;
        m.release_all(lease.holder);
        m.set_note(session_note(lease.holder), "");
    }
    for (const auto& what : m.sweep_leases(remembered, settings_.clock()))
        if (what.starts_with(presence_of("")))
            m.set_note(session_note(what.substr(presence_of("").size())), "");
}

void Worker::drop_expired() {
    bool changed = false;
    {
        const std::scoped_lock lock(mutex_);
        changed = std::erase_if(holdings_, [](auto& entry) {
                      if (Clock::now() < entry.second.until) return false;
                      entry.second.over.request_stop();
                      return true;
                  }) > 0;
    }
    if (changed) changed_callback_();
}

// --- what others ask

bool Worker::holds(std::string_view what) const {
    return store_ == nullptr || tenure(what).has_value();
}

std::optional<std::uint64_t> Worker::tenure(std::string_view what) const {
    const std::scoped_lock lock(mutex_);
    const auto* const holding = held_now(what);
    return holding != nullptr ? std::optional(holding->tenure) : std::nullopt;
}

void Worker::insist(Mailboxes& mailboxes, std::string_view what) const {
    if (store_ != nullptr) mailboxes.insist_held(what, id_, settings_.clock());
}

void Worker::confirm(Mailboxes& mailboxes, std::string_view what) const {
    if (store_ != nullptr) mailboxes.confirm_held(what, id_, settings_.clock());
}

bool Worker::is_first(Mailboxes& mailboxes) const {
    const auto leases = mailboxes.leases(settings_.clock());
    return std::none_of(leases.begin(), leases.end(), [&](const Lease& lease) {
        return kind_of(lease.what) == "worker" && lease.holder != id_ &&
               !WorkerId::is_gone(lease.holder);
    });
}

std::optional<std::string> Worker::resource_of_holder(std::string_view what) const {
    const std::scoped_lock lock(mutex_);
    const auto found = holders_.find(what);
    if (found == holders_.end()) return std::nullopt;
    return WorkerId::resource_in(found->second);
}

const Worker::Holding* Worker::held_now(std::string_view what) const {
    const auto found = holdings_.find(what);
    return found != holdings_.end() && Clock::now() < found->second.until ? &found->second
                                                                          : nullptr;
}

std::optional<std::stop_token> Worker::wait(const std::string& what, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return held_now(what) != nullptr; });
    const auto* holding = stop.stop_requested() ? nullptr : held_now(what);
    return holding != nullptr ? std::optional(holding->over.get_token()) : std::nullopt;
}

bool Worker::settled(const std::string& what, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const auto others = [&] {
        const auto holder = holders_.find(what);
        return holder != holders_.end() && holder->second != id_;
    };
    changed_.wait(lock, stop, [&] { return held_now(what) != nullptr || others(); });
    return !stop.stop_requested() && held_now(what) != nullptr;
}

}  // namespace courant
