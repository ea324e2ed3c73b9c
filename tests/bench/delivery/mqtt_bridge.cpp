#include "tests/bench/delivery/mqtt_bridge.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <mosquitto.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

#include "tests/support/process.hpp"

namespace courant::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr const char* program = "/usr/sbin/mosquitto";
constexpr const char* topic = "readings";
constexpr const char* probe = "probe";
constexpr std::chrono::minutes patience{5};
// No limit to messages without an answer: with one, mosquitto 2.0.11 stands still at QoS 2.
constexpr int in_flight = 0;

std::uint16_t free_port() {
    const int file = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool bound = bind(file, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                       getsockname(file, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    close(file);
    if (!bound) throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
}

/// A broker of ours, with a bridge to `next` where that is a port.
class Broker {
  public:
    Broker(const std::filesystem::path& folder, std::uint16_t port, std::uint16_t next, int qos,
           Persistence persistence) {
        std::filesystem::create_directories(folder);
        std::ofstream(folder / "mosquitto.conf")
            << fmt::format(
                   "listener {} 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\n"
                   "persistence_location {}/\nmax_queued_messages 0\nmax_queued_bytes 0\n"
                   "max_inflight_messages {}\nset_tcp_nodelay true\n",
                   port, folder.string(), in_flight)
            << (persistence == Persistence::every_change
                    ? "autosave_on_changes true\nautosave_interval 1\n"
                    : "")
            << (next == 0 ? std::string()
                          : fmt::format("connection bridge\naddress 127.0.0.1:{}\n"
                                        "topic # out {}\ncleansession false\n"
                                        "bridge_attempt_unsubscribe false\nnotifications false\n",
                                        next, qos));
        process_.emplace(
            std::vector<std::string>{program, "-c", (folder / "mosquitto.conf").string()},
            folder / "log");
    }

  private:
    std::optional<test::Process> process_;
};

struct Free {
    void operator()(mosquitto* client) const { mosquitto_destroy(client); }
};
using Handle = std::unique_ptr<mosquitto, Free>;

/// A client with its own thread (libmosquitto's), connected once the broker is there.
class Client {
  public:
    Client(const std::string& id, std::uint16_t port)
        : handle_(mosquitto_new(id.c_str(), false, this)) {
        mosquitto_max_inflight_messages_set(handle_.get(), in_flight);
        mosquitto_int_option(handle_.get(), MOSQ_OPT_TCP_NODELAY, 1);
        mosquitto_message_callback_set(
            handle_.get(), [](mosquitto*, void* self, const mosquitto_message* message) {
                auto* client = static_cast<Client*>(self);
                (std::string_view(message->topic) == probe ? client->probes_ : client->messages_)++;
            });
        const auto until = Clock::now() + std::chrono::seconds(20);
        while (mosquitto_connect(handle_.get(), "127.0.0.1", port, 60) != MOSQ_ERR_SUCCESS) {
            if (Clock::now() > until) throw std::runtime_error("mosquitto does not answer");
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        mosquitto_loop_start(handle_.get());
    }
    ~Client() {
        mosquitto_disconnect(handle_.get());
        mosquitto_loop_stop(handle_.get(), true);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void subscribe(int qos) { mosquitto_subscribe(handle_.get(), nullptr, "#", qos); }
    void publish(const char* where, const std::string& payload, int qos) {
        if (mosquitto_publish(handle_.get(), nullptr, where, static_cast<int>(payload.size()),
                              payload.data(), qos, false) != MOSQ_ERR_SUCCESS)
            throw std::runtime_error("mosquitto does not take a message");
    }
    std::size_t messages() const { return messages_; }
    std::size_t probes() const { return probes_; }

  private:
    Handle handle_;
    std::atomic<std::size_t> messages_{0};
    std::atomic<std::size_t> probes_{0};
};

template <typename Condition>
void wait_for(Condition condition, const char* what) {
    const auto until = Clock::now() + patience;
    while (!condition()) {
        if (Clock::now() > until) throw std::runtime_error(what);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

}  // namespace

bool has_mosquitto() {
    return std::filesystem::exists(program);
}

double push_over_bridge(const std::filesystem::path& folder, int qos, Persistence persistence,
                        const std::vector<std::string>& payloads) {
    mosquitto_lib_init();
    const auto port = free_port();
    const auto next = free_port();
    const Broker far(folder / "far", next, 0, qos, persistence);
    const Broker near(folder / "near", port, next, qos, persistence);
    Client receiver("receiver", next);
    receiver.subscribe(qos);
    Client sender("sender", port);
    wait_for(
        [&] {
            sender.publish(probe, "?", 0);
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            return receiver.probes() > 0;
        },
        "the bridge does not come up");
    const auto begin = Clock::now();
    for (const auto& payload : payloads) sender.publish(topic, payload, qos);
    wait_for([&] { return receiver.messages() >= payloads.size(); },
             "the bridge does not deliver everything");
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace courant::bench
