#include "tests/bench/delivery/bare_client.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strophe.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <new>
#include <stdexcept>

namespace courant::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Bare {
    xmpp_ctx_t* context = nullptr;
    xmpp_conn_t* connection = nullptr;
    bool online = false;
    long received = 0;
    long records = 0;
    std::function<void()> on_pack = [] {};
};

void on_connection(xmpp_conn_t* connection, xmpp_conn_event_t event, int, xmpp_stream_error_t*,
                   void* data) {
    auto* bare = static_cast<Bare*>(data);
    bare->online = event == XMPP_CONN_CONNECT;
    if (bare->online)
        xmpp_send_raw_string(connection, "<presence/>");
    else
        std::_Exit(1);
}

int on_message(xmpp_conn_t*, xmpp_stanza_t* stanza, void* data) {
    auto* bare = static_cast<Bare*>(data);
    xmpp_stanza_t* readings = xmpp_stanza_get_child_by_name(stanza, "readings");
    xmpp_stanza_t* pack = readings ? xmpp_stanza_get_child_by_name(readings, "sensml") : nullptr;
    if (!pack) return 1;
    ++bare->received;
    for (auto* record = xmpp_stanza_get_children(pack); record;
         record = xmpp_stanza_get_next(record))
        if (xmpp_stanza_get_attribute(record, "v")) ++bare->records;
    bare->on_pack();
    return 1;
}

int no_delay(xmpp_conn_t*, void* socket) {
    const int on = 1;
    return setsockopt(*static_cast<int*>(socket), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void log_in(Bare& bare, const std::string& account, const test::XmppServer& server,
            const std::string& ca_file) {
    xmpp_initialize();
    bare.context = xmpp_ctx_new(nullptr, nullptr);
    bare.connection = xmpp_conn_new(bare.context);
    xmpp_conn_set_flags(bare.connection, XMPP_CONN_FLAG_MANDATORY_TLS | XMPP_CONN_FLAG_DISABLE_SM);
    xmpp_conn_set_jid(bare.connection, (account + '@' + server.domain()).c_str());
    xmpp_conn_set_pass(bare.connection, "secret");
    xmpp_conn_set_cafile(bare.connection, ca_file.c_str());
    xmpp_conn_set_sockopt_callback(bare.connection, no_delay);
    xmpp_handler_add(bare.connection, on_message, nullptr, "message", nullptr, &bare);
    const auto colon = server.address().rfind(':');
    xmpp_connect_client(
        bare.connection, server.address().substr(0, colon).c_str(),
        static_cast<unsigned short>(std::atoi(server.address().c_str() + colon + 1)), on_connection,
        &bare);
    while (!bare.online) xmpp_run_once(bare.context, 1);
}

/// A child process with a bare client that is online; killed at the end.
class Child {
  public:
    Child(const Pair& pair, const std::string& account, const test::XmppServer& server,
          const std::function<void(Bare&)>& work) {
        std::array<int, 2> ready{};
        if (pipe(ready.data()) != 0) throw std::runtime_error("pipe");
        const std::string ca_file = pair.servers.ca_file().string();
        pid_ = fork();
        if (pid_ == 0) {
            Bare bare;
            log_in(bare, account, server, ca_file);
            [[maybe_unused]] const auto told = write(ready[1], "r", 1);
            work(bare);
            std::_Exit(0);
        }
        close(ready[1]);
        char word = 0;
        const bool came = read(ready[0], &word, 1) == 1;
        close(ready[0]);
        if (!came) throw std::runtime_error("the bare client " + account + " did not come");
    }
    ~Child() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    void wait_for_end() {
        int status = 0;
        waitpid(pid_, &status, 0);
        pid_ = 0;
        if (status != 0) throw std::runtime_error("a bare client failed");
    }

  private:
    pid_t pid_ = 0;
};

constexpr std::size_t most_pings = 100'000;

/// What sender, receiver and parent share for the latency. The sender writes the times down.
struct Ball {
    std::atomic<std::size_t> arrived{0};
    std::atomic<std::int64_t> arrived_at{0};
    std::array<double, most_pings> seconds{};
};

std::int64_t nanoseconds() {
    return Clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

}  // namespace

double push_bare(const Pair& pair, const std::vector<std::string>& stanzas) {
    Child receiver(pair, "bare-b", pair.to, [&](Bare& bare) {
        while (bare.received < static_cast<long>(stanzas.size())) xmpp_run_once(bare.context, 1);
    });
    const Child sender(pair, "bare-a", pair.from, [&](Bare& bare) {
        for (std::size_t next = 0;; xmpp_run_once(bare.context, 1))
            for (; next < stanzas.size() && xmpp_conn_send_queue_len(bare.connection) < 64; ++next)
                xmpp_send_raw(bare.connection, stanzas[next].data(), stanzas[next].size());
    });
    const auto begin = Clock::now();
    receiver.wait_for_end();
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::vector<double> ping_bare(const Pair& pair, const std::string& stanza, std::size_t count) {
    if (count > most_pings) throw std::runtime_error("too many pings");
    void* const shared =
        mmap(nullptr, sizeof(Ball), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) throw std::runtime_error("mmap");
    auto* const ball = new (shared) Ball;
    {
        const Child receiver(pair, "bare-b", pair.to, [&](Bare& bare) {
            bare.on_pack = [ball] {
                ball->arrived_at = nanoseconds();
                ++ball->arrived;
            };
            for (;;) xmpp_run_once(bare.context, 1000);
        });
        Child sender(pair, "bare-a", pair.from, [&](Bare& bare) {
            for (std::size_t i = 0; i < count; ++i) {
                const std::int64_t sent_at = nanoseconds();
                xmpp_send_raw(bare.connection, stanza.data(), stanza.size());
                while (ball->arrived == i) xmpp_run_once(bare.context, 1);
                ball->seconds[i] = static_cast<double>(ball->arrived_at - sent_at) * 1e-9;
            }
        });
        sender.wait_for_end();
    }
    const std::vector<double> seconds(ball->seconds.begin(),
                                      ball->seconds.begin() + static_cast<std::ptrdiff_t>(count));
    munmap(shared, sizeof(Ball));
    return seconds;
}

}  // namespace courant::bench
