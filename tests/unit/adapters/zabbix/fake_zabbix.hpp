// Servers on the loopback that stand in for Zabbix where a test wants it to misbehave.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace courant::test {

/// A listening socket on a free port that nobody answers on: connections are made by the kernel and
/// stay silent.
class SilentServer {
  public:
    SilentServer();
    ~SilentServer();
    SilentServer(const SilentServer&) = delete;
    SilentServer& operator=(const SilentServer&) = delete;
    /// "127.0.0.1:port"
    std::string address() const;

  protected:
    int listener_ = -1;
    int port_ = 0;
};

/// Answers one request per connection, on a thread of its own, and closes.
class FakeServer : public SilentServer {
  public:
    /// Says whether a request is whole.
    using Whole = std::function<bool(std::string_view received)>;
    /// Makes the bytes of the answer; called on the server's thread.
    using Answer = std::function<std::string(std::string_view request)>;

    FakeServer(Whole whole, Answer answer);
    ~FakeServer();
    /// How many requests were answered.
    std::size_t requests() const { return requests_; }

  private:
    void serve();
    void answer_one(int connection);

    Whole whole_;
    Answer answer_;
    std::atomic<std::size_t> requests_ = 0;
    std::jthread thread_;
};

/// Whether an HTTP request with a Content-Length is whole.
bool http_whole(std::string_view received);
/// The body of a whole HTTP request.
std::string_view http_body(std::string_view request);
/// An HTTP answer.
std::string http_answer(int status, std::string_view body);

}  // namespace courant::test
