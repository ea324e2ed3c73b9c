#include "proxy-core/federation/xmpp_session.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <random>
#include <utility>

#include "proxy-core/error.hpp"
#include "proxy-core/federation/backoff.hpp"
#include "proxy-core/federation/server_round.hpp"
#include "proxy-core/federation/xmpp_login.hpp"
#include "proxy-core/federation/xmpp_stream.hpp"

namespace courant {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// While bytes are queued the wait is cut into ticks: TLS may want to read before it can write.
constexpr auto tick = 15ms;
constexpr auto farewell_patience = 900ms;
// How soon the kernel probes a silent server where there is another to go to, and how often we look
// what came of it.
constexpr auto link_probe = 2s;
constexpr auto link_look = 500ms;
// So many slices in a row before the caller gets a say.
constexpr int slices_in_row = 64;
constexpr std::string_view streams_space = "http://etherx.jabber.org/streams";

std::uint64_t random_seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

/// Where a server is; nothing known: DNS is asked.
struct Address {
    std::string host;
    unsigned short port = 0;
};

/// Splits "host", "host:port" or "[v6]:port".
Address split_address(const std::string& address) {
    const auto colon = address.ends_with(']') ? std::string::npos : address.rfind(':');
    std::string host = address.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    unsigned short port = 0;
    if (colon == std::string::npos) return {host, port};
    const char* end = address.data() + address.size();
    const auto read = std::from_chars(address.data() + colon + 1, end, port);
    if (host.empty() || read.ec != std::errc() || read.ptr != end || port == 0) {
        throw Error(fmt::format("\"{}\" is no server address: host:port is expected", address),
                    Retry::useless);
    }
    return {host, port};
}

std::vector<Address> split_addresses(const std::vector<std::string>& addresses) {
    if (addresses.empty()) return {Address{}};
    std::vector<Address> split;
    for (const std::string& address : addresses) split.push_back(split_address(address));
    return split;
}

/// An event descriptor: what other threads say, poll() hears.
class Bell {
  public:
    Bell() : descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
        if (descriptor_ < 0) throw Error("the system gives no event descriptor", Retry::worthwhile);
    }
    ~Bell() { ::close(descriptor_); }
    Bell(const Bell&) = delete;
    Bell& operator=(const Bell&) = delete;

    int descriptor() const { return descriptor_; }
    void ring() noexcept {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
    }
    void silence() {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto read = ::read(descriptor_, &count, sizeof count);
    }

  private:
    int descriptor_;
};

}  // namespace

class XmppSession::Impl {
  public:
    explicit Impl(XmppSettings settings);

    void open();
    void close();
    void poll(std::chrono::milliseconds patience, TransportListener& listener);
    std::string where() const;

    XmppSettings settings_;
    Bell bell_;
    std::optional<XmppStream> stream_;
    std::function<void(std::string_view)> when_refused_;
    std::uint64_t refused_ = 0;
    bool online_ = false;

  private:
    void connect(TransportListener& listener);
    void watch_time(TransportListener& listener);
    bool wait(Clock::time_point until);
    void pump(TransportListener& listener);
    void take(StreamEvent& event, TransportListener& listener);
    void log_in(const Element& element, TransportListener& listener);
    void begin_online(const Jid& jid, TransportListener& listener);
    void ping_if_silent(TransportListener& listener);
    void lose(const SessionLoss& loss, TransportListener& listener);
    void farewell();
    Clock::time_point next_duty() const;
    Clock::time_point ping_due() const;

    bool has_another() const { return addresses_.size() > 1; }
    Clock::duration pause_after(const SessionLoss& loss);

    std::vector<Address> addresses_;
    ServerRound round_;
    bool operator_needed_ = true;  ///< every failure of this round needs one
    std::string resource_;
    Backoff backoff_;
    Backoff operator_backoff_;
    std::optional<XmppLogin> login_;
    std::optional<Clock::time_point> retry_at_;
    Clock::time_point handshake_ends_;
    std::optional<Clock::time_point> connect_ends_;
    Clock::time_point online_since_;
    Clock::time_point heard_at_;
    Clock::time_point moved_at_;
    std::optional<Clock::time_point> pinged_at_;
    std::string ping_id_;
    std::uint64_t pings_ = 0;
    std::size_t progress_before_ = 0;
    bool polling_ = false;
    bool told_ = false;
    bool close_asked_ = false;
    bool tls_due_ = false;
};

XmppSession::Impl::Impl(XmppSettings settings)
    : settings_(std::move(settings)),
      addresses_(split_addresses(settings_.servers)),
      round_(addresses_.size()),
      backoff_(settings_.backoff_first, settings_.backoff_max, random_seed()),
      operator_backoff_(settings_.backoff_operator / 2, settings_.backoff_operator / 2,
                        random_seed()) {
    resource_ = fmt::format("{}-{:08x}", settings_.resource, random_seed() & 0xffffffffu);
}

void XmppSession::Impl::open() {
    if (!stream_ && !retry_at_) retry_at_ = Clock::now();
}

void XmppSession::Impl::close() {
    if (polling_) {
        close_asked_ = true;
        return;
    }
    if (stream_ && online_) farewell();
    stream_.reset();
    login_.reset();
    retry_at_.reset();
    online_ = false;
    close_asked_ = false;
}

void XmppSession::Impl::farewell() {
    const auto deadline = Clock::now() + farewell_patience;
    stream_->send("</stream:stream>");
    std::vector<StreamEvent> dropped;
    while (!stream_->closed() && Clock::now() < deadline) {
        pollfd socket{stream_->descriptor(), stream_->interest(), 0};
        ::poll(&socket, 1, static_cast<int>(tick.count()));
        stream_->turn(dropped);
        dropped.clear();
    }
}

void XmppSession::Impl::poll(std::chrono::milliseconds patience, TransportListener& listener) {
    struct Mark {
        Impl& impl;
        explicit Mark(Impl& of) : impl(of) { impl.polling_ = true; }
        ~Mark() { impl.polling_ = false; }
    };
    const auto deadline = Clock::now() + std::min<std::chrono::milliseconds>(patience, 24h);
    told_ = false;
    const std::size_t queued = stream_ ? stream_->queued_bytes() : 0;
    const auto has_room = [&] {
        return queued > 0 && stream_ && stream_->queued_bytes() <= queued / 2;
    };
    {
        const Mark mark(*this);
        bool woken = false;
        do {
            if (retry_at_ && Clock::now() >= *retry_at_) connect(listener);
            woken = wait(std::min(deadline, next_duty()));
            if (stream_) pump(listener);
            if (stream_) watch_time(listener);
        } while (!told_ && !woken && !has_room() && !close_asked_ && Clock::now() < deadline);
    }
    if (close_asked_) close();
}

/// Waits for the socket, the bell or the time; true if the bell rang.
bool XmppSession::Impl::wait(Clock::time_point until) {
    pollfd waited[2] = {{bell_.descriptor(), POLLIN, 0}, {-1, 0, 0}};
    if (stream_) {
        waited[1].fd = stream_->descriptor();
        waited[1].events = stream_->interest();
    }
    auto patience =
        told_ ? 0ms : std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    if (stream_ && stream_->more_turns()) patience = 0ms;
    if (stream_ && stream_->queued_bytes() > 0)
        patience = std::min<std::chrono::milliseconds>(patience, tick);
    ::poll(waited, 2, static_cast<int>(std::clamp<std::int64_t>(patience.count(), 0, 60'000)));
    if ((waited[0].revents & POLLIN) == 0) return false;
    bell_.silence();
    return true;
}

Clock::time_point XmppSession::Impl::next_duty() const {
    if (!stream_) return retry_at_.value_or(Clock::time_point::max());
    const auto login = std::min(handshake_ends_, connect_ends_.value_or(handshake_ends_));
    const auto duty = online_ ? ping_due() : login;
    return has_another() ? std::min(duty, Clock::now() + link_look) : duty;
}

Clock::time_point XmppSession::Impl::ping_due() const {
    if (pinged_at_) return std::max(*pinged_at_, moved_at_) + settings_.ping_patience;
    return heard_at_ + settings_.ping_after;
}

void XmppSession::Impl::connect(TransportListener& listener) {
    retry_at_.reset();
    tls_due_ = false;
    progress_before_ = 0;
    login_.emplace(settings_.account, settings_.password, resource_);
    const Address& address = addresses_[round_.current()];
    StreamTarget target{.account = settings_.account,
                        .host = address.host,
                        .port = address.port,
                        .ca_file = settings_.ca_file,
                        .max_bytes = settings_.max_stanza_bytes,
                        .max_depth = settings_.max_stanza_depth};
    handshake_ends_ = Clock::now() + settings_.handshake_patience;
    connect_ends_.reset();
    if (has_another()) {
        target.probe_after = link_probe;
        connect_ends_ = Clock::now() + settings_.connect_patience;
    }
    stream_.emplace(std::move(target));
    if (!stream_->connect()) lose(stream_->loss(), listener);
}

void XmppSession::Impl::pump(TransportListener& listener) {
    std::vector<StreamEvent> events;
    int slices = 0;
    do {
        stream_->turn(events);
        for (StreamEvent& event : events) {
            take(event, listener);
            if (!stream_) return;
        }
        events.clear();
        if (stream_->progress() != progress_before_) {
            progress_before_ = stream_->progress();
            moved_at_ = Clock::now();
        }
        if (tls_due_) {
            tls_due_ = false;
            if (!stream_->start_tls(handshake_ends_)) return lose(stream_->loss(), listener);
            stream_->open();
        }
        if (stream_->closed()) return lose(stream_->loss(), listener);
    } while (stream_->more_turns() && ++slices < slices_in_row);
}

void XmppSession::Impl::take(StreamEvent& event, TransportListener& listener) {
    heard_at_ = Clock::now();
    pinged_at_.reset();
    if (event.kind == StreamEvent::Kind::opened) return;
    if (event.kind == StreamEvent::Kind::connected) {
        connect_ends_.reset();
        return stream_->open();
    }
    if (event.kind == StreamEvent::Kind::refused) {
        ++refused_;
        told_ = true;
        if (when_refused_) when_refused_(event.text);
        return;
    }
    if (event.tree.name == "error" && event.tree.space == streams_space) {
        return lose(stream_error_loss(settings_.account.domain(), event.tree), listener);
    }
    if (!online_) return log_in(event.tree, listener);
    const bool own_ping = std::ranges::any_of(event.tree.attributes, [&](const auto& attribute) {
        return attribute.first == "id" && attribute.second == ping_id_ && !ping_id_.empty();
    });
    if (own_ping && event.tree.name == "iq") return;
    told_ = true;
    listener.on_stanza(event.text);
}

void XmppSession::Impl::log_in(const Element& element, TransportListener& listener) {
    if (tls_due_) {
        // Said in clear after "proceed": somebody between us hopes that we take it for the server's
        // word over TLS.
        return lose({.reason = fmt::format("somebody speaks in clear on the way to {}: {}",
                                           settings_.account.domain(),
                                           "an element came between STARTTLS and TLS"),
                     .needs_operator = true},
                    listener);
    }
    const LoginStep step = login_->take(element);
    if (const auto* say = std::get_if<LoginSay>(&step)) {
        stream_->send(say->text);
    } else if (std::holds_alternative<LoginStartTls>(step)) {
        tls_due_ = true;
    } else if (std::holds_alternative<LoginReopen>(step)) {
        stream_->open();
    } else if (const auto* bound = std::get_if<LoginBound>(&step)) {
        begin_online(bound->jid, listener);
    } else {
        lose(std::get<SessionLoss>(step), listener);
    }
}

void XmppSession::Impl::begin_online(const Jid& jid, TransportListener& listener) {
    login_.reset();
    stream_->want_trees(false);
    if (settings_.presence == XmppSettings::Presence::available) stream_->send("<presence/>");
    online_ = true;
    online_since_ = heard_at_ = moved_at_ = Clock::now();
    pinged_at_.reset();
    told_ = true;
    listener.on_online(jid);
}

void XmppSession::Impl::watch_time(TransportListener& listener) {
    const auto now = Clock::now();
    if (has_another() && stream_->unheard() >= settings_.link_patience) {
        return lose(
            {.reason = fmt::format("the machine of {} at {} has gone: no sign of life for "
                                   "{:.0f} s",
                                   settings_.account.domain(), where(),
                                   std::chrono::duration<double>(stream_->unheard()).count())},
            listener);
    }
    if (!online_) {
        if (connect_ends_ && now >= *connect_ends_) {
            return lose({.reason = fmt::format("{} at {} does not answer: no connection within "
                                               "{} ms",
                                               settings_.account.domain(), where(),
                                               settings_.connect_patience.count())},
                        listener);
        }
        if (now < handshake_ends_) return;
        return lose({.reason = fmt::format("{} did not finish the login within {} ms",
                                           settings_.account.domain(),
                                           settings_.handshake_patience.count())},
                    listener);
    }
    ping_if_silent(listener);
}

void XmppSession::Impl::ping_if_silent(TransportListener& listener) {
    const auto now = Clock::now();
    if (now < ping_due()) return;
    const std::string& domain = settings_.account.domain();
    if (pinged_at_) {
        return lose({.reason = fmt::format("{} has not answered for {:.0f} s", domain,
                                           std::chrono::duration<double>(now - heard_at_).count())},
                    listener);
    }
    pinged_at_ = now;
    ping_id_ = fmt::format("{}-ping-{}", resource_, ++pings_);
    stream_->want_answer(ping_id_);
    stream_->send(fmt::format("<iq type='get' to='{}' id='{}'><ping xmlns='urn:xmpp:ping'/></iq>",
                              domain, ping_id_));
}

void XmppSession::Impl::lose(const SessionLoss& loss, TransportListener& listener) {
    const bool lasted = online_ && Clock::now() - online_since_ >= settings_.stable_after;
    if (lasted) {
        backoff_.reset();
        round_.lasted();
        operator_needed_ = true;
    }
    stream_.reset();
    login_.reset();
    online_ = false;
    told_ = true;
    retry_at_ = Clock::now() + pause_after(loss);
    listener.on_offline(loss);
}

/// How long to wait before the next attempt: not at all while a server has not had its turn.
Clock::duration XmppSession::Impl::pause_after(const SessionLoss& loss) {
    operator_needed_ = operator_needed_ && loss.needs_operator;
    if (round_.failed() == AfterFailure::another) return 0ms;
    const bool rarely = std::exchange(operator_needed_, true);
    return rarely ? settings_.backoff_operator / 2 + operator_backoff_.next() : backoff_.next();
}

std::string XmppSession::Impl::where() const {
    return has_another() ? settings_.servers[round_.current()] : "";
}

XmppSession::XmppSession(XmppSettings settings)
    : impl_(std::make_unique<Impl>(std::move(settings))) {}

XmppSession::~XmppSession() = default;

void XmppSession::open() {
    impl_->open();
}

void XmppSession::close() {
    impl_->close();
}

void XmppSession::poll(std::chrono::milliseconds patience, TransportListener& listener) {
    impl_->poll(patience, listener);
}

void XmppSession::send(std::string_view stanza) {
    if (impl_->online_ && impl_->stream_) impl_->stream_->send(stanza);
}

std::string XmppSession::where() const {
    return impl_->where();
}

std::size_t XmppSession::queued_bytes() const {
    return impl_->stream_ ? impl_->stream_->queued_bytes() : 0;
}

void XmppSession::wake() noexcept {
    impl_->bell_.ring();
}

void XmppSession::when_refused(std::function<void(std::string_view why)> callback) {
    impl_->when_refused_ = std::move(callback);
}

std::uint64_t XmppSession::refused() const {
    return impl_->refused_;
}

}  // namespace courant
