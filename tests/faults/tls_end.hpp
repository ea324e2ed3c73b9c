// One end of a link: a socket that may begin to speak TLS in the middle of a conversation.
//
// Nothing here waits: what cannot be written stays queued, what is not there is not read.
//
// Thread: belongs to one thread.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <utility>

namespace courant::test {

/// A descriptor that is closed with its owner.
class Descriptor {
  public:
    explicit Descriptor(int number = -1) : number_(number) {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    int number() const { return number_; }

  private:
    int number_;
};

/// A socket, in clear at first.
class TlsEnd {
  public:
    explicit TlsEnd(Descriptor socket);

    /// TLS from now on, as the side that `context` is made for; in the role of a client, asking for
    /// `name`.
    void accept_tls(SSL_CTX* context) {
        begin(context);
        SSL_set_accept_state(ssl_.get());
    }
    void connect_tls(SSL_CTX* context, const std::string& name);
    bool secured() const { return ssl_ != nullptr; }

    /// Queues bytes and writes what goes.
    void send(std::string_view bytes);
    /// What there is to be read now.
    std::string receive();
    /// Writes what goes.
    void flush();
    /// Whether something is queued.
    bool has_queued() const { return !queued_.empty(); }
    /// Whether the other side is gone.
    bool closed() const { return closed_; }
    int descriptor() const { return socket_.number(); }

  private:
    void begin(SSL_CTX* context);
    int write_some();
    int read_some(char* buffer, int size);
    bool would_block(int result) const;

    Descriptor socket_;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
    std::string queued_;
    bool closed_ = false;
};

}  // namespace courant::test
