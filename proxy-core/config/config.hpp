// What the administrator decides, as the program reads it: the configuration file, checked and
// typed.
//
// A Config that exists is valid: load_config (loader.hpp) throws where the file is not. What people
// decide while the program runs (peers, grants, subscriptions) lives in the store, not here.
//
// The initial values of the members below are the defaults. The text of each default, its
// explanation and its bounds stand in keys.hpp, from which the loader checks and `courant init`
// writes; a test holds the two together.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/access/meaning.hpp"
#include "proxy-core/adapter.hpp"
#include "proxy-core/catalog/card.hpp"
#include "proxy-core/catalog/offer.hpp"
#include "proxy-core/config/secret.hpp"
#include "proxy-core/federation/jid.hpp"
#include "proxy-core/mailbox/body.hpp"
#include "proxy-core/mailbox/message.hpp"
#include "proxy-core/observe/log.hpp"

namespace courant {

/// Where a server listens, in place of what the DNS says.
struct ServerAddress {
    std::string host;
    std::uint16_t port = 5222;

    bool operator==(const ServerAddress&) const = default;
};

/// [identity]: who this proxy is in the federation.
struct IdentityConfig {
    /// The proxy's account, bare; the authority of every name it speaks.
    Jid jid;
    Secret password;
    /// Where the account's domain is served, in order of preference; empty: where the DNS (SRV)
    /// says.
    std::vector<ServerAddress> servers;
    /// Certificates to trust instead of the system's, PEM.
    std::optional<std::filesystem::path> ca_file;
    /// What follows the `/` in the full JID.
    std::string resource = "courant";

    bool operator==(const IdentityConfig&) const = default;
};

/// [store]: where mailboxes, peers and cursors are kept.
struct StoreConfig {
    /// The SQLite file, unless there is a url.
    std::filesystem::path path = "courant.db";
    /// The PostgreSQL database that takes its place, for several workers; it may hold a password.
    Secret url = {};
    /// Where in that database our tables lie.
    std::string schema = "courant";
    /// How long after the sudden end of a worker others take over what it did.
    std::chrono::nanoseconds lease = std::chrono::seconds{15};

    bool operator==(const StoreConfig&) const = default;
};

/// [federation]: how we speak with our peers.
struct FederationConfig {
    /// What is written and announced; packed packs are read in any case.
    Encodings encodings = Encodings::xml_and_packed;
    /// How long before a grant ends that is announced.
    std::chrono::nanoseconds expiry_notice = std::chrono::hours{30 * 24};
    /// The IANA zone whose days, weeks, months and years the periods of grants and subscriptions
    /// are.
    std::string time_zone = "UTC";

    bool operator==(const FederationConfig&) const = default;
};

/// [limits]: how much and how long.
struct LimitsConfig {
    using Span = std::chrono::nanoseconds;

    /// The largest stanza that we send, in bytes; larger packs are split.
    std::size_t stanza_bytes = 200'000;
    /// The most readings in one message.
    std::size_t records_per_message = 500;
    /// The same toward peers that understand packed packs.
    std::size_t packed_records_per_message = 2'000;
    /// The most messages on their way to one peer without a receipt.
    std::size_t window_messages = 64;
    /// The same in bytes.
    std::size_t window_bytes = 4'194'304;
    /// How long a peer may take for a receipt, at least.
    Span answer_timeout = std::chrono::seconds{10};
    /// The most bytes per second to one peer in the long run; 0: without limit.
    std::size_t lane_bytes_per_second = 0;
    /// How long small messages to a busy peer may wait to be sent as one; 0: not at all.
    Span coalesce = std::chrono::milliseconds{50};
    /// The largest stanza that we accept, in bytes.
    std::size_t receive_stanza_bytes = 262'144;
    /// The largest packed pack that we accept, in bytes once it is unpacked.
    std::size_t receive_pack_bytes = 4'194'304;
    /// The deepest nesting of elements that we accept.
    std::size_t receive_depth = 64;
    /// How long one call to an adapter may take.
    Span adapter_timeout = std::chrono::seconds{60};
    /// How far beyond adapter_timeout a call is reported as hanging.
    Span hang_notice = std::chrono::seconds{30};
    /// How long an app may answer "not now" for a reading before that becomes a dead letter.
    Span give_up_after = std::chrono::minutes{10};
    /// The first pause after a failure; each further one is twice as long.
    Span retry_first = std::chrono::seconds{1};
    /// The longest pause between two tries.
    Span retry_max = std::chrono::minutes{5};
    /// After this long without a word from the server we ask whether it is still there.
    Span ping_interval = std::chrono::seconds{60};

    bool operator==(const LimitsConfig&) const = default;
};

/// [space]: how full the store may become.
struct SpaceConfig {
    /// While the store has less room left than this, nothing is extracted or taken in, in bytes.
    std::int64_t reserve_bytes = 67'108'864;
    /// The same in hundredths of its disk; the larger of the two counts.
    std::int64_t reserve_percent = 0;
    /// The most that the store may take, in bytes; 0: what its disk has.
    std::int64_t max_bytes = 0;

    bool operator==(const SpaceConfig&) const = default;
};

/// [outbox]: how much may wait for receipts, and what happens beyond.
struct OutboxConfig {
    using Span = std::chrono::nanoseconds;
    enum class WhenFull { stop, drop_oldest };

    /// The most that may wait in all, in bytes; 0: any amount.
    std::int64_t max_bytes = 0;
    /// How long a message may wait; 0: for ever.
    Span max_age = Span::zero();
    /// What happens at max_bytes and max_age.
    WhenFull when_full = WhenFull::stop;
    /// The most that may wait for one peer, whose oldest messages are dropped beyond; 0: any
    /// amount.
    std::int64_t peer_max_bytes = 0;
    /// The same by age; 0: for ever.
    Span peer_max_age = Span::zero();

    bool operator==(const OutboxConfig&) const = default;
};

/// [retention]: how long dead letters, the book of calls and what others sent are kept.
struct RetentionConfig {
    using Span = std::chrono::nanoseconds;

    /// 0: for ever.
    Span dead_max_age = Span::zero();
    /// The most that are kept, the newest ones; 0: any number.
    std::int64_t dead_max_number = 0;
    /// The longest that we keep what others sent, ISO 8601.
    std::string received = "P10Y";
    /// How long it is remembered who asked for the past of what, ISO 8601.
    std::string calls = "P3Y";

    bool operator==(const RetentionConfig&) const = default;
};

/// [archive]: whether what was sent is kept here, too.
struct ArchiveConfig {
    /// For how long, ISO 8601; "P0D": not at all.
    std::string keep = "P0D";

    bool operator==(const ArchiveConfig&) const = default;
};

/// [pseudonyms]: what turns subjects into the names that peers get, where a grant says so.
struct PseudonymsConfig {
    /// The secret of which the names are made.
    std::filesystem::path key_file = "pseudonyms.key";
    /// Who is who: a SQLite file of its own, with rights of its own.
    std::filesystem::path file = "pseudonyms.db";

    bool operator==(const PseudonymsConfig&) const = default;
};

/// [log]: how talkative, and for whom.
struct LogConfig {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::text;

    bool operator==(const LogConfig&) const = default;
};

/// [adapters.NAME]: one app, meter or file.
struct AdapterConfig {
    /// The administrator's name for it: "roof".
    std::string name;
    /// Its description; never null.
    const Adapter* adapter = nullptr;
    /// Its properties, checked against the description.
    Settings settings;
};

/// When a job runs. Several together are allowed; jobs/schedule.hpp says how they combine.
struct Triggers {
    /// Once when the program begins.
    bool at_start = true;
    /// At this interval.
    std::optional<std::chrono::nanoseconds> every = {};
    /// At the times of a cron expression.
    std::optional<std::string> cron = {};
    /// The IANA zone in which `cron` is read.
    std::string time_zone = "UTC";

    bool operator==(const Triggers&) const = default;
};

/// [[extract]]: readings of an adapter that go into the federation.
struct ExtractConfig {
    /// AdapterConfig::name.
    std::string adapter;
    /// Neither `every` nor `cron` for a feed, which runs all the time.
    Triggers triggers;
    /// What the readings are worth where nothing else says so.
    Quality quality = Quality::raw;

    bool operator==(const ExtractConfig&) const = default;
};

/// [[receive]]: readings of the federation that go into an adapter.
struct ReceiveConfig {
    /// AdapterConfig::name.
    std::string adapter;
    /// Patterns in people's spelling (access/series_pattern.hpp); a series that fits one of them is
    /// written.
    std::vector<std::string> series = {"*"};

    bool operator==(const ReceiveConfig&) const = default;
};

/// [[series]]: what a series of ours is. Of several that fit a name, the first one counts.
struct SeriesConfig {
    /// A pattern in people's spelling (access/series_pattern.hpp).
    std::string series;
    /// Nothing: what its unit means by itself, if that is clear.
    std::optional<Meaning> meaning = {};
    /// How long a value of a mean or sum is about, ISO 8601; empty where that is not said.
    std::string period = {};
    /// On what terms it is to be had, and who is told that it is there.
    Offer offer = {};

    bool operator==(const SeriesConfig&) const = default;
};

/// [[quoalise.map]]: a series under the name that the Quoalise client has for it.
struct QuoaliseName {
    /// "urn:dev:prm:30001610071843_consumption/power/active/raw".
    std::string identifier;
    /// SenML spelling.
    std::string series;

    bool operator==(const QuoaliseName&) const = default;
};

/// [quoalise]: service for the deployed Quoalise client.
struct QuoaliseConfig {
    /// The whole resource of our session, which its users type; empty: they cannot ask.
    std::string resource;
    std::vector<QuoaliseName> names;

    bool operator==(const QuoaliseConfig&) const = default;
};

/// The whole file.
struct Config {
    IdentityConfig identity;
    /// [organisation]; empty where it is not described.
    Card organisation;
    StoreConfig store;
    FederationConfig federation;
    LimitsConfig limits;
    SpaceConfig space;
    OutboxConfig outbox;
    RetentionConfig retention;
    ArchiveConfig archive;
    PseudonymsConfig pseudonyms;
    LogConfig log;
    std::vector<AdapterConfig> adapters;
    std::vector<ExtractConfig> extracts;
    std::vector<ReceiveConfig> receives;
    std::vector<SeriesConfig> series;
    QuoaliseConfig quoalise;
    /// What is allowed and still deserves a look: "town.toml:4: identity.password_file: others may
    /// read it".
    std::vector<std::string> warnings;

    /// The adapter of that name; null where there is none, which cannot be for a name of `extracts`
    /// or `receives`.
    const AdapterConfig* adapter(std::string_view name) const;
};

}  // namespace courant
