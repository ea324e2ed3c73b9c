#include "tests/faults/tls_end.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

namespace courant::test {

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

TlsEnd::TlsEnd(Descriptor socket) : socket_(std::move(socket)) {
    const int on = 1;
    ::setsockopt(socket_.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(socket_.number(), F_SETFL, ::fcntl(socket_.number(), F_GETFL) | O_NONBLOCK);
}

void TlsEnd::begin(SSL_CTX* context) {
    flush();
    ssl_.reset(SSL_new(context));
    if (!ssl_ || SSL_set_fd(ssl_.get(), socket_.number()) != 1)
        throw std::runtime_error("OpenSSL gives no connection");
}

void TlsEnd::connect_tls(SSL_CTX* context, const std::string& name) {
    begin(context);
    SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
    SSL_set1_host(ssl_.get(), name.c_str());
    SSL_set_connect_state(ssl_.get());
    SSL_do_handshake(ssl_.get());  // the first word is ours
}

void TlsEnd::send(std::string_view bytes) {
    queued_ += bytes;
    flush();
}

bool TlsEnd::would_block(int result) const {
    if (!ssl_) return errno == EAGAIN || errno == EINTR;
    const int why = SSL_get_error(ssl_.get(), result);
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

int TlsEnd::write_some() {
    const int size = static_cast<int>(std::min<std::size_t>(queued_.size(), 1 << 20));
    ERR_clear_error();
    return ssl_ ? SSL_write(ssl_.get(), queued_.data(), size)
                : static_cast<int>(::send(socket_.number(), queued_.data(),
                                          static_cast<std::size_t>(size), MSG_NOSIGNAL));
}

int TlsEnd::read_some(char* buffer, int size) {
    ERR_clear_error();
    return ssl_ ? SSL_read(ssl_.get(), buffer, size)
                : static_cast<int>(
                      ::recv(socket_.number(), buffer, static_cast<std::size_t>(size), 0));
}

void TlsEnd::flush() {
    while (!queued_.empty() && !closed_) {
        const int written = write_some();
        if (written > 0)
            queued_.erase(0, static_cast<std::size_t>(written));
        else if (would_block(written))
            return;
        else
            closed_ = true;
    }
}

// In clear one piece at a time: what follows it may be TLS.
std::string TlsEnd::receive() {
    std::string bytes;
    std::array<char, 16'384> buffer{};
    while (!closed_) {
        const int read = read_some(buffer.data(), static_cast<int>(buffer.size()));
        if (read > 0) {
            bytes.append(buffer.data(), static_cast<std::size_t>(read));
            if (!ssl_) break;
        } else if (would_block(read) && read < 0) {
            break;
        } else {
            closed_ = true;
        }
    }
    return bytes;
}

}  // namespace courant::test
