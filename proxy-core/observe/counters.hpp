// Counters: how often what happened, for the metrics page and `courant status`.
//
//     Counter& refused = counters.get("courant_messages_refused_total", {{"peer",
//     "dash@coop.test"}}); refused.add();
//
// Everything that is refused, repeated or set aside has one. Names are Prometheus': `courant_`,
// what is counted, `_total`. Labels are things of which there are few: a peer, an adapter, a reason
// word; never a series or a number.
//
// Who counts often keeps the reference, which is valid as long as the Counters: adding is then one
// atomic increment. Looking one up takes the same time however many there are (a few for each of
// ten thousand peers), and no lock, so any thread may do it at any time: a hash table of lists that
// only ever grow.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace courant {

/// A number that only grows.
class Counter {
  public:
    /// Counts.
    void add(std::uint64_t amount = 1) noexcept {
        value_.fetch_add(amount, std::memory_order_relaxed);
    }
    /// How often so far.
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

/// All counters of the program; made once and passed to who counts.
class Counters {
  public:
    using Label = std::pair<std::string, std::string>;

    /// One counter at one moment.
    struct Sample {
        std::string name;
        std::vector<Label> labels;
        std::uint64_t value = 0;
    };

    Counters() = default;
    ~Counters();
    Counters(const Counters&) = delete;
    Counters& operator=(const Counters&) = delete;

    /// The counter of that name and those labels, made at its first use. A name that is not
    /// courant_…_total is a programming error: std::logic_error.
    Counter& get(std::string_view name, std::vector<Label> labels = {});

    /// All counters, ordered by name and labels.
    std::vector<Sample> snapshot() const;

    /// Writes all counters as a Prometheus text exposition.
    void write_prometheus(std::ostream& out) const;

  private:
    struct Node;
    using List = std::atomic<Node*>;
    static constexpr std::size_t lists = 4096;

    List& list_of(std::string_view name, const std::vector<Label>& labels);
    static Node* find(Node* from, const Node* until, std::string_view name,
                      const std::vector<Label>& labels);

    std::array<List, lists> newest_{};
};

}  // namespace courant
