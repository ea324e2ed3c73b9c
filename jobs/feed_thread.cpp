#include "jobs/feed_thread.hpp"

#include <condition_variable>
#include <mutex>
#include <random>
#include <utility>

namespace courant {
namespace {

// How often it is told that all is well: a commit for each reading would double what it costs.
constexpr std::chrono::seconds told_every{1};

}  // namespace

FeedThread::FeedThread(std::string adapter, std::unique_ptr<Feed> feed, Outbound outbound,
                       JobRules rules, StoreThread& store, Logger logger)
    : adapter_(std::move(adapter)),
      feed_(std::move(feed)),
      outbound_(std::move(outbound)),
      rules_(std::move(rules)),
      store_(store),
      fault_(std::move(logger), "feed " + adapter_),
      backoff_(rules_.retry_first, rules_.retry_max, std::random_device{}()) {
    state_.job = "feed " + adapter_;
}

void FeedThread::start() {
    finished_ = false;
    thread_ = std::jthread([this](const std::stop_token& stop) {
        run(stop);
        finished_ = true;
    });
}

void FeedThread::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        try {
            state_.last_start = rules_.clock();
            feed_->run([&](const senml::Pack& readings,
                           const std::vector<Refused>& refused) { put(readings, refused, stop); },
                       stop);
        } catch (const std::exception& error) {
            if (stop.stop_requested()) break;
            fault_.failed(error.what(), rules_.clock());
            ++state_.failures;
            state_.last_error = error.what();
            remember(state_);
        }
        pause(stop);
    }
    remember(state_);
}

void FeedThread::put(const senml::Pack& readings, const std::vector<Refused>& refused,
                     const std::stop_token& stop) {
    for (;;) {
        try {
            outbound_.put(readings, refused, std::nullopt, rules_.clock());
            break;
        } catch (const Error& error) {
            if (!error.worth_retrying() || stop.stop_requested()) throw;
            fault_.failed(error.what(), rules_.clock());
            pause(stop);
        }
    }
    fault_.succeeded(rules_.clock());
    backoff_.reset();
    const bool news = state_.failures > 0 || !state_.last_success;
    state_.failures = 0;
    state_.last_error.clear();
    state_.last_success = rules_.clock();
    const auto now = std::chrono::steady_clock::now();
    if (!news && now - told_at_ < told_every) return;
    told_at_ = now;
    remember(state_);
}

void FeedThread::pause(const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait_for(lock, stop, backoff_.next(), [] { return false; });
}

void FeedThread::remember(const JobState& state) {
    store_.post([state](Mailboxes& m) { m.set_job_state(state); },
                [](const std::exception_ptr&) {});
}

}  // namespace courant
