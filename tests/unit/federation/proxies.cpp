#include "tests/unit/federation/proxies.hpp"

#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "proxy-core/mailbox/body.hpp"

namespace courant::test {

namespace {

constexpr PageLimit everything{.messages = 1'000'000, .bytes = std::int64_t{1} << 40};

std::int64_t records_in(std::string_view pack) {
    std::int64_t records = 0;
    for (auto at = pack.find("<senml "); at != pack.npos; at = pack.find("<senml ", at + 1))
        ++records;
    return records;
}

}  // namespace

std::string pack_of(const Jid& authority, double value) {
    return fmt::format(
        "<sensml xmlns='urn:ietf:params:xml:ns:senml'><senml n='{}:{}/school:{}/pv/power' u='W' "
        "t='{}' v='{}'/></sensml>",
        authority.local(), authority.domain(), authority.domain(), 1'780'000'000 + value, value);
}

std::string compact_of(const std::string& xml) {
    senml::Pack pack;
    REQUIRE(BodyReader().read(xml, Time{}, pack));
    const auto body = BodyWriter().compact(pack);
    REQUIRE(body);
    return *body;
}

FederationSettings quick() {
    FederationSettings settings;
    settings.lanes.answer_timeout = std::chrono::milliseconds(100);
    settings.lanes.first_pause = std::chrono::milliseconds(20);
    settings.lanes.longest_pause = std::chrono::milliseconds(100);
    settings.lane_refresh = std::chrono::milliseconds(50);
    return settings;
}

FederationSettings patient() {
    FederationSettings settings = quick();
    settings.lanes.answer_timeout = std::chrono::hours(1);
    settings.lanes.first_pause = std::chrono::hours(1);
    settings.lanes.longest_pause = std::chrono::hours(1);
    return settings;
}

Proxy::Proxy(MemoryNetwork& network, std::string_view jid, FederationSettings settings)
    : network_(network), settings_(std::move(settings)) {
    settings_.self = address(jid);
    begin();
}

Proxy::~Proxy() {
    faults_.mend();
    end();
}

void Proxy::begin() {
    store_ = std::make_unique<StoreThread>(std::make_unique<FaultyStore>(home_->open({}), faults_));
    transport_ = std::make_unique<MemoryTransport>(network_, settings_.self);
    federation_ =
        std::make_unique<Federation>(settings_, *transport_, *store_,
                                     FederationCallbacks{.inbox_grew = [this] { ++inbox_grew_; }},
                                     Logger(LogLevel::info, LogFormat::text, log_), counters_);
    transport_->open();
}

void Proxy::end() {
    federation_.reset();
    transport_.reset();
    store_.reset();
}

void Proxy::restart() {
    end();
    begin();
}

void Proxy::lose_store() {
    end();
    home_ = std::make_unique<SqliteHome>();
    begin();
}

void Proxy::knows(const Jid& peer, bool relay) {
    ask([&](Mailboxes& m) { m.put_peer({.jid = peer, .relay = relay, .added_at = Time{}}); });
}

void Proxy::knows(const Jid& peer, Dialect dialect) {
    ask([&](Mailboxes& m) { m.put_peer({.jid = peer, .added_at = Time{}, .dialect = dialect}); });
}

void Proxy::sends(const Jid& peer, int messages, BodyForm form) {
    std::vector<std::string> packs;
    for (int i = 0; i < messages; ++i) {
        packs.push_back(pack_of(jid(), next_value_++));
        if (form == BodyForm::compact) packs.back() = compact_of(packs.back());
    }
    sends(peer, packs);
}

void Proxy::sends(const Jid& peer, const std::vector<std::string>& packs,
                  const std::string& grant) {
    federation_->outbox_grew(ask([&](Mailboxes& m) {
        std::vector<Enqueued> numbered;
        for (const std::string& pack : packs) {
            const auto [lane, seq] = m.enqueue(
                {peer, {.retain = "P3Y", .grant = grant, .hops = {jid()}}, pack, records_in(pack)},
                Time{});
            numbered.push_back({lane, peer, seq});
        }
        return numbered;
    }));
}

std::vector<double> Proxy::values() {
    std::vector<double> values;
    for (const Arrival& arrival : ask([](Mailboxes& m) { return m.inbox(0, everything); })) {
        if (arrival.message.records == 0) continue;  // a notice, or what was erased
        senml::Pack pack;
        REQUIRE(BodyReader().read(arrival.message.body, Time{}, pack));
        for (const auto& record : pack.records()) values.push_back(record.number);
    }
    return values;
}

std::vector<DeadLetter> Proxy::dead() {
    return ask([](Mailboxes& m) {
        return m.dead(0, {.messages = 1'000'000, .bytes = std::int64_t{1} << 40});
    });
}

std::int64_t Proxy::waiting() {
    const auto lanes = ask([](Mailboxes& m) { return m.outgoing_lanes(); });
    return std::accumulate(
        lanes.begin(), lanes.end(), std::int64_t{0},
        [](std::int64_t sum, const OutgoingLane& lane) { return sum + lane.waiting_messages; });
}

OutgoingLane Proxy::lane_to(const Jid& peer) {
    for (const OutgoingLane& lane : ask([](Mailboxes& m) { return m.outgoing_lanes(); }))
        if (lane.peer == peer) return lane;
    FAIL("no lane to " << peer.to_string());
    return {};
}

std::uint64_t Proxy::count(std::string_view counter) const {
    std::uint64_t sum = 0;
    for (const auto& sample : counters_.snapshot())
        if (sample.name == counter) sum += sample.value;
    return sum;
}

Client::Client(MemoryNetwork& network, std::string_view jid)
    : jid_(address(jid)), transport_(network, jid_, "script") {
    transport_.open();
    turn();
}

void Client::says(const Jid& to, std::string_view content, std::string_view id) {
    says(fmt::format("<message to='{}' id='{}'>{}</message>", to.to_string(), id, content));
}

void Client::on_stanza(std::string_view stanza) {
    const auto read = read_stanza(stanza);
    REQUIRE(read);
    heard_.push_back(*read);
}

std::vector<Receipt> Client::receipts() const {
    std::vector<Receipt> receipts;
    for (const Element& stanza : heard_) {
        const auto payload = payload_of(stanza);
        if (!payload || !*payload) continue;
        if (const auto* receipt = std::get_if<Receipt>(&**payload)) receipts.push_back(*receipt);
    }
    return receipts;
}

std::vector<double> one_to(int last) {
    std::vector<double> values(static_cast<std::size_t>(last));
    std::iota(values.begin(), values.end(), 1.0);
    return values;
}

}  // namespace courant::test
