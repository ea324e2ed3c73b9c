#include "tests/support/xmpp_servers.hpp"

#include <fstream>
#include <stdexcept>

namespace courant::test {

namespace {

using namespace std::chrono_literals;

const std::string scripts = COURANT_XMPP_SCRIPTS;

/// Runs one command of servers.sh to its end and returns what it printed; throws that if it failed.
std::string command(const std::filesystem::path& root, std::vector<std::string> arguments) {
    const std::filesystem::path output = root / "command";
    arguments.insert(arguments.begin(), scripts + "/servers.sh");
    const int code = run_to_end(arguments, output);
    std::string printed = tail(output, 50);
    if (code != 0) throw std::runtime_error(printed);
    return printed;
}

std::string kind_name(ServerKind kind) {
    return kind == ServerKind::prosody ? "prosody" : "ejabberd";
}

}  // namespace

XmppServer::XmppServer(std::filesystem::path root, std::string name)
    : root_(std::move(root)), name_(std::move(name)), domain_(name_.substr(0, name_.find('+'))) {
    address_ = command(root_, {"address", root_.string(), name_});
    address_.pop_back();
}

XmppServer::~XmppServer() {
    kill();
}

void XmppServer::begin_start() {
    process_.emplace(
        std::vector<std::string>{scripts + "/servers.sh", "run", root_.string(), name_},
        root_ / name_ / "output");
}

void XmppServer::start() {
    begin_start();
    command(root_, {"wait", root_.string(), name_, std::to_string(process_->pid())});
}

void XmppServer::stop() {
    process_.reset();
}

void XmppServer::kill() {
    if (!process_) return;
    process_->signal(SIGKILL);
    process_->wait(10s);
    process_.reset();
}

std::string XmppServer::log_tail(std::size_t lines) const {
    return tail(root_ / name_ / "output", lines) + tail(root_ / name_ / "log", lines);
}

bool XmppServers::installed(ServerKind kind) {
    return run_to_end({scripts + "/servers.sh", "have", kind_name(kind)}, "/dev/null") == 0;
}

XmppServer& XmppServers::add(ServerKind kind, const std::string& domain,
                             const std::vector<XmppAccount>& accounts) {
    XmppServer& server = add_stopped(kind, domain, accounts);
    server.start();
    return server;
}

XmppServer& XmppServers::add_stopped(ServerKind kind, const std::string& domain,
                                     const std::vector<XmppAccount>& accounts) {
    std::vector<std::string> arguments{"add", root().string(), kind_name(kind), domain};
    for (const XmppAccount& account : accounts) {
        arguments.push_back(account.local + ":" + account.password);
    }
    command(root(), std::move(arguments));
    servers_.push_back(std::unique_ptr<XmppServer>(new XmppServer(root(), domain)));
    return *servers_.back();
}

void XmppServers::configure(const std::string& domain, const std::string& lua) {
    std::ofstream(root() / domain / "more.cfg.lua") << lua;
}

void XmppServers::certify(const std::string& domain, const std::string& name, int days) {
    const int code = run_to_end({"env", "DAYS=" + std::to_string(days), scripts + "/mkca.sh",
                                 (root() / "ca").string(), domain + "=" + name},
                                root() / "command");
    if (code != 0) throw std::runtime_error(tail(root() / "command", 20));
}

}  // namespace courant::test
