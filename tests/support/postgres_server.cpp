#include "tests/support/postgres_server.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <vector>

namespace courant::test {
namespace {

const std::string script = COURANT_POSTGRES_CLUSTER;

std::vector<std::string> command(const std::filesystem::path& directory, Durability durability) {
    std::vector<std::string> words{script,
                                   "guard",
                                   directory.string(),
                                   "courant",
                                   "max_connections = 60",
                                   "shared_buffers = 32MB",
                                   "autovacuum_naptime = 5s"};
    if (durability == Durability::careless)
        words.insert(words.end(), {"fsync = off", "full_page_writes = off"});
    return words;
}

}  // namespace

PostgresServer::PostgresServer(Durability durability)
    : guard_(command(directory_.path(), durability)) {}

bool PostgresServer::installed() {
    return std::filesystem::exists("/usr/lib/postgresql/15/bin/initdb");
}

std::string PostgresServer::url() const {
    return "postgresql://courant@/postgres?host=" + sockets().string();
}

void PostgresServer::stop() {
    run("stop");
}

void PostgresServer::kill() {
    run("kill");
}

void PostgresServer::start() {
    run("start");
}

void PostgresServer::run(const std::string& action) const {
    const std::string words =
        "'" + script + "' " + action + " '" + directory_.path().string() + "'";
    if (std::system(words.c_str()) != 0) throw std::runtime_error("failed: " + words);
}

}  // namespace courant::test
