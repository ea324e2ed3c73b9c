#include "tests/faults/stage.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "proxy-core/mailbox/postgres_store.hpp"
#include "proxy-core/mailbox/sqlite_store.hpp"

namespace courant::test {

StoreKind sqlite_files() {
    return {.name = "sqlite",
            .provide = {},
            .open =
                [](const Proxy& proxy) {
                    SqliteOptions beside;
                    beside.ownership = Ownership::shared;
                    return open_sqlite_store(proxy / "store.sqlite", beside);
                },
            .kill = {}};
}

StoreKind schemas_of(PostgresServer& database) {
    const auto schema = [](const Proxy& proxy) {
        return proxy.jid().substr(0, proxy.jid().find('@'));
    };
    return {.name = "PostgreSQL",
            .provide =
                [&database, schema](Proxy& proxy) {
                    proxy.set_store(fmt::format("url = \"{}\"\nschema = \"{}\"", database.url(),
                                                schema(proxy)));
                },
            .open =
                [&database, schema](const Proxy& proxy) {
                    PostgresOptions options;
                    options.url = Secret(database.url());
                    options.schema = schema(proxy);
                    return open_postgres_store(options);
                },
            .kill =
                [&database] {
                    database.kill();
                    database.start();
                }};
}

bool servers_installed() {
    const bool there =
        XmppServers::installed(ServerKind::prosody) && XmppServers::installed(ServerKind::ejabberd);
    if (!there) MESSAGE("skipped: Prosody or ejabberd is not installed");
    return there;
}

namespace {

// The files of readings below a folder, which may be renamed while one looks.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code gone;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, gone))
        if (entry.is_regular_file(gone) && entry.path().extension() == ".csv")
            files.push_back(entry.path());
    return files;
}

}  // namespace

Stage::Stage(StageSettings wanted)
    : settings(std::move(wanted)),
      home_server(servers.add(settings.home, "home.test", {{"home", "secret"}})),
      coop_server(servers.add(settings.coop, "coop.test", {{"coop", "secret"}})),
      home("home@home.test", "secret", home_server, servers.ca_file()),
      coop("coop@coop.test", "secret", coop_server, servers.ca_file()) {
    for (Proxy* proxy : {&home, &coop}) {
        if (settings.store.provide) settings.store.provide(*proxy);
        proxy->configure(limits());
    }
    home.expect({"peer", "add", "coop@coop.test"});
    coop.expect({"peer", "add", "home@home.test"});
}

void Stage::publish(const std::vector<const Ledger*>& ledgers, const std::string& every) {
    extract(ledgers, every);
    for (const Ledger* ledger : ledgers) home.lets_have("coop@coop.test", ledger->pattern());
}

void Stage::extract(const std::vector<const Ledger*>& ledgers, const std::string& every) {
    std::string rest = limits();
    for (const Ledger* ledger : ledgers) rest += ledger->adapter(every);
    home.configure(rest);
}

void Stage::write_files() {
    coop.configure(limits() + R"(give_up_after = "1000h"

[adapters.archive]
type = "csv"
folder = "archive"

[[receive]]
adapter = "archive"

[adapters.away]
type = "zabbix"
trapper = "127.0.0.1:1"

[[adapters.away.map]]
name = "home@home.test/house@home.test/meter0/power"
host = "house"
key = "power"

[[receive]]
adapter = "away"
)");
}

std::int64_t Stage::filed_readings() const {
    std::int64_t lines = 0;
    for (const auto& file : files_below(coop / "archive")) {
        const std::string text = read_file(file);
        lines += std::count(text.begin(), text.end(), '\n') - 1;  // but for the heading
    }
    return lines;
}

std::uintmax_t Stage::filed_bytes() const {
    std::uintmax_t sum = 0;
    for (const auto& file : files_below(coop / "archive")) {
        std::error_code gone;
        const auto size = std::filesystem::file_size(file, gone);
        if (!gone) sum += size;
    }
    return sum;
}

// The servers read their hosts file at every connection: each finds the wire in place of the other.
void Stage::lay_wires() {
    const auto file = servers.root() / "hosts";
    std::istringstream in(read_file(file));
    std::string text;
    std::string domain, ip, c2s, s2s;
    while (in >> domain >> ip >> c2s >> s2s) {
        auto& wire = domain == "home.test" ? to_home_ : to_coop_;
        wire = std::make_unique<Link>(ip + ":" + s2s);
        text += fmt::format("{} 127.0.0.1 {} {}\n", domain, c2s, wire->port());
    }
    write_file(file, text);
}

void Stage::wires_become(Wire wire) {
    to_home_->become(wire);
    to_coop_->become(wire);
}

void Stage::in_store(const Proxy& proxy, const Work& work) const {
    settings.store.open(proxy)->read(work);
}

std::int64_t Stage::received(const Proxy& proxy) const {
    std::int64_t readings = 0;
    in_store(proxy, [&](Mailboxes& m) { readings = m.inbox_size(0).records; });
    return readings;
}

bool Stage::wait_for(std::int64_t readings, std::chrono::seconds patience) {
    const bool here = wait_until([&] { return received() >= readings; }, patience);
    if (!here) MESSAGE(trouble());
    return here;
}

bool Stage::wait_for_receipts() {
    return wait_until([&] { return home.status()["outbox"]["messages"] == 0; });
}

Audit Stage::audit(const Ledger& ledger, Proxy& proxy) {
    if (proxy.running()) CHECK(proxy.stop() == 0);
    Audit audit;
    in_store(proxy, [&](Mailboxes& m) { audit = ledger.audit(m, home.jid()); });
    return audit;
}

std::string Stage::trouble() const {
    return fmt::format("home: {}\n{}coop: {}\n{}{}{}", home.status().dump(1),
                       tail(home / "log", 20), coop.status().dump(1), tail(coop / "log", 20),
                       home_server.log_tail(5), coop_server.log_tail(5));
}

}  // namespace courant::test
