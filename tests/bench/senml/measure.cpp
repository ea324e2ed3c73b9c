#include "tests/bench/senml/measure.hpp"

#include <time.h>

#include <algorithm>
#include <stdexcept>

#include "tests/bench/senml/allocations.hpp"

namespace courant::bench {

namespace {

using Nanoseconds = std::chrono::duration<double, std::nano>;

/// What this thread has used; time in which others were let run does not count.
Nanoseconds processor_time() {
    timespec now{};
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0) {
        throw std::runtime_error("no clock for the time of a thread");
    }
    return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

Nanoseconds time_turns(Contestant& contestant, const Corpus& corpus, int turns) {
    const auto begin = processor_time();
    for (int i = 0; i < turns; ++i) contestant.turn(corpus);
    return processor_time() - begin;
}

void check(Contestant& contestant, const Corpus& corpus) {
    try {
        contestant.prepare(corpus);
        contestant.check(corpus);
    } catch (const std::exception& error) {
        throw std::runtime_error(contestant.name() + ", packs of " +
                                 std::to_string(corpus.records) + ": " + error.what());
    }
}

double count_allocations(Contestant& contestant, const Corpus& corpus) {
    const auto before = allocations();
    contestant.turn(corpus);
    return static_cast<double>(allocations() - before) / static_cast<double>(corpus.size());
}

/// How many turns fill a sample.
int calibrate(Contestant& contestant, const Corpus& corpus, const Effort& effort) {
    const Nanoseconds one = time_turns(contestant, corpus, 1);
    return std::max(1, static_cast<int>(Nanoseconds{effort.sample} / one));
}

double quantile(const std::vector<double>& sorted, double part) {
    return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

std::vector<Measured> measure(const Contestants& contestants, const Corpus& corpus,
                              const Effort& effort) {
    std::vector<Measured> measured(contestants.size());
    std::vector<int> turns(contestants.size());
    std::vector<std::vector<double>> samples(contestants.size());
    for (std::size_t i = 0; i < contestants.size(); ++i) {
        check(*contestants[i], corpus);
        measured[i].allocations = count_allocations(*contestants[i], corpus);
        turns[i] = calibrate(*contestants[i], corpus, effort);
    }
    for (int sample = 0; sample < effort.samples; ++sample) {
        for (std::size_t i = 0; i < contestants.size(); ++i) {
            const auto packs = static_cast<double>(corpus.size()) * turns[i];
            contestants[i]->turn(corpus);  // after the others, caches are cold
            samples[i].push_back(time_turns(*contestants[i], corpus, turns[i]).count() / packs);
        }
    }
    for (std::size_t i = 0; i < contestants.size(); ++i) {
        std::sort(samples[i].begin(), samples[i].end());
        const double median = quantile(samples[i], 0.5);
        measured[i].nanoseconds = quantile(samples[i], effort.quantile);
        measured[i].spread = (quantile(samples[i], 0.75) - quantile(samples[i], 0.25)) / median;
    }
    return measured;
}

}  // namespace courant::bench
