#include "cli/history/asking_session.hpp"

#include <chrono>
#include <utility>

#include "cli/program.hpp"

namespace courant::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds login_patience{30};
constexpr std::chrono::milliseconds turn{200};

XmppSettings settings_of(const Config& config, std::string_view purpose) {
    XmppSettings settings = xmpp_settings(config);
    settings.resource = config.identity.resource + '-' + std::string(purpose);
    settings.presence = XmppSettings::Presence::none;
    return settings;
}

}  // namespace

AskingSession::AskingSession(const Config& config, std::string_view purpose)
    : session_(settings_of(config, purpose)),
      requester_([this](const std::string& stanza) { session_.send(stanza); },
                 std::string(purpose)) {
    session_.when_refused([this](std::string_view why) { refused_ = why; });
}

AskingSession::~AskingSession() {
    if (opened_) session_.close();
}

CommandResult AskingSession::ask(CommandRequest request, const std::function<bool()>& stopped) {
    const auto stop = [&] { return stopped && stopped(); };
    if (!std::exchange(opened_, true)) session_.open();
    loss_.clear();
    refused_.clear();
    const auto until = Clock::now() + login_patience;
    while (!online_ && loss_.empty() && Clock::now() < until && !stop()) session_.poll(turn, *this);
    if (!online_)
        return tl::unexpected(
            CommandFailure{.kind = CommandFailure::Kind::session_lost,
                           .text = loss_.empty() ? "our server does not answer" : loss_});
    std::optional<CommandResult> result;
    requester_.ask(std::move(request), Clock::now(),
                   [&](CommandResult outcome) { result = std::move(outcome); });
    while (!result) {
        session_.poll(turn, *this);
        requester_.tick(Clock::now());
        if (stop()) {
            requester_.session_lost();
            return tl::unexpected(CommandFailure{.kind = CommandFailure::Kind::session_lost,
                                                 .text = "stopped before the answer came"});
        }
        if (refused_.empty()) continue;
        // Nobody but whom we asked knows of this session: that was the answer.
        requester_.session_lost();
        result = tl::unexpected(
            CommandFailure{.kind = CommandFailure::Kind::refused,
                           .text = "the answer was not taken (limits.receive_…): " + refused_,
                           .type = "cancel"});
    }
    return std::move(*result);
}

void AskingSession::on_online(const Jid&) {
    online_ = true;
}

void AskingSession::on_offline(const SessionLoss& loss) {
    online_ = false;
    loss_ = loss.reason;
    requester_.session_lost();
}

void AskingSession::on_stanza(std::string_view stanza) {
    if (const auto element = read_stanza(stanza)) requester_.take(*element, Clock::now());
}

}  // namespace courant::cli
