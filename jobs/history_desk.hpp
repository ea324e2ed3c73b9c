// Answers for the past: who asks gets a page of a series, from the adapter that has it.
//
//     HistoryDesk desk(histories, store, may_read, rules, logger, counters);
//     desk.ask({.asker = coop, .series = …, .from = …, .to = …}, [](HistoryOutcome outcome) { … });
//
// First the store says whether the asker may read the series, and the call is written into the book
// of calls (access/call_book.hpp); only when that is committed the adapter's History reads, on a
// thread of its own, until the page is full or the range ends. A page ends between two times, and
// says where the next one begins: so a range of years is asked for page by page, and whoever is cut
// off goes on where it was. Who may not read a series is told the same whether it exists or not.
//
// An app with a quota is asked no faster than its adapter says (HistoryPace), and not before the
// time that it names itself (QuotaReached): its askers wait, or are told when to come again.
//
// Each History has its own thread and its own queue of bounded length: an app that is slow or
// hangs keeps nobody waiting but those who ask it.
//
// Thread: ask() from any; the outcome is told on the desk's or the store's thread, once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <tl/expected.hpp>
#include <vector>

#include "jobs/aggregation.hpp"
#include "proxy-core/adapter.hpp"
#include "proxy-core/config/config.hpp"
#include "proxy-core/federation/commands.hpp"
#include "proxy-core/federation/jid.hpp"
#include "proxy-core/federation/reading_chain.hpp"
#include "proxy-core/mailbox/store_thread.hpp"
#include "proxy-core/observe/counters.hpp"
#include "proxy-core/observe/log.hpp"

namespace courant {

/// What an asker may read.
struct HistoryRight {
    /// Why nothing; empty: it may.
    std::string refusal = {};
    /// The series as it is called here, where the asker knows it under another name.
    std::string series = {};
    /// Only values of this period, ISO 8601; empty: all.
    std::string resolution = {};
    /// The grant that lets it.
    std::string grant = {};
};

/// Whether an asker may read a range. In the store's transaction.
using MayRead =
    std::function<HistoryRight(Mailboxes&, const Jid& asker, const HistoryRange& range, Time now)>;

/// Peers may read what a grant that is valid now covers, as far back and as finely as it lets them;
/// of several, the finest. Where it goes to them under a pseudonym, they ask by that, and find
/// nothing by the true name. `self` is for those who read why not, `names` the register of
/// pseudonyms.
MayRead grants_may_read(Jid self, std::filesystem::path names = {});

/// How much of a request has been answered.
struct HistorySoFar {
    std::int64_t readings = 0;
    ReadingChain digest = {};
};

/// What is asked.
struct HistoryQuestion {
    Jid asker;
    HistoryRange range;
    /// Requested when nobody waits for the answer any more.
    std::stop_token stop = {};
    /// The asker's name for the series, where that is another one than the range's.
    std::string known_as = {};
    /// The period in which it is answered; the desk decides.
    std::string resolution = {};
    /// The asker's name for its request, which may be many questions; empty: it has none.
    std::string request = {};
    /// What the request has brought so far, as its asker says.
    HistorySoFar so_far = {};
    /// Where the whole request ends; nothing: with this range.
    std::optional<Time> until = {};
};

/// A page of a series.
struct HistoryPage {
    senml::Pack readings = {};
    /// Where the next page begins; nothing: the range ends here.
    std::optional<Time> next = {};
    /// The app may not be asked before that time, and has not been: there are no readings.
    std::optional<Time> not_before = {};
    /// All of the request, this page included.
    HistorySoFar so_far = {};
};

using HistoryOutcome = tl::expected<HistoryPage, CommandRefusal>;
using HistoryDone = std::function<void(HistoryOutcome)>;

/// How questions are answered.
struct HistoryRules {
    /// How long an adapter may take for a page.
    std::chrono::nanoseconds timeout = std::chrono::seconds{60};
    /// What a page takes in a stanza, at most.
    std::size_t page_bytes = 180'000;
    /// Questions that may wait for one adapter.
    std::size_t most_waiting = 16;
    /// How a past is given in periods.
    AggregationRules aggregation = {};
    /// Who would have to wait longer for an app's quota is told to come again.
    std::chrono::milliseconds longest_wait = std::chrono::seconds{20};
    /// The clock of grants; tests bring their own.
    std::function<Time()> clock = [] { return std::chrono::system_clock::now(); };
};

/// A configured adapter's History.
struct NamedHistory {
    std::string adapter;  ///< the administrator's name for it
    std::unique_ptr<History> history;
    HistoryPace pace = {};
};

/// Of every adapter that is extracted from, if its type has a history. Throws ConfigError where one
/// cannot be made from its settings.
std::vector<NamedHistory> histories_of(const Config& config);

/// All histories of a proxy.
class HistoryDesk {
  public:
    HistoryDesk(std::vector<NamedHistory> histories, StoreThread& store, MayRead may_read,
                HistoryRules rules, Logger logger, Counters& counters);
    /// Ends the calls under way and waits for them.
    ~HistoryDesk();
    HistoryDesk(const HistoryDesk&) = delete;
    HistoryDesk& operator=(const HistoryDesk&) = delete;

    /// Asks; returns at once.
    void ask(HistoryQuestion question, HistoryDone done);
    /// The asker no longer wants a request: ends its call, if one is under way, and notes it;
    /// `done` is told how many calls that ended, or that the store is away.
    void cancel(const Jid& asker, const std::string& request,
                std::function<void(tl::expected<std::int64_t, CommandRefusal>)> done);
    /// Whether there is any history to be asked for.
    bool empty() const { return clerks_.empty(); }
    /// Asks every call to end, and waits; false if one did not come back in time. Its thread is
    /// left behind, and the process must end soon.
    bool stop(std::chrono::milliseconds grace);

  private:
    class Clerk;
    struct Asked;
    Clerk* clerk_for(const std::string& series) const;
    void admit(Mailboxes& mailboxes, Asked& asked, Time now) const;
    void permitted(const Asked& asked, HistoryDone done);
    void note(std::int64_t call, const HistoryQuestion& question, const HistoryOutcome& outcome);

    StoreThread& store_;
    MayRead may_read_;
    HistoryRules rules_;
    Logger logger_;
    Counters& counters_;
    std::vector<std::unique_ptr<Clerk>> clerks_;
};

}  // namespace courant
