#include "jobs/job_thread.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace courant {
namespace {

// The machine's clock may be set: schedules are asked again at least this often (schedule.hpp).
constexpr std::chrono::seconds longest_wait{30};

}  // namespace

JobThread::JobThread(std::string adapter, JobRules rules, StoreThread& store, Logger logger,
                     Counters& counters)
    : adapter_(std::move(adapter)),
      rules_(std::move(rules)),
      store_(store),
      logger_(std::move(logger)),
      counters_(counters) {}

JobThread::~JobThread() {
    request_stop();
}

void JobThread::add(std::unique_ptr<Job> job, Schedule schedule, OnWake on_wake) {
    const std::string name = job->name();
    JobState state =
        store_.ask([&](Mailboxes& m) { return m.job_state(name); }).value_or(JobState{});
    state.job = name;
    // A job that does not run at the start of the program goes on from its last run before.
    const auto last_start = schedule.runs_at_start() ? std::nullopt : state.last_start;
    entries_.push_back(
        {.job = std::move(job),
         .schedule = schedule,
         .on_wake = on_wake,
         .fault = LastingFault(logger_, name),
         .backoff = Backoff(rules_.retry_first, rules_.retry_max, std::random_device{}()),
         .state = std::move(state),
         .last_start = last_start,
         .more = false,
         .retry_at = {}});
}

void JobThread::start() {
    finished_ = false;
    thread_ = std::jthread([this](const std::stop_token& stop) {
        run(stop);
        finished_ = true;
    });
}

bool JobThread::run_once(OnWake kind, const std::stop_token& stop) {
    bool all_well = true;
    for (Entry& entry : entries_) {
        if (entry.on_wake != kind) continue;
        do {
            if (stop.stop_requested()) return false;
            all_well = call(entry, stop) && all_well;
        } while (entry.more && !entry.retry_at);
    }
    return all_well && !stop.stop_requested();
}

void JobThread::wake() {
    {
        const std::scoped_lock lock(mutex_);
        woken_ = true;
    }
    changed_.notify_all();
}

void JobThread::request_stop() {
    thread_.request_stop();
}

void JobThread::abandon() {
    if (thread_.joinable()) thread_.detach();
}

std::optional<RunningCall> JobThread::running() const {
    const std::string* job = running_job_.load();
    if (!job) return std::nullopt;
    return RunningCall{*job, std::chrono::steady_clock::now() -
                                 SteadyTime(SteadyTime::duration(running_since_.load()))};
}

JobThread::SteadyTime JobThread::due(Entry& entry, bool woken) const {
    const auto steady = std::chrono::steady_clock::now();
    if (entry.retry_at) return *entry.retry_at;
    if (entry.more || woken) return steady;
    const Time now = rules_.clock();
    if (entry.last_start || !entry.schedule.runs_at_start())
        entry.last_start = entry.schedule.counted_from(entry.last_start, now);
    const Time next = entry.schedule.next(entry.last_start, now);
    return next <= now ? steady
                       : steady + std::min<std::chrono::nanoseconds>(next - now, longest_wait);
}

void JobThread::run(const std::stop_token& stop) {
    bool woken = true;  // what came before the thread began has been heard by nobody
    while (!stop.stop_requested()) {
        auto wait_until = std::chrono::steady_clock::now() + longest_wait;
        bool worked = false;
        for (Entry& entry : entries_) {
            const auto at = due(entry, woken && entry.on_wake == OnWake::runs);
            if (at > std::chrono::steady_clock::now()) {
                wait_until = std::min(wait_until, at);
            } else if (!stop.stop_requested()) {
                call(entry, stop);
                worked = true;
            }
        }
        std::unique_lock lock(mutex_);
        if (!worked) changed_.wait_until(lock, stop, wait_until, [this] { return woken_; });
        woken = std::exchange(woken_, false);
    }
}

bool JobThread::call(Entry& entry, const std::stop_token& stop) {
    const auto began = std::chrono::steady_clock::now();
    entry.last_start = rules_.clock();
    entry.state.last_start = entry.last_start;
    running_since_ = began.time_since_epoch().count();
    running_job_ = &entry.state.job;
    try {
        const Progress progress = entry.job->run(
            {.now = *entry.last_start, .deadline = began + rules_.timeout, .stop = stop});
        succeeded(entry, progress);
    } catch (const std::exception& error) {
        if (!stop.stop_requested()) failed(entry, error.what());
    }
    running_job_ = nullptr;
    return entry.state.failures == 0;
}

void JobThread::succeeded(Entry& entry, Progress progress) {
    entry.fault.succeeded(rules_.clock());
    entry.backoff.reset();
    entry.retry_at.reset();
    entry.more = progress == Progress::more;
    entry.state.failures = 0;
    entry.state.last_error.clear();
    entry.state.last_success = rules_.clock();
    if (!entry.more) remember(entry);
}

void JobThread::failed(Entry& entry, const std::string& reason) {
    entry.fault.failed(reason, rules_.clock());
    counters_.get("courant_job_failures_total", {{"job", entry.state.job}}).add();
    entry.retry_at = std::chrono::steady_clock::now() + entry.backoff.next();
    entry.more = true;
    ++entry.state.failures;
    entry.state.last_error = reason;
    remember(entry);
}

void JobThread::remember(const Entry& entry) {
    store_.post([state = entry.state](Mailboxes& m) { m.set_job_state(state); },
                [](const std::exception_ptr&) {
                });  // the next run tells again; a store in trouble is reported by whoever needs it
}

}  // namespace courant
