// One XML stream over libstrophe 0.12.2: everything that we know of that library, and nothing else.
//
// It is used in its "raw" mode: the library connects, speaks TLS, frames and parses; the login is
// XmppLogin's. What it does to those who are not careful, and what we do about it:
//
// * One read of 4096 bytes per xmpp_run_once(), and bytes that wait inside the TLS session do not
//   make the socket readable: a stanza can lie there until the next one arrives. turn() is
//   therefore called again until four turns in a row have begun no new TLS record (a record is at
//   most four slices), which more_turns() counts by watching the socket's unread bytes.
// * One write of at most 16 kB per call, and a half-written stanza is left out of
//   xmpp_conn_send_queue_len(). The library copies what we send with the allocator that we give it,
//   and frees the copy when the last byte is with the socket: we watch for that, and so know
//   exactly what is not yet written.
// * xmpp_send_raw() when not connected drops what it is given without a word; so do we, by
//   contract.
// * The TLS handshake has no time limit: the library loops until the peer answers. It is inside one
//   call, so nothing in its thread can end it; a watchdog thread that lives exactly as long as the
//   handshake shuts the socket down at the deadline.
// * select(): a descriptor beyond FD_SETSIZE aborts the process; such a socket is refused.
// * Name resolution is getaddrinfo() and a blocking SRV query inside connect(). Of several
//   addresses only the first that begins to connect is tried: where a name has IPv6 and IPv4
//   addresses and the server listens on one, give the address.
// * SIGPIPE is not masked: a write to a dead socket would end the process. We ignore it, for the
//   whole process.
// * Closing a connection may wait a second for the peer's farewell; we shut the socket down first.
// * The XML parser of every connection allocates through a static pointer to the context that was
//   used last, whoever's it is. Contexts therefore all allocate alike, and are kept for the next
//   connection, never freed.
// * After broken XML the connection neither ends nor reads on; we end it.
// * A stanza's text nodes are appended to piece by piece, in time that grows with the square of the
//   length: the server's limit on stanzas (256 kB by default) keeps that to some tens of
//   milliseconds. The same is true of an element's children.
// * Every received stanza is written out for the log, which is most of what receiving costs: 5 ns a
//   byte. That is the text that we pass on; to have it written once more would cost as much again.
//   The writer recurses: the polling thread needs glibc's ordinary 8 MB of stack to bear 256 kB of
//   nested elements.
// * Attributes lose their namespace (xml:lang becomes lang).
// * The log shows all stanzas, passwords' proofs included. Only lines of the library's own making
//   are looked at, none is printed.
//
// Stream management (XEP-0198) stays off: the library offers no view of its queue and loses it on
// reconnect; our receipts and resending cover what it would.
//
// Thread: belongs to one thread. Several streams in several threads are fine.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/federation/stanza.hpp"
#include "proxy-core/federation/transport.hpp"

namespace courant {

/// Where a stream goes and whom it believes.
struct StreamTarget {
    Jid account;
    std::string host;           ///< empty: found by DNS from the account's domain
    unsigned short port = 0;    ///< 0: the standard one
    std::string ca_file;        ///< the only authority to trust; empty: the system's
    std::size_t max_bytes = 0;  ///< of one received stanza
    std::size_t max_depth = 0;  ///< of elements within elements
    /// The kernel asks a silent peer's kernel for a sign of life after this; then four times as
    /// often.
    std::chrono::seconds probe_after{60};
};

/// What a turn brought.
struct StreamEvent {
    enum class Kind {
        connected,  ///< TCP is through; the stream may be opened
        opened,     ///< the server's stream header came
        element,    ///< `text`, and `tree` if trees are wanted or it is about the stream itself
        refused     ///< an element beyond the bounds; `text` says which bound
    };
    Kind kind;
    std::string text;
    Element tree;
};

/// A connection, from connect() to its end; then it is thrown away.
class XmppStream {
  public:
    using Clock = std::chrono::steady_clock;

    explicit XmppStream(StreamTarget target);
    ~XmppStream();
    XmppStream(const XmppStream&) = delete;
    XmppStream& operator=(const XmppStream&) = delete;

    /// Begins to connect; false if it cannot even begin, and loss() says why. Resolves names, which
    /// may block.
    bool connect();
    /// Sends a stream header, the first or a new one.
    void open();
    /// The TLS handshake, and the check of the certificate; false if the peer is not to be trusted
    /// or did not answer before `deadline`.
    bool start_tls(Clock::time_point deadline);
    /// Queues bytes.
    void send(std::string_view text);

    /// Writes what the socket takes, reads one slice; what it brought is added to `events`.
    void turn(std::vector<StreamEvent>& events);
    /// Whether another turn could find something although the socket is silent.
    bool more_turns() const { return turns_left_ > 0; }

    /// Whether elements come with their tree: during the login, and not after.
    void want_trees(bool wanted) { trees_wanted_ = wanted; }
    /// Elements with this id come with their tree, too.
    void want_answer(std::string id) { awaited_id_ = std::move(id); }

    /// The socket, to be waited for; -1 if there is none.
    int descriptor() const { return descriptor_; }
    /// What to wait for: poll()'s events.
    short interest() const;
    /// Sent and not wholly with the socket.
    std::size_t queued_bytes() const { return queued_bytes_; }
    /// Grows when a piece has gone to the socket whole or another record was read: the connection
    /// moves.
    std::size_t progress() const { return progress_; }
    /// For how long the peer's kernel has given no sign of life although ours asked for one more
    /// than once; 0 if it lives. A peer that is slow, throttled or stopped lives: its kernel
    /// acknowledges for it. One whose machine or network has gone does not.
    std::chrono::milliseconds unheard() const;
    /// Whether the connection has ended.
    bool closed() const { return closed_; }
    /// Why it ended or could not begin, as far as this layer can tell.
    SessionLoss loss() const;

  private:
    struct Library;
    friend struct Library;

    SessionLoss tls_loss(bool in_time) const;
    std::string where() const;

    StreamTarget target_;
    std::unique_ptr<Library> library_;
    std::vector<StreamEvent> arrived_;
    std::string awaited_id_;
    std::string system_error_;
    std::optional<SessionLoss> loss_;
    std::size_t queued_bytes_ = 0;
    std::size_t progress_ = 0;
    int descriptor_ = -1;
    int turns_left_ = 0;
    bool connecting_ = false;
    bool trees_wanted_ = true;
    bool closed_ = false;
};

}  // namespace courant
