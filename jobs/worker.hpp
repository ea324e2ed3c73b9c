// One of those who run on a store, and what it may do alone.
//
// Several workers may run on one PostgreSQL store. Each source, sink and lane is worked on by one
// of them at a time, which holds a lease for it in the store. A worker renews its leases in the
// background, shares the work out with the others (share_out.hpp), gives everything back when it
// stops, and loses it when it is killed: its leases run out, and others go on. No worker knows of
// another before it meets it in the store, so that adding one or killing one needs no
// configuration.
//
//     Worker worker(settings, store, logger);
//     auto right = worker.right("source roof");      // before start()
//     worker.start();
//     … if (right.held()) store.ask([&](Mailboxes& m) { …; right.insist(m); });
//
// held() is what this worker believes, by its own clock and on the safe side; it is what jobs go
// by. insist() is the truth, inside the transaction that depends on it (fencing): a worker that
// stood still for a minute believes what it likes and commits nothing.
//
// On a store that only one process can run on there is nothing to share: Worker::alone() holds
// everything and asks nobody.
//
// Thread: start() and stop() from one thread; everything else from any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "proxy-core/mailbox/store_thread.hpp"
#include "proxy-core/observe/lasting_fault.hpp"
#include "proxy-core/observe/log.hpp"

namespace courant {

class Worker;

/// The right to do one thing alone, as who does it holds it.
class Right {
  public:
    /// A right that nobody else wants: always held.
    Right() = default;
    Right(Worker& worker, std::string what) : worker_(&worker), what_(std::move(what)) {}

    /// Whether it is ours now.
    bool held() const;
    /// Throws LeaseLost unless it is ours, and stays ours until the end of the transaction.
    void insist(Mailboxes& mailboxes) const;
    /// Waits until it is ours; a token that is stopped when it no longer is, or nothing if `stop`
    /// came first.
    std::optional<std::stop_token> wait(const std::stop_token& stop) const;
    /// Whether it is ours; waits while that cannot be known, because the store is away. False also
    /// if `stop` came first.
    bool settled(const std::stop_token& stop) const;

  private:
    Worker* worker_ = nullptr;
    std::string what_;
};

/// Who a worker is among others; everybody reads it in the store.
struct WorkerId {
    /// Its XMPP resource, which is no other worker's: "courant-5f3a9c01".
    std::string resource;
    /// Where it runs, "lorient1:4711:9f3c01ab": host, process, and a mark of the machine and the
    /// container, which may share names and numbers with others.
    std::string place;

    /// As the leases have it: "courant-5f3a9c01@lorient1:4711:9f3c01ab".
    std::string text() const { return resource + "@" + place; }
    /// The resource in such a text.
    static std::string resource_in(std::string_view text);
    /// This process, with a resource that begins with `prefix`.
    static WorkerId of_this_process(const std::string& prefix);
    /// Whether such a text is of a worker that ran here and whose process is no more. Of another
    /// machine's nothing can be known.
    static bool is_gone(std::string_view text);
};

/// A worker as others see it in the store.
struct Colleague {
    std::string id;
    /// How its session is.
    std::string session;
    /// What it does: "source roof", "lane 01JD…".
    std::vector<std::string> holds;
};

/// All workers that run on a store.
std::vector<Colleague> colleagues(Mailboxes& mailboxes, Time now);

/// How a worker shares.
struct WorkerSettings {
    WorkerId id;
    /// How long a lease lasts that nobody renews: how long after a worker's sudden end others go
    /// on.
    std::chrono::milliseconds term{15'000};
    /// How often the leases are looked at.
    std::chrono::milliseconds period{1'000};
    /// What stands in the store as the time, where the store has no clock of its own.
    std::function<Time()> clock = [] { return std::chrono::system_clock::now(); };
};

/// A worker and its leases.
class Worker {
  public:
    Worker(WorkerSettings settings, StoreThread& store, Logger logger);
    /// One that holds everything; its id is empty.
    static std::unique_ptr<Worker> alone();
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Its id; empty for the only one.
    const std::string& id() const { return id_; }
    /// The note in which a worker says how its session is.
    static std::string session_note(std::string_view worker);
    /// A right that this worker may get: "source roof". Before start(). Lanes need not be named:
    /// every worker can send every lane.
    Right right(const std::string& what);
    /// Told after every change of what is held, on the worker's thread; before start().
    void on_change(std::function<void()> changed) { changed_callback_ = std::move(changed); }

    /// Takes what there is to take, once, and begins to look after it. Throws nothing: a store that
    /// is away is asked again.
    void start();
    /// Gives everything back.
    void stop();
    /// Whether no other worker runs, as the store has it.
    bool is_first(Mailboxes& mailboxes) const;
    /// Looks now and not at the next turn: there is a new lane.
    void hurry();

    bool holds(std::string_view what) const;
    /// Under which tenure it holds it, if it does: after a break, in which it may have been
    /// somebody else's, the number is another one.
    std::optional<std::uint64_t> tenure(std::string_view what) const;
    /// Throws LeaseLost unless it does.
    void insist(Mailboxes& mailboxes, std::string_view what) const;
    /// The same for this moment alone (Mailboxes::confirm_held).
    void confirm(Mailboxes& mailboxes, std::string_view what) const;
    /// The resource of who holds it, as far as we know; nothing if nobody does.
    std::optional<std::string> resource_of_holder(std::string_view what) const;

  private:
    friend class Right;
    using Clock = std::chrono::steady_clock;
    /// What a look into the store brought.
    struct Look {
        std::vector<Lease> leases = {};
        std::vector<std::string> lanes = {};
        std::vector<std::string> held = {};   ///< what is ours
        std::vector<std::string> taken = {};  ///< of that, what now lasts a whole term
        std::set<std::string> kept = {};      ///< of that, what was ours all the time
    };
    struct Holding {
        Clock::time_point until;  ///< by our clock, on the safe side
        std::uint64_t tenure = 0;
        std::stop_source over = {};
    };
    Worker() = default;

    void run(const std::stop_token& stop);
    void look();
    Look look(Mailboxes& m, bool renewing, bool listing) const;
    std::set<std::string> wishes(const Look& look) const;
    void learn(const Look& look, Clock::time_point asked_at);
    void sweep(Mailboxes& m) const;
    void drop_expired();
    const Holding* held_now(std::string_view what) const;
    std::optional<std::stop_token> wait(const std::string& what, const std::stop_token& stop);
    bool settled(const std::string& what, const std::stop_token& stop);

    WorkerSettings settings_;
    std::string id_;
    StoreThread* store_ = nullptr;  ///< null for the only one
    std::optional<LastingFault> fault_;
    std::function<void()> changed_callback_ = [] {};
    std::set<std::string> able_;      ///< sources and sinks that this worker is configured for
    std::vector<std::string> lanes_;  ///< as of the last time that they were listed
    std::optional<Clock::time_point> renewed_at_;
    std::optional<Clock::time_point> listed_at_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::map<std::string, Holding, std::less<>> holdings_;
    std::map<std::string, std::string, std::less<>> holders_;  ///< of all, as of the last look
    std::uint64_t tenures_ = 0;                                ///< so many have begun
    bool hurried_ = false;
    std::jthread thread_;
};

}  // namespace courant
