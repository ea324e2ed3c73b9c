#include "proxy-core/federation/xmpp_stream.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strophe.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <system_error>
#include <utility>

#include "proxy-core/error.hpp"
#include "proxy-core/federation/xmpp_trust.hpp"
#include "proxy-core/federation/xmpp_watchdog.hpp"

namespace courant {

namespace {

// A TLS record holds at most four of the library's slices.
constexpr int slices_in_record = 4;
constexpr std::size_t kept_log_lines = 32;
// The log's lines of received stanzas begin so.
constexpr std::string_view received_mark = "RECV: ";

/// Contexts of the library that no stream uses now. Never freed, see the header.
class ContextShelf {
  public:
    xmpp_ctx_t* take(const xmpp_mem_t& memory, const xmpp_log_t& log) {
        const std::lock_guard lock(mutex_);
        if (contexts_.empty()) return xmpp_ctx_new(&memory, &log);
        xmpp_ctx_t* context = contexts_.back();
        contexts_.pop_back();
        return context;
    }
    void put_back(xmpp_ctx_t* context) {
        const std::lock_guard lock(mutex_);
        contexts_.push_back(context);
    }

  private:
    std::mutex mutex_;
    std::vector<xmpp_ctx_t*> contexts_;
};

ContextShelf& shelf() {
    static auto& immortal = *[] {
        std::signal(SIGPIPE, SIG_IGN);
        xmpp_initialize();
        return new ContextShelf;
    }();
    return immortal;
}

bool deeper_than(xmpp_stanza_t* stanza, std::size_t allowed) {
    for (auto* child = xmpp_stanza_get_children(stanza); child != nullptr;
         child = xmpp_stanza_get_next(child)) {
        if (!xmpp_stanza_is_tag(child)) continue;
        if (allowed == 0 || deeper_than(child, allowed - 1)) return true;
    }
    return false;
}

std::string or_empty(const char* text) {
    return text == nullptr ? "" : text;
}

Element tree_of(xmpp_stanza_t* stanza) {
    Element element;
    element.name = or_empty(xmpp_stanza_get_name(stanza));
    // Elements of the stream itself keep their prefix in the library.
    element.name.erase(0, element.name.find(':') + 1);
    element.space = or_empty(xmpp_stanza_get_ns(stanza));
    std::vector<const char*> attributes(
        2 * static_cast<std::size_t>(xmpp_stanza_get_attribute_count(stanza)));
    xmpp_stanza_get_attributes(stanza, attributes.data(), static_cast<int>(attributes.size()));
    for (std::size_t i = 0; i + 1 < attributes.size(); i += 2) {
        element.attributes.emplace_back(attributes[i], attributes[i + 1]);
    }
    for (auto* child = xmpp_stanza_get_children(stanza); child != nullptr;
         child = xmpp_stanza_get_next(child)) {
        if (xmpp_stanza_is_tag(child)) {
            element.children.push_back(tree_of(child));
        } else {
            element.text += or_empty(xmpp_stanza_get_text_ptr(child));
        }
    }
    return element;
}

std::size_t unread_bytes(int descriptor) {
    int count = 0;
    if (descriptor < 0 || ::ioctl(descriptor, FIONREAD, &count) != 0) return 0;
    return static_cast<std::size_t>(count);
}

}  // namespace

/// The library's objects and the functions that it calls.
struct XmppStream::Library {
    explicit Library(XmppStream& owner) : stream(owner) {
        const Use use(*this);
        context = shelf().take(memory_functions, log_functions);
        connection = context == nullptr ? nullptr : xmpp_conn_new(context);
        if (connection == nullptr) throw Error("no memory for a connection", Retry::worthwhile);
    }
    ~Library() {
        const Use use(*this);
        if (stream.descriptor_ >= 0) ::shutdown(stream.descriptor_, SHUT_RDWR);
        xmpp_conn_release(connection);
        shelf().put_back(context);
    }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    /// Marks whose calls run in this thread: most of the library's callbacks carry nothing to know
    /// it by.
    class Use {
      public:
        explicit Use(Library& library) : before_(active) { active = &library; }
        ~Use() { active = before_; }
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;

      private:
        Library* before_;
    };

    /// A piece that was sent: the library's copy of it and its size.
    struct Piece {
        const void* copy;
        std::size_t size;
    };

    static void* allocate(std::size_t size, void*) {
        void* memory = std::malloc(size);
        if (active != nullptr && active->sending != 0 && size >= active->sending) {
            active->unwritten.push_back({memory, active->sending});
            active->stream.queued_bytes_ += active->sending;
            active->sending = 0;
        }
        return memory;
    }
    static void release(void* memory, void*) {
        if (active != nullptr && !active->unwritten.empty() &&
            active->unwritten.front().copy == memory) {
            active->stream.queued_bytes_ -= active->unwritten.front().size;
            ++active->stream.progress_;
            active->unwritten.pop_front();
        }
        std::free(memory);
    }
    static void* reallocate(void* memory, std::size_t size, void*) {
        return std::realloc(memory, size);
    }

    static void log(void*, xmpp_log_level_t, const char* area, const char* line) {
        const std::string_view text = line;
        if (active == nullptr || text.starts_with("SENT")) return;
        if (text.starts_with(received_mark)) {
            active->written = text.substr(received_mark.size());
            return;
        }
        // After broken XML the library neither reads on nor ends the connection.
        if (text.starts_with("parse error")) active->stream.closed_ = true;
        active->lines.push_back(or_empty(area) + ": " + std::string(text));
        if (active->lines.size() > kept_log_lines) active->lines.pop_front();
    }

    static int new_socket(xmpp_conn_t*, void* given) {
        const int descriptor = *static_cast<int*>(given);
        if (active == nullptr) return -1;
        if (descriptor >= FD_SETSIZE) {
            active->stream.system_error_ =
                fmt::format("the process has too many files open: {} is the limit", FD_SETSIZE);
            return -1;
        }
        const int on = 1;
        const int idle = static_cast<int>(active->stream.target_.probe_after.count());
        const int interval = std::max(1, idle / 4);
        const int probes = 8;
        // What the kernel has taken can no longer be overtaken: it shall not take megabytes.
        const int unsent = 65'536;
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
        ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
        active->stream.descriptor_ = descriptor;
        return 0;
    }

    static int refused_certificate(const xmpp_tlscert_t* certificate, const char* why) {
        if (active == nullptr) return 0;
        RefusedCertificate refused{
            .why = or_empty(why),
            .names = {},
            .issuer = or_empty(xmpp_tlscert_get_string(certificate, XMPP_CERT_ISSUER)),
            .expiry = or_empty(xmpp_tlscert_get_string(certificate, XMPP_CERT_NOTAFTER))};
        for (std::size_t i = 0;; ++i) {
            const char* name = xmpp_tlscert_get_dnsname(certificate, i);
            if (name == nullptr) break;
            refused.names.emplace_back(name);
        }
        active->certificate = std::move(refused);
        return 0;
    }

    static void happened(xmpp_conn_t*, xmpp_conn_event_t event, int, xmpp_stream_error_t*,
                         void* userdata) {
        auto& stream = static_cast<Library*>(userdata)->stream;
        if (event == XMPP_CONN_RAW_CONNECT) {
            stream.connecting_ = false;
            stream.arrived_.push_back({StreamEvent::Kind::connected, "", {}});
        } else if (event == XMPP_CONN_CONNECT) {
            stream.arrived_.push_back({StreamEvent::Kind::opened, "", {}});
        } else {
            stream.closed_ = true;
            stream.descriptor_ = -1;
        }
    }

    static int element(xmpp_conn_t*, xmpp_stanza_t* stanza, void* userdata) {
        auto& library = *static_cast<Library*>(userdata);
        library.stream.arrived_.push_back(library.received(stanza));
        return 1;
    }

    StreamEvent received(xmpp_stanza_t* stanza) {
        const StreamTarget& target = stream.target_;
        if (deeper_than(stanza, target.max_depth - 1)) {
            return {StreamEvent::Kind::refused,
                    fmt::format("more than {} elements within each other", target.max_depth),
                    {}};
        }
        StreamEvent event{StreamEvent::Kind::element, std::exchange(written, {}), {}};
        if (event.text.empty() && !write(stanza, event.text)) {
            return {StreamEvent::Kind::refused, "no memory for a stanza", {}};
        }
        if (event.text.size() > target.max_bytes) {
            return {
                StreamEvent::Kind::refused,
                fmt::format("{} bytes, and {} is the limit", event.text.size(), target.max_bytes),
                {}};
        }
        const char* id = xmpp_stanza_get_id(stanza);
        const bool about_stream = or_empty(xmpp_stanza_get_ns(stanza)) == XMPP_NS_STREAMS;
        if (stream.trees_wanted_ || about_stream ||
            (id != nullptr && !stream.awaited_id_.empty() && stream.awaited_id_ == id)) {
            event.tree = tree_of(stanza);
        }
        return event;
    }

    // For a library that does not log what it receives.
    bool write(xmpp_stanza_t* stanza, std::string& into) const {
        char* text = nullptr;
        std::size_t size = 0;
        if (xmpp_stanza_to_text(stanza, &text, &size) != XMPP_EOK) return false;
        into.assign(text, size);
        xmpp_free(context, text);
        return true;
    }

    static constexpr xmpp_mem_t memory_functions{allocate, release, reallocate, nullptr};
    static constexpr xmpp_log_t log_functions{log, nullptr};
    static thread_local Library* active;

    XmppStream& stream;
    xmpp_ctx_t* context = nullptr;
    xmpp_conn_t* connection = nullptr;
    std::deque<Piece> unwritten;
    std::size_t sending = 0;  ///< size of the piece that is just being sent
    std::string written;      ///< the stanza being received, as the library wrote it for its log
    std::deque<std::string> lines;
    std::optional<RefusedCertificate> certificate;
};

thread_local XmppStream::Library* XmppStream::Library::active = nullptr;

XmppStream::XmppStream(StreamTarget target) : target_(std::move(target)) {
    target_.max_depth = std::max<std::size_t>(target_.max_depth, 1);
    library_ = std::make_unique<Library>(*this);
}

// The library calls back while it lets go of a connection, so it goes before everything that it
// reaches.
XmppStream::~XmppStream() {
    library_.reset();
}

bool XmppStream::connect() {
    const Library::Use use(*library_);
    const auto fault = target_.ca_file.empty() ? std::nullopt : unusable(target_.ca_file);
    if (fault) {
        loss_ = SessionLoss{.reason = *fault, .needs_operator = true};
        closed_ = true;
        return false;
    }
    xmpp_conn_t* connection = library_->connection;
    xmpp_conn_set_flags(connection, XMPP_CONN_FLAG_MANDATORY_TLS | XMPP_CONN_FLAG_DISABLE_SM);
    xmpp_conn_set_jid(connection, target_.account.bare().to_string().c_str());
    if (!target_.ca_file.empty()) xmpp_conn_set_cafile(connection, target_.ca_file.c_str());
    xmpp_conn_set_certfail_handler(connection, Library::refused_certificate);
    xmpp_conn_set_sockopt_callback(connection, Library::new_socket);
    xmpp_handler_add(connection, Library::element, nullptr, nullptr, nullptr, library_.get());
    connecting_ = true;
    turns_left_ = slices_in_record;
    const int outcome =
        xmpp_connect_raw(connection, target_.host.empty() ? nullptr : target_.host.c_str(),
                         target_.port, Library::happened, library_.get());
    if (outcome == XMPP_EOK) return true;
    closed_ = true;
    descriptor_ = -1;
    return false;
}

void XmppStream::open() {
    const Library::Use use(*library_);
    xmpp_conn_open_stream_default(library_->connection);
    turns_left_ = slices_in_record;
}

bool XmppStream::start_tls(Clock::time_point deadline) {
    const Library::Use use(*library_);
    bool in_time = true;
    int outcome = XMPP_EOK;
    {
        Watchdog watchdog(descriptor_, deadline);
        outcome = xmpp_conn_tls_start(library_->connection);
        in_time = !watchdog.bit();
    }
    turns_left_ = slices_in_record;
    if (outcome != XMPP_EOK || !in_time) {
        loss_ = tls_loss(in_time);
        return false;
    }
    if (target_.ca_file.empty()) return true;
    const std::unique_ptr<xmpp_tlscert_t, decltype(&xmpp_tlscert_free)> certificate(
        xmpp_conn_get_peer_cert(library_->connection), &xmpp_tlscert_free);
    const auto fault =
        distrust(certificate ? or_empty(xmpp_tlscert_get_pem(certificate.get())) : "",
                 target_.ca_file, target_.account.domain());
    if (fault) loss_ = SessionLoss{.reason = *fault, .needs_operator = true};
    return !fault;
}

void XmppStream::send(std::string_view text) {
    if (closed_ || text.empty()) return;
    const Library::Use use(*library_);
    library_->sending = text.size();
    xmpp_send_raw(library_->connection, text.data(), text.size());
    library_->sending = 0;
}

void XmppStream::turn(std::vector<StreamEvent>& events) {
    const Library::Use use(*library_);
    const std::size_t before = unread_bytes(descriptor_);
    xmpp_run_once(library_->context, 0);
    const std::size_t after = unread_bytes(descriptor_);
    // Bytes that came meanwhile can hide the start of a record, but then the socket is readable and
    // the next wait is over at once.
    if (after < before) ++progress_;
    turns_left_ = after < before || !arrived_.empty() ? slices_in_record : turns_left_ - 1;
    if (closed_) turns_left_ = 0;
    std::ranges::move(arrived_, std::back_inserter(events));
    arrived_.clear();
}

short XmppStream::interest() const {
    if (connecting_) return POLLOUT;
    return queued_bytes_ > 0 ? POLLIN | POLLOUT : POLLIN;
}

std::string XmppStream::where() const {
    const std::string& domain = target_.account.domain();
    if (target_.host.empty()) return domain;
    return target_.port == 0 ? fmt::format("{} at {}", domain, target_.host)
                             : fmt::format("{} at {}:{}", domain, target_.host, target_.port);
}

// Asked are: data that were sent again, and probes of a silent or a full peer. The first of them
// may have gone out this very moment, so one alone says nothing.
std::chrono::milliseconds XmppStream::unheard() const {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (descriptor_ < 0 || ::getsockopt(descriptor_, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return std::chrono::milliseconds(0);
    const bool asked = info.tcpi_retransmits + info.tcpi_probes >= 2;
    return std::chrono::milliseconds(asked ? info.tcpi_last_ack_recv : 0);
}

SessionLoss XmppStream::tls_loss(bool in_time) const {
    const std::string& domain = target_.account.domain();
    if (!in_time) return {.reason = where() + " does not answer in the TLS handshake"};
    if (library_->certificate) {
        return {.reason = explain(*library_->certificate, domain, target_.ca_file),
                .needs_operator = true};
    }
    std::string said;
    for (const std::string& line : library_->lines) {
        if (line.starts_with("tls: ")) said = line.substr(5);
    }
    return {.reason = fmt::format("no TLS with {}: {}", where(),
                                  said.empty() ? "the connection broke in the handshake" : said)};
}

SessionLoss XmppStream::loss() const {
    if (loss_) return *loss_;
    if (!system_error_.empty()) return {.reason = system_error_};
    // The library tells what happened in its log alone; the last line that we know decides.
    for (auto line = library_->lines.rbegin(); line != library_->lines.rend(); ++line) {
        const std::string said = line->substr(line->find(": ") + 2);
        if (said.starts_with("connection failed, error ")) {
            return {.reason = fmt::format(
                        "{} cannot be reached: {}. Is the server running, and is the port right?",
                        where(), std::generic_category().message(std::atoi(said.c_str() + 25)))};
        }
        if (said.find("timed out") != std::string::npos) {
            return {.reason = where() + " does not answer: the attempt to connect timed out"};
        }
        if (said.starts_with("sock_connect()") && said.ends_with("returned -1")) {
            return {.reason = fmt::format(
                        "no way to {}: its name has no address in DNS, or no network leads there",
                        where())};
        }
        if (said.starts_with("parse error")) {
            return {.reason = where() + " speaks no XMPP, or broken XML"};
        }
    }
    return {.reason = where() + " closed the connection without a reason"};
}

}  // namespace courant
