// A session beside the running proxy's, to ask a peer something and wait for the answer.
//
//     AskingSession session(config, "history");
//     const CommandResult result = session.ask({.to = coop, .node = …, .form = …});
//
// It has a resource of its own and no presence, so that the server gives it nothing that is meant
// for the proxy, whether that runs or not.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "proxy-core/config/config.hpp"
#include "proxy-core/federation/command_requester.hpp"
#include "proxy-core/federation/xmpp_session.hpp"

namespace courant::cli {

/// Asks and waits. Belongs to one thread.
class AskingSession : private TransportListener {
  public:
    /// `purpose` becomes part of the resource.
    AskingSession(const Config& config, std::string_view purpose);
    ~AskingSession() override;
    AskingSession(const AskingSession&) = delete;
    AskingSession& operator=(const AskingSession&) = delete;

    /// Logs in where it has to, asks, and waits, unless `stopped` says meanwhile that nobody wants
    /// the answer any more: the failure is then session_lost.
    CommandResult ask(CommandRequest request, const std::function<bool()>& stopped = {});

  private:
    void on_online(const Jid&) override;
    void on_offline(const SessionLoss& loss) override;
    void on_stanza(std::string_view stanza) override;

    XmppSession session_;
    CommandRequester requester_;
    bool opened_ = false;
    bool online_ = false;
    std::string loss_;
    std::string refused_;  ///< why a stanza was not taken
};

}  // namespace courant::cli
