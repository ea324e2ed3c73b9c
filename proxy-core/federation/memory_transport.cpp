#include "proxy-core/federation/memory_transport.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "proxy-core/federation/memory_stanza.hpp"

namespace courant {

namespace {

constexpr std::string_view error_space = "urn:ietf:params:xml:ns:xmpp-stanzas";

/// Whether an error may be answered to it at all (RFC 6120, 8.3.1 and 8.2.3).
bool may_bounce(const StanzaHead& head) {
    const std::string type = head.attribute("type");
    return head.name() != "presence" && type != "error" &&
           !(head.name() == "iq" && type == "result");
}

}  // namespace

void MemoryNetwork::judge(Judge judge) {
    const std::lock_guard lock(mutex_);
    judge_ = std::move(judge);
}

void MemoryNetwork::when_absent(Absence absence) {
    const std::lock_guard lock(mutex_);
    absence_ = absence;
}

void MemoryNetwork::cut(const Jid& account, SessionLoss loss) {
    const std::lock_guard lock(mutex_);
    Account& cut_off = accounts_[account.bare()];
    cut_off.linked = false;
    if (!cut_off.online) return;
    end_session(cut_off);
    cut_off.events.push_back({Event::Kind::offline, "", std::move(loss)});
    cut_off.change.notify_all();
}

void MemoryNetwork::mend(const Jid& account) {
    const std::lock_guard lock(mutex_);
    Account& mended = accounts_[account.bare()];
    mended.linked = true;
    begin_session(mended);
}

void MemoryNetwork::clog(const Jid& account) {
    const std::lock_guard lock(mutex_);
    accounts_[account.bare()].clogged = true;
}

void MemoryNetwork::unclog(const Jid& account) {
    std::deque<std::string> outgoing;
    Jid from;
    {
        const std::lock_guard lock(mutex_);
        Account& freed = accounts_[account.bare()];
        freed.clogged = false;
        outgoing.swap(freed.outgoing);
        from = freed.full;
    }
    for (const std::string& stanza : outgoing) route(from, stanza);
}

void MemoryNetwork::let_through(const Jid& account, std::size_t stanzas) {
    std::deque<std::string> outgoing;
    Jid from;
    {
        const std::lock_guard lock(mutex_);
        Account& slow = accounts_[account.bare()];
        from = slow.full;
        while (outgoing.size() < stanzas && !slow.outgoing.empty()) {
            outgoing.push_back(std::move(slow.outgoing.front()));
            slow.outgoing.pop_front();
        }
    }
    for (const std::string& stanza : outgoing) route(from, stanza);
}

std::size_t MemoryNetwork::release() {
    const std::lock_guard lock(mutex_);
    const std::deque<MemoryStanza> released = std::exchange(held_, {});
    for (const MemoryStanza& stanza : released) deliver(stanza);
    return released.size();
}

std::vector<MemoryStanza> MemoryNetwork::sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
}

void MemoryNetwork::begin_session(Account& account) {
    if (account.online || !account.wanted || !account.linked) return;
    account.online = true;
    account.events.push_back({Event::Kind::online, "", {}});
    for (std::string& stanza : account.stored) hand_over(account, std::move(stanza));
    account.stored.clear();
    account.change.notify_all();
}

void MemoryNetwork::end_session(Account& account) {
    account.online = false;
    account.outgoing.clear();
    std::erase_if(account.events,
                  [](const Event& event) { return event.kind == Event::Kind::stanza; });
}

void MemoryNetwork::route(const Jid& from, std::string_view stanza) {
    StanzaHead head(stanza);
    head.set("from", from.to_string());
    const std::string address = head.attribute("to");
    auto to = Jid::parse_any(address);
    if (to && to->local().empty()) {
        const std::lock_guard lock(mutex_);
        if (!accounts_.contains(*to)) to.reset();
    }
    if (!to) {
        // For a server: presence and messages end there, an iq is answered.
        if (head.name() != "iq" || !may_bounce(head)) return;
        StanzaHead answer("<iq/>");
        answer.set("id", head.attribute("id"));
        answer.set("from", address);
        answer.set("to", from.to_string());
        const bool ping = head.content().find("urn:xmpp:ping") != std::string_view::npos;
        answer.set("type", ping ? "result" : "error");
        const std::lock_guard lock(mutex_);
        hand_over(accounts_[from.bare()],
                  answer.to_string(ping ? ""
                                        : "<error type='cancel'><service-unavailable xmlns='" +
                                              std::string(error_space) + "'/></error>"));
        return;
    }
    const MemoryStanza carried{from, *to, head.to_string()};
    Judge judge;
    {
        const std::lock_guard lock(mutex_);
        sent_.push_back(carried);
        judge = judge_;
    }
    const Judgement verdict = judge ? judge(carried) : Judgement(Fate::deliver);
    const std::lock_guard lock(mutex_);
    carry(carried, verdict);
}

void MemoryNetwork::carry(const MemoryStanza& stanza, const Judgement& verdict) {
    switch (verdict.fate) {
        case Fate::drop:
            return;
        case Fate::hold:
            held_.push_back(stanza);
            return;
        case Fate::bounce:
            return bounce(stanza, verdict.error_type, verdict.condition);
        case Fate::duplicate:
            deliver(stanza);
            return deliver(stanza);
        case Fate::deliver:
            return deliver(stanza);
    }
}

void MemoryNetwork::deliver(const MemoryStanza& stanza) {
    const StanzaHead head(stanza.text);
    const auto found = accounts_.find(stanza.to.bare());
    if (found == accounts_.end()) return bounce(stanza, "cancel", "service-unavailable");
    Account& account = found->second;
    if (head.name() == "iq" && stanza.to != account.full) {
        // A server answers iqs to an account by itself, and does not let them through to another
        // resource.
        return bounce(stanza, "cancel", "service-unavailable");
    }
    if (account.online) return hand_over(account, stanza.text);
    if (head.name() == "message" && absence_ == Absence::store) {
        account.stored.push_back(stanza.text);
    } else {
        bounce(stanza, "cancel", "service-unavailable");
    }
}

void MemoryNetwork::bounce(const MemoryStanza& stanza, std::string_view type,
                           std::string_view condition) {
    StanzaHead head(stanza.text);
    const auto sender = accounts_.find(stanza.from.bare());
    if (!may_bounce(head) || sender == accounts_.end()) return;
    head.set("type", "error");
    head.set("from", stanza.to.to_string());
    head.set("to", stanza.from.to_string());
    std::string error = "<error type='" + std::string(type) + "'><" + std::string(condition) +
                        " xmlns='" + std::string(error_space) + "'/></error>";
    if (sender->second.online) {
        hand_over(sender->second, head.to_string(error));
    } else if (absence_ == Absence::store) {
        sender->second.stored.push_back(head.to_string(error));
    }
}

void MemoryNetwork::hand_over(Account& account, std::string stanza) {
    if (!account.online) return;
    account.events.push_back({Event::Kind::stanza, std::move(stanza), {}});
    account.change.notify_all();
}

MemoryTransport::MemoryTransport(MemoryNetwork& network, const Jid& account,
                                 std::string_view resource)
    : network_(network), account_([&]() -> MemoryNetwork::Account& {
          const std::lock_guard lock(network.mutex_);
          return network.accounts_[account.bare()];
      }()) {
    const std::lock_guard lock(network_.mutex_);
    account_.full = account.bare();
    if (!account.local().empty())
        account_.full = *Jid::parse(account.bare().to_string() + "/" + std::string(resource));
}

MemoryTransport::~MemoryTransport() {
    MemoryTransport::close();
}

void MemoryTransport::open() {
    const std::lock_guard lock(network_.mutex_);
    account_.wanted = true;
    network_.begin_session(account_);
}

void MemoryTransport::close() {
    const std::lock_guard lock(network_.mutex_);
    account_.wanted = false;
    network_.end_session(account_);
    account_.events.clear();
}

void MemoryTransport::poll(std::chrono::milliseconds patience, TransportListener& listener) {
    std::unique_lock lock(network_.mutex_);
    account_.change.wait_for(lock,
                             std::min<std::chrono::milliseconds>(patience, std::chrono::hours(24)),
                             [&] { return account_.woken || !account_.events.empty(); });
    account_.woken = false;
    // Only what is there now: what the listener causes comes with the next poll, as it would from a
    // socket.
    for (std::size_t left = account_.events.size(); left > 0 && !account_.events.empty(); --left) {
        const MemoryNetwork::Event event = std::move(account_.events.front());
        account_.events.pop_front();
        const Jid full = account_.full;
        lock.unlock();
        switch (event.kind) {
            case MemoryNetwork::Event::Kind::online:
                listener.on_online(full);
                break;
            case MemoryNetwork::Event::Kind::offline:
                listener.on_offline(event.loss);
                break;
            case MemoryNetwork::Event::Kind::stanza:
                listener.on_stanza(event.text);
                break;
        }
        lock.lock();
    }
}

void MemoryTransport::send(std::string_view stanza) {
    Jid from;
    {
        const std::lock_guard lock(network_.mutex_);
        if (!account_.online) return;
        if (account_.clogged) {
            account_.outgoing.emplace_back(stanza);
            return;
        }
        from = account_.full;
    }
    network_.route(from, stanza);
}

std::size_t MemoryTransport::queued_bytes() const {
    const std::lock_guard lock(network_.mutex_);
    return std::accumulate(
        account_.outgoing.begin(), account_.outgoing.end(), std::size_t{0},
        [](std::size_t sum, const std::string& stanza) { return sum + stanza.size(); });
}

void MemoryTransport::wake() noexcept {
    const std::lock_guard lock(network_.mutex_);
    account_.woken = true;
    account_.change.notify_all();
}

}  // namespace courant
