// The running proxy: transport, federation and jobs, made from one configuration on top of one
// store.
//
//     Program program(config, store, logger, counters);
//     program.start();
//     while (!asked_to_stop) program.watch();
//     program.stop();
//
// Everything that must survive is in the store, so that a Program may be stopped and another one
// made from a changed configuration at any time: that is all that a reload is.
#pragma once

#include <chrono>
#include <thread>

#include "jobs/runner.hpp"
#include "proxy-core/config/config.hpp"
#include "proxy-core/federation/federation.hpp"
#include "proxy-core/federation/xmpp_session.hpp"

namespace courant::cli {

/// How the session of a configuration is made.
XmppSettings xmpp_settings(const Config& config);

/// One run of a proxy. Belongs to the main thread.
class Program {
  public:
    /// Throws ConfigError where an adapter cannot be made from its settings.
    Program(const Config& config, StoreThread& store, Logger logger, Counters& counters);

    /// Begins everything.
    void start();
    /// Looks after the jobs; to be called now and then.
    void watch() { runner_.watch(); }
    /// Ends everything; false if an adapter did not come back, and the process must end soon.
    bool stop();

    /// Every job once: extract, send until the outbox is empty or nothing moves any more, receive.
    /// `stop_asked` is asked now and then. False if something failed or waits; what waits is told
    /// on the log.
    bool run_once(const std::function<bool()>& stop_asked);

  private:
    bool drain_outbox(const std::function<bool()>& stop_asked);
    void settle_inbox(const std::function<bool()>& stop_asked);

    StoreThread& store_;
    Logger logger_;
    bool receives_;
    XmppSession session_;
    Federation federation_;
    Runner runner_;
    std::jthread federation_thread_;
};

}  // namespace courant::cli
