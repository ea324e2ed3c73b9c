#include "adapters/zabbix/connection.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>

namespace courant::zabbix {
namespace {

using std::chrono::milliseconds;

/// An answer beyond this is no answer of Zabbix to what we ask.
constexpr std::size_t max_answer = std::size_t{256} << 20;
/// How often a wait looks whether the program stops.
constexpr milliseconds glance{100};

/// Makes sure that libcurl is set up once in the process.
void start_curl() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK) throw Error("libcurl does not start", Retry::useless);
}

int stop_requested(void* patience, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<const Patience*>(patience)->stop.stop_requested() ? 1 : 0;
}

std::size_t append_body(const char* bytes, std::size_t, std::size_t size, void* body) {
    auto& text = *static_cast<std::string*>(body);
    if (text.size() + size > max_answer) return 0;
    text.append(bytes, size);
    return size;
}

/// What every exchange has in common; `patience` must outlive it.
void set_limits(CURL* curl, const Patience& patience, milliseconds left) {
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(left.count()));
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, stop_requested);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, const_cast<Patience*>(&patience));
}

/// Some faults pass by themselves; these need a person.
bool needs_a_person(CURLcode code) {
    switch (code) {
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_CERTPROBLEM:
            return true;
        default:
            return false;
    }
}

std::string_view advice(CURLcode code) {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return "Check the host name and the DNS.";
        case CURLE_COULDNT_CONNECT:
            return "Is it running, and is the port right?";
        case CURLE_OPERATION_TIMEDOUT:
            return "It is reachable but too slow, or not reachable at all; see `timeout`.";
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
            return "Renew its certificate, or name the one that signed it in `ca_file`.";
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            return "Write it as https://host/path.";
        case CURLE_WRITE_ERROR:
            return "Its answer is longer than 256 MiB; make `page` smaller.";
        default:
            return "Trying again.";
    }
}

[[noreturn]] void fail(std::string_view whom, CURLcode code, std::string_view detail) {
    if (code == CURLE_ABORTED_BY_CALLBACK)
        throw Error(fmt::format("{}: given up, because the program stops", whom),
                    Retry::worthwhile);
    const std::string_view what = detail.empty() ? curl_easy_strerror(code) : detail;
    throw Error(fmt::format("{}: {}. {}", whom, what, advice(code)),
                needs_a_person(code) ? Retry::useless : Retry::worthwhile);
}

/// A connected socket of libcurl, for a protocol that it does not speak.
class TcpConnection {
  public:
    TcpConnection(const std::string& address, const Patience& patience)
        : whom_("trapper " + address), patience_(patience), curl_(curl_easy_init()) {
        if (!curl_) throw Error("libcurl gives no handle", Retry::worthwhile);
        const std::string url = "http://" + address;
        const auto left = patience_.left(whom_);
        end_ = std::chrono::steady_clock::now() + left;
        curl_easy_setopt(curl_.get(), CURLOPT_URL, url.c_str());
        curl_easy_setopt(curl_.get(), CURLOPT_CONNECT_ONLY, 1L);
        set_limits(curl_.get(), patience_, left);
        if (const CURLcode code = curl_easy_perform(curl_.get()); code != CURLE_OK)
            fail(whom_, code, {});
        curl_easy_getinfo(curl_.get(), CURLINFO_ACTIVESOCKET, &socket_);
    }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            std::size_t sent = 0;
            const CURLcode code = curl_easy_send(curl_.get(), bytes.data(), bytes.size(), &sent);
            if (code == CURLE_AGAIN) {
                wait_for(POLLOUT);
                continue;
            }
            if (code != CURLE_OK) fail(whom_, code, "the connection broke while sending");
            bytes.remove_prefix(sent);
        }
    }

    /// Appends what has come; false once the peer has closed.
    bool receive(std::string& into) {
        std::array<char, 4096> chunk;
        while (true) {
            std::size_t got = 0;
            const CURLcode code = curl_easy_recv(curl_.get(), chunk.data(), chunk.size(), &got);
            if (code == CURLE_AGAIN) {
                wait_for(POLLIN);
                continue;
            }
            if (code != CURLE_OK) fail(whom_, code, "the connection broke before the answer");
            into.append(chunk.data(), got);
            return got > 0;
        }
    }

  private:
    struct Release {
        void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
    };

    void wait_for(short event) const {
        while (true) {
            const auto left =
                std::chrono::ceil<milliseconds>(end_ - std::chrono::steady_clock::now());
            if (patience_.stop.stop_requested()) fail(whom_, CURLE_ABORTED_BY_CALLBACK, {});
            if (left.count() <= 0) fail(whom_, CURLE_OPERATION_TIMEDOUT, "no answer in time");
            pollfd wanted{.fd = static_cast<int>(socket_), .events = event, .revents = 0};
            if (poll(&wanted, 1, static_cast<int>(std::min(left, glance).count())) > 0) return;
        }
    }

    std::string whom_;
    const Patience& patience_;
    std::unique_ptr<CURL, Release> curl_;
    curl_socket_t socket_ = CURL_SOCKET_BAD;
    std::chrono::steady_clock::time_point end_;
};

}  // namespace

Patience Patience::of(const Call& call, std::chrono::nanoseconds timeout) {
    return {call.deadline, std::chrono::ceil<milliseconds>(timeout), call.stop};
}

milliseconds Patience::left(std::string_view whom) const {
    if (stop.stop_requested()) fail(whom, CURLE_ABORTED_BY_CALLBACK, {});
    const auto rest = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (rest.count() <= 0) fail(whom, CURLE_OPERATION_TIMEDOUT, "the job's time is over");
    return std::max(milliseconds{1}, std::min(rest, timeout));
}

void HttpClient::Release::operator()(void* curl) const {
    curl_easy_cleanup(curl);
}

HttpClient::HttpClient(std::string url, std::string ca_file)
    : url_(std::move(url)), ca_file_(std::move(ca_file)), place_(public_url(url_)) {
    start_curl();
    curl_.reset(curl_easy_init());
    if (!curl_) throw Error("libcurl gives no handle", Retry::worthwhile);
}

HttpAnswer HttpClient::post(std::string_view body, std::string_view bearer,
                            const Patience& patience) {
    CURL* curl = curl_.get();
    curl_easy_reset(curl);  // options only; the connection stays
    set_limits(curl, patience, patience.left(place_));

    curl_slist* list = curl_slist_append(nullptr, "Content-Type: application/json-rpc");
    list = curl_slist_append(list, "Expect:");
    if (!bearer.empty())
        list = curl_slist_append(list, fmt::format("Authorization: Bearer {}", bearer).c_str());
    const std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers(list, curl_slist_free_all);

    HttpAnswer answer;
    std::array<char, CURL_ERROR_SIZE> detail{};
    curl_easy_setopt(curl, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    if (!ca_file_.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file_.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail.data());
    const CURLcode code = curl_easy_perform(curl);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
    if (code != CURLE_OK) fail(place_, code, detail.data());
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
}

std::string public_url(std::string_view url) {
    std::string out;
    if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
        out = url.substr(0, scheme + 3);
        url.remove_prefix(scheme + 3);
    }
    url = url.substr(0, url.find_first_of("?#"));
    const auto authority = url.substr(0, url.find('/'));
    if (const auto at = authority.rfind('@'); at != std::string_view::npos)
        url.remove_prefix(at + 1);
    return out.append(url);
}

std::string tcp_exchange(const std::string& address, std::string_view bytes,
                         const Complete& complete, const Patience& patience) {
    start_curl();
    TcpConnection connection(address, patience);
    connection.send(bytes);
    std::string received;
    while (!complete(received) && connection.receive(received)) {
    }
    return received;
}

}  // namespace courant::zabbix
