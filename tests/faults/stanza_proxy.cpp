#include "tests/faults/stanza_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <list>
#include <optional>
#include <queue>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tests/faults/stanza_splitter.hpp"
#include "tests/faults/tls_end.hpp"

namespace courant::test {
namespace {

using Clock = std::chrono::steady_clock;
using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

// How long a delayed stanza may wait beyond its time.
constexpr int tick_ms = 5;

sockaddr_in loopback(const std::string& address) {
    const auto colon = address.rfind(':');
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    if (inet_pton(AF_INET, address.substr(0, colon).c_str(), &where.sin_addr) != 1)
        throw std::runtime_error(address + " is no ip:port");
    return where;
}

Context certified(const std::filesystem::path& authority, const std::string& domain) {
    Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    const auto file = [&](const char* ending) { return (authority / (domain + ending)).string(); };
    if (SSL_CTX_use_certificate_chain_file(context.get(), file(".crt").c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context.get(), file(".key").c_str(), SSL_FILETYPE_PEM) != 1)
        throw std::runtime_error("no certificate for " + domain + " in " + authority.string());
    return context;
}

Context trusting(const std::filesystem::path& authority) {
    Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    if (SSL_CTX_load_verify_locations(context.get(), (authority / "ca.pem").c_str(), nullptr) != 1)
        throw std::runtime_error("no authority in " + authority.string());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    return context;
}

void allow_partial_writes(const Context& context) {
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

/// What all links have in common: chance, and the count of what it did.
struct Fortune {
    StanzaFaults faults;
    std::atomic<bool> healed{false};
    std::atomic<std::uint64_t> messages{0}, lost{0}, doubled{0}, delayed{0};
};

/// The messages of one direction, from all links after one another.
class Fates {
  public:
    Fates(Fortune& fortune, std::uint64_t seed) : fortune_(fortune), random_(seed) {}

    enum class Fate { passes, is_lost, comes_twice, is_late };
    Fate next() {
        ++fortune_.messages;
        double draw = std::uniform_real_distribution(0.0, 1.0)(random_);
        const StanzaFaults& faults = fortune_.faults;
        if (fortune_.healed) return Fate::passes;
        if ((draw -= faults.lost) < 0) return count(fortune_.lost, Fate::is_lost);
        if ((draw -= faults.doubled) < 0) return count(fortune_.doubled, Fate::comes_twice);
        if ((draw -= faults.delayed) < 0) return count(fortune_.delayed, Fate::is_late);
        return Fate::passes;
    }
    Clock::duration delay() {
        const auto longest = fortune_.faults.longest_delay.count();
        return std::chrono::milliseconds(std::uniform_int_distribution<long>(0, longest)(random_));
    }
    bool healed() const { return fortune_.healed; }

  private:
    static Fate count(std::atomic<std::uint64_t>& counter, Fate fate) {
        ++counter;
        return fate;
    }
    Fortune& fortune_;
    std::mt19937_64 random_;
};

/// One direction of a link: what is read at one end goes, if it is to go, to the other.
class Direction {
  public:
    Direction(TlsEnd& from, TlsEnd& to, Fates& fates) : from_(from), to_(to), fates_(fates) {}

    /// Returns what was read in clear, which the link looks at.
    std::string work() {
        std::string bytes = from_.receive();
        if (!from_.secured()) {
            to_.send(bytes);
            return bytes;
        }
        for (const StreamPiece& piece : splitter_.feed(bytes)) pass_on(piece);
        while (!late_.empty() && (fates_.healed() || late_.top().first <= Clock::now())) {
            to_.send(late_.top().second);
            late_.pop();
        }
        to_.flush();
        return {};
    }

  private:
    using Late = std::pair<Clock::time_point, std::string>;

    void pass_on(const StreamPiece& piece) {
        using enum Fates::Fate;
        const bool message = piece.stanza && piece.text.find("<message") != std::string::npos;
        const auto fate = message ? fates_.next() : passes;
        if (fate == is_late) late_.emplace(Clock::now() + fates_.delay(), piece.text);
        if (fate == is_lost || fate == is_late) return;
        to_.send(piece.text);
        if (fate == comes_twice) to_.send(piece.text);
    }

    TlsEnd& from_;
    TlsEnd& to_;
    Fates& fates_;
    StanzaSplitter splitter_;
    std::priority_queue<Late, std::vector<Late>, std::greater<>> late_;
};

}  // namespace

/// The thread's work.
class StanzaProxy::Engine {
  public:
    Engine(const XmppServer& server, const std::filesystem::path& authority,
           const StanzaFaults& faults, std::uint64_t seed)
        : server_(loopback(server.address())),
          domain_(server.domain()),
          as_server_(certified(authority, server.domain())),
          as_client_(trusting(authority)),
          outward_(fortune, seed),
          inward_(fortune, seed + 1) {
        std::signal(SIGPIPE, SIG_IGN);
        allow_partial_writes(as_server_);
        allow_partial_writes(as_client_);
        fortune.faults = faults;
        listen();
    }

    void run(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            std::vector<pollfd> waited{{listener_.number(), POLLIN, 0}};
            for (const Link& link : links_)
                for (const TlsEnd* end : {&link.client, &link.server})
                    waited.push_back(
                        {end->descriptor(),
                         static_cast<short>(end->has_queued() ? POLLIN | POLLOUT : POLLIN), 0});
            ::poll(waited.data(), waited.size(), tick_ms);
            if ((waited[0].revents & POLLIN) != 0) welcome();
            for (Link& link : links_) work(link);
            links_.remove_if([](const Link& link) { return link.over; });
        }
    }

    Fortune fortune;
    std::string address;

  private:
    /// A client and its connection to the server.
    struct Link {
        Link(Descriptor near, Descriptor far, Fates& outward_fates, Fates& inward_fates)
            : client(std::move(near)),
              server(std::move(far)),
              outward(client, server, outward_fates),
              inward(server, client, inward_fates) {}
        TlsEnd client;
        TlsEnd server;
        Direction outward;
        Direction inward;
        std::string in_clear;  ///< what the server said so far
        bool over = false;
    };

    void listen() {
        listener_ = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        sockaddr_in any = loopback("127.0.0.1:0");
        socklen_t size = sizeof any;
        auto* where = reinterpret_cast<sockaddr*>(&any);
        if (::bind(listener_.number(), where, size) != 0 || ::listen(listener_.number(), 8) != 0 ||
            ::getsockname(listener_.number(), where, &size) != 0)
            throw std::runtime_error("no port to listen on");
        address = "127.0.0.1:" + std::to_string(ntohs(any.sin_port));
    }

    void welcome() {
        Descriptor near(::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
        Descriptor far(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (near.number() < 0 ||
            ::connect(far.number(), reinterpret_cast<sockaddr*>(&server_), sizeof server_) != 0)
            return;  // the server is down: so are we
        links_.emplace_back(std::move(near), std::move(far), outward_, inward_);
    }

    void work(Link& link) {
        link.outward.work();
        link.in_clear += link.inward.work();
        if (!link.client.secured() && link.in_clear.find("<proceed") != std::string::npos) {
            link.client.accept_tls(as_server_.get());
            link.server.connect_tls(as_client_.get(), domain_);
        }
        link.over = link.client.closed() || link.server.closed();
    }

    sockaddr_in server_;
    std::string domain_;
    Context as_server_;
    Context as_client_;
    Fates outward_;
    Fates inward_;
    Descriptor listener_;
    std::list<Link> links_;
};

StanzaProxy::StanzaProxy(const XmppServer& server, const std::filesystem::path& authority,
                         const StanzaFaults& faults, std::uint64_t seed)
    : engine_(std::make_unique<Engine>(server, authority, faults, seed)),
      thread_([this](const std::stop_token& stop) { engine_->run(stop); }) {}

StanzaProxy::~StanzaProxy() = default;

const std::string& StanzaProxy::address() const {
    return engine_->address;
}

void StanzaProxy::heal() {
    engine_->fortune.healed = true;
}

StanzaFigures StanzaProxy::figures() const {
    const Fortune& fortune = engine_->fortune;
    return {fortune.messages, fortune.lost, fortune.doubled, fortune.delayed};
}

}  // namespace courant::test
