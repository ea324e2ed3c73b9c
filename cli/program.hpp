// The running proxy: transport, federation and jobs, made from one configuration on top of one
// store.
//
//     Program program(config, store, logger);
//     program.start();
//     while (!asked_to_stop) program.watch();
//     program.stop();
//
// Everything that must survive is in the store, so that a Program may be stopped and another one
// made from a changed configuration at any time: that is all that a reload is.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <thread>

#include "jobs/card_round.hpp"
#include "jobs/catalog_desk.hpp"
#include "jobs/history_desk.hpp"
#include "jobs/runner.hpp"
#include "jobs/worker.hpp"
#include "proxy-core/config/config.hpp"
#include "proxy-core/federation/federation.hpp"
#include "proxy-core/federation/xmpp_session.hpp"
#include "proxy-core/mailbox/space_watch.hpp"
#include "proxy-core/observe/counters.hpp"

namespace courant::cli {

/// How the session of a configuration is made.
XmppSettings xmpp_settings(const Config& config);

/// One run of a proxy. Belongs to the main thread. Its counters are its own: what they say is added
/// to the store's at the end, and a run after a reload begins at 0.
class Program {
  public:
    /// Throws ConfigError where an adapter cannot be made from its settings.
    Program(const Config& config, StoreThread& store, Logger logger);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    /// Begins everything.
    void start();
    /// Looks after the jobs and our peers' cards; to be called now and then.
    void watch();
    /// Ends everything; false if an adapter did not come back, and the process must end soon.
    bool stop();

    /// Every job once: extract, send until the outbox is empty or nothing moves any more, receive.
    /// A stop ends the call under way and whatever would follow. False if something failed or
    /// waits; what waits is told on the log. StoreError where a worker runs on the store already.
    bool run_once(const std::stop_token& stop);

  private:
    void refuse_company();
    bool drain_outbox(const std::stop_token& stop);
    void settle_inbox(const std::stop_token& stop);

    StoreThread& store_;
    Logger logger_;
    bool receives_;
    Counters counters_;
    SpaceWatch space_;
    std::unique_ptr<Worker> worker_;
    XmppSession session_;
    Federation federation_;
    Runner runner_;
    HistoryDesk history_;
    CatalogDesk catalog_;
    CardRound cards_;
    std::jthread federation_thread_;
};

}  // namespace courant::cli
