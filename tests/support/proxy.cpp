#include "tests/support/proxy.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

namespace courant::test {

Proxy::Proxy(std::string jid, std::string password, const XmppServer& server,
             std::filesystem::path ca_file)
    : jid_(std::move(jid)), password_(std::move(password)), ca_file_(std::move(ca_file)) {
    set_server(server.address());
}

void Proxy::set_servers(const std::vector<std::string>& addresses) {
    server_.clear();
    for (const std::string& address : addresses)
        server_ += fmt::format("{}\"{}\"", server_.empty() ? "" : ", ", address);
    if (addresses.size() != 1) server_ = "[" + server_ + "]";
}

Proxy::Proxy(std::string jid, std::string password, const XmppServer& server,
             std::filesystem::path ca_file, std::string store)
    : Proxy(std::move(jid), std::move(password), server, std::move(ca_file)) {
    store_ = std::move(store);
}

void Proxy::configure(const std::string& rest) {
    write_file(
        *this / "proxy.toml",
        fmt::format("[identity]\njid = \"{}\"\npassword = \"{}\"\nserver = {}\nca_file = \"{}\"\n\n"
                    "[store]\n{}\n\n{}\n",
                    jid_, password_, server_, ca_file_.string(), store_, rest));
}

Answer Proxy::command(std::vector<std::string> words) const {
    static std::atomic<int> count{0};
    const std::string number = std::to_string(++count);
    const auto out = *this / ("out" + number);
    const auto err = *this / ("err" + number);
    std::vector<std::string> whole{"/bin/sh", "-c",         "out=$1; shift; exec \"$@\" >\"$out\"",
                                   "sh",      out.string(), COURANT_BINARY};
    whole.insert(whole.end(), words.begin(), words.end());
    whole.insert(whole.end(), {"-c", (*this / "proxy.toml").string()});
    Answer answer;
    answer.code = run_to_end(whole, err);
    answer.out = read_file(out);
    answer.err = read_file(err);
    std::filesystem::remove(out);
    std::filesystem::remove(err);
    return answer;
}

std::string Proxy::expect(const std::vector<std::string>& words) const {
    const Answer answer = command(words);
    INFO(jid_ << " " << words.front() << ": " << answer.err);
    REQUIRE(answer.code == 0);
    return answer.out;
}

void Proxy::lets_have(const std::string& peer, const std::string& pattern) const {
    std::string grant = expect({"grant", "add", peer, pattern, "--purpose", "test", "--basis",
                                "not-personal", "--history", "P100Y"});
    if (!grant.empty() && grant.back() == '\n') grant.pop_back();
    expect({"subscription", "add", peer, pattern, "--grant", grant});
}

nlohmann::json Proxy::status() const {
    return nlohmann::json::parse(expect({"status", "--json"}));
}

void Proxy::start(const std::vector<std::string>& prefix) {
    std::vector<std::string> words = prefix;
    words.insert(words.end(), {COURANT_BINARY, "run", "-c", (*this / "proxy.toml").string()});
    process_.emplace(words, *this / "log");
}

std::optional<int> Proxy::stop() {
    process_->signal(SIGTERM);
    return process_->wait(std::chrono::seconds(30));
}

void Proxy::kill() {
    process_->signal(SIGKILL);
    process_->wait(std::chrono::seconds(30));
}

std::string Proxy::log() const {
    return read_file(*this / "log");
}

bool wait_until(const std::function<bool()>& condition, std::chrono::seconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

std::string read_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

void write_file(const std::filesystem::path& file, const std::string& text) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << text;
}

}  // namespace courant::test
