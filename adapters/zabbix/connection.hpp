// One exchange with a Zabbix server: an HTTP POST, or a frame to the trapper port and its answer.
//
// Both go through libcurl, also the trapper's bare TCP, because it resolves names and connects
// without ever blocking past a deadline, which getaddrinfo cannot. No HTTP proxy is used, whatever
// the environment says: a Courant proxy runs beside the application. Redirects are not followed,
// since they would carry the credentials elsewhere.
//
// Thread: belongs to the thread of its adapter.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "proxy-core/adapter.hpp"

namespace courant::zabbix {

/// How long to wait for one exchange, and what ends all waiting.
struct Patience {
    std::chrono::steady_clock::time_point deadline;
    std::chrono::milliseconds timeout;
    std::stop_token stop;

    /// The patience of one call to the adapter.
    static Patience of(const Call& call, std::chrono::nanoseconds timeout);
    /// What is left for one exchange with `whom`; a worthwhile Error where nothing is.
    std::chrono::milliseconds left(std::string_view whom) const;
};

/// What an HTTP server answered.
struct HttpAnswer {
    long status = 0;
    std::string body;
};

/// POSTs JSON-RPC to one URL over a kept connection.
class HttpClient {
  public:
    /// `ca_file`: the certificates to trust instead of the system's; empty: the system's.
    HttpClient(std::string url, std::string ca_file);
    /// Sends `body`, with an Authorization header where `bearer` is not empty.
    HttpAnswer post(std::string_view body, std::string_view bearer, const Patience& patience);
    /// The URL without user, password and query: what a person may read.
    const std::string& place() const { return place_; }

  private:
    struct Release {
        void operator()(void* curl) const;
    };
    std::string url_, ca_file_, place_;
    std::unique_ptr<void, Release> curl_;
};

/// A URL without user, password, query and fragment.
std::string public_url(std::string_view url);

/// Says whether the bytes received so far are the whole answer.
using Complete = std::function<bool(std::string_view received)>;

/// Opens a connection to `address` ("host:port"), sends `bytes` and reads until the answer is
/// complete or the peer closes.
std::string tcp_exchange(const std::string& address, std::string_view bytes,
                         const Complete& complete, const Patience& patience);

}  // namespace courant::zabbix
