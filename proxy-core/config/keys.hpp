// Every key of the configuration file, in one table.
//
// The loader checks with it, `courant init` writes the commented file from it, and the schema of
// the file and its reference can be made from it. A key that is not here does not exist; one that
// is here needs its member in config.hpp and its line in bind.cpp. What stands below
// [adapters.NAME] comes from the adapters' own descriptions in the same form.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "proxy-core/adapter.hpp"

namespace courant {

/// One key: a property, and what a Property cannot say.
struct Key {
    /// A list is written ["a", "b"]; its elements are what the property says. Of one_or_list, one
    /// element may stand alone.
    enum class Shape { single, list, one_or_list };

    Property property;
    Shape shape = Shape::single;
    /// Bounds of an integer.
    std::int64_t least = std::numeric_limits<std::int64_t>::min();
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
    /// The shortest duration.
    std::chrono::nanoseconds shortest = std::chrono::nanoseconds::zero();
};

/// One table of the file.
struct Section {
    /// Whether it stands once, as [name], or any number of times, as [[name]].
    enum class Count { once, many };

    std::string_view name;
    Count count;
    /// One line for a person.
    std::string_view help;
    std::span<const Key> keys;
};

namespace keys {

using enum Property::Type;

inline constexpr std::chrono::milliseconds a_moment{1};

inline constexpr Key identity[] = {
    {.property = {.name = "jid",
                  .type = text,
                  .need = Need::required,
                  .help = "Our XMPP account; every name that we speak begins with it"}},
    {.property = {.name = "password",
                  .type = secret,
                  .need = Need::required,
                  .help = "Its password; better password_file, the path of a file that holds it"}},
    {.property = {.name = "server",
                  .type = text,
                  .help =
                      "host:port of the XMPP server, where the DNS does not name it; several "
                      "in order of preference: [\"a.example.org:5222\", \"b.example.org:5222\"]"},
     .shape = Key::Shape::one_or_list},
    {.property =
         {.name = "ca_file",
          .type = path,
          .help = "Certificates (PEM) to trust instead of the system's, for a private authority"}},
    {.property = {.name = "resource",
                  .type = text,
                  .fallback = "courant",
                  .help = "What follows the / in our full JID"}},
};

inline constexpr Key organisation[] = {
    {.property = {.name = "name",
                  .type = text,
                  .help = "What it is called; without a name nothing of this is shown"}},
    {.property = {.name = "contact", .type = text, .help = "Whom to write to"}},
    {.property = {.name = "website", .type = text, .help = "Where to read about it"}},
    {.property = {.name = "place", .type = text, .help = "Where it is: Lorient, Brittany"}},
    {.property = {.name = "position",
                  .type = text,
                  .help = "The same in degrees, for a map, north and east positive: 47.75, -3.37"}},
    {.property = {.name = "code_of_conduct",
                  .type = text,
                  .help = "The version of the code of conduct that it keeps"}},
    {.property = {.name = "dpo",
                  .type = text,
                  .help = "Its data protection officer, whom persons may write to (GDPR Art. 13)"}},
    {.property = {.name = "complaint_authority",
                  .type = text,
                  .help = "The authority to which persons may complain: CNIL"}},
    {.property = {.name = "listed",
                  .type = flag,
                  .fallback = "false",
                  .help = "Our peers may show it to theirs"}},
};

inline constexpr Key store[] = {
    {.property = {.name = "path",
                  .type = path,
                  .fallback = "courant.db",
                  .help = "The SQLite file that holds mailboxes, peers, grants and cursors"}},
    {.property = {.name = "url",
                  .type = secret,
                  .help = "In place of path a PostgreSQL database, on which several workers may "
                          "run: postgresql://user:password@host:5432/database; better url_file, "
                          "the path of a file that holds that"}},
    {.property = {.name = "schema",
                  .type = text,
                  .fallback = "courant",
                  .help = "The schema of that database that is this proxy's own"}},
    {.property = {.name = "lease",
                  .type = duration,
                  .fallback = "15s",
                  .help = "How long after the sudden end of a worker on that database the others "
                          "take over what it did"},
     .shortest = std::chrono::seconds{1}},
};

inline constexpr Key federation[] = {
    {.property = {.name = "packed",
                  .type = flag,
                  .fallback = "true",
                  .help = "Speak packed packs with peers that understand them: a fraction of the "
                          "bytes, and of the servers' work. false: XML toward everybody"}},
    {.property = {.name = "expiry_notice",
                  .type = duration,
                  .fallback = "30d",
                  .help = "How long before a grant ends that is announced, in our log and to its "
                          "peer"}},
    {.property = {.name = "time_zone",
                  .type = text,
                  .fallback = "UTC",
                  .help = "The zone whose days, weeks, months and years the periods of grants and "
                          "subscriptions are, as Europe/Paris"}},
};

inline constexpr Key limits[] = {
    {.property =
         {.name = "stanza_bytes",
          .type = integer,
          .fallback = "200000",
          .unit = "bytes",
          .help =
              "The largest stanza that we send; stay below the smallest limit of all servers on "
              "the way"},
     .least = 10'000,
     .most = 10'000'000},
    {.property = {.name = "records_per_message",
                  .type = integer,
                  .fallback = "500",
                  .help = "The most readings in one message"},
     .least = 1,
     .most = 100'000},
    {.property = {.name = "packed_records_per_message",
                  .type = integer,
                  .fallback = "2000",
                  .help = "The same toward peers that understand packed packs"},
     .least = 1,
     .most = 100'000},
    {.property = {.name = "window_messages",
                  .type = integer,
                  .fallback = "64",
                  .help = "The most messages on their way to one peer without a receipt"},
     .least = 1,
     .most = 10'000},
    {.property = {.name = "window_bytes",
                  .type = integer,
                  .fallback = "4194304",
                  .unit = "bytes",
                  .help = "The most bytes on their way to one peer without a receipt"},
     .least = 10'000,
     .most = 1'000'000'000},
    {.property = {.name = "answer_timeout",
                  .type = duration,
                  .fallback = "10s",
                  .help = "How long a peer may take for a receipt before we send again; where "
                          "answers take longer, we learn it"},
     .shortest = a_moment},
    {.property = {.name = "lane_bytes_per_second",
                  .type = integer,
                  .fallback = "0",
                  .unit = "bytes/s",
                  .help =
                      "The most bytes per second to one peer, in bursts of a second's worth and "
                      "at least a message; 0 is without limit. For servers that throttle: "
                      "Prosody's packages take 10000 from a client and 30000 from a server"},
     .least = 0,
     .most = 1'000'000'000},
    {.property = {.name = "coalesce",
                  .type = duration,
                  .fallback = "50ms",
                  .help = "How long small messages to a busy peer may wait to be sent as one; 0s "
                          "sends each as it comes"}},
    {.property = {.name = "receive_stanza_bytes",
                  .type = integer,
                  .fallback = "262144",
                  .unit = "bytes",
                  .help = "The largest stanza that we accept"},
     .least = 10'000,
     .most = 100'000'000},
    {.property = {.name = "receive_pack_bytes",
                  .type = integer,
                  .fallback = "4194304",
                  .unit = "bytes",
                  .help = "The largest packed pack that we accept, once it is unpacked"},
     .least = 10'000,
     .most = 100'000'000},
    {.property = {.name = "receive_depth",
                  .type = integer,
                  .fallback = "64",
                  .help = "The deepest nesting of XML elements that we accept"},
     .least = 8,
     .most = 1'000},
    {.property = {.name = "adapter_timeout",
                  .type = duration,
                  .fallback = "60s",
                  .help = "How long one call to an adapter may take"},
     .shortest = a_moment},
    {.property = {.name = "hang_notice",
                  .type = duration,
                  .fallback = "30s",
                  .help = "How far beyond adapter_timeout a call is reported as hanging"},
     .shortest = a_moment},
    {.property = {.name = "give_up_after",
                  .type = duration,
                  .fallback = "10m",
                  .help = "How long an app may answer \"not now\" for a reading before that "
                          "becomes a dead letter"},
     .shortest = a_moment},
    {.property = {.name = "retry_first",
                  .type = duration,
                  .fallback = "1s",
                  .help = "The first pause after a failure; each further one is twice as long"},
     .shortest = a_moment},
    {.property = {.name = "retry_max",
                  .type = duration,
                  .fallback = "5m",
                  .help = "The longest pause between two tries; at our own server 20s, if this "
                          "is longer"},
     .shortest = a_moment},
    {.property =
         {.name = "ping_interval",
          .type = duration,
          .fallback = "60s",
          .help =
              "After this long without a word from the server we ask whether it is still there"},
     .shortest = std::chrono::seconds{1}},
};

inline constexpr std::int64_t any_bytes = std::int64_t{1} << 53;

inline constexpr Key space[] = {
    {.property = {.name = "reserve_bytes",
                  .type = integer,
                  .fallback = "67108864",
                  .unit = "bytes",
                  .help = "While the store has less room left, nothing is extracted or taken in; "
                          "receipts and deliveries go on"},
     .least = 0,
     .most = any_bytes},
    {.property = {.name = "reserve_percent",
                  .type = integer,
                  .fallback = "0",
                  .unit = "percent",
                  .help =
                      "The same in hundredths of the store's disk; the larger of the two counts, "
                      "and never more than a quarter"},
     .least = 0,
     .most = 25},
    {.property = {.name = "max_bytes",
                  .type = integer,
                  .fallback = "0",
                  .unit = "bytes",
                  .help =
                      "The most that the store may take; 0 is what its disk has. Tables of a "
                      "PostgreSQL server seldom shrink: there [outbox] max_bytes serves better"},
     .least = 0,
     .most = any_bytes},
};

inline constexpr Key outbox[] = {
    {.property = {.name = "max_bytes",
                  .type = integer,
                  .fallback = "0",
                  .unit = "bytes",
                  .help = "The most that may wait for receipts, of all peers; 0 is any amount"},
     .least = 0,
     .most = any_bytes},
    {.property = {.name = "max_age",
                  .type = duration,
                  .fallback = "0s",
                  .help = "How long a message may wait for its receipt; 0s is for ever"}},
    {.property = {.name = "when_full",
                  .type = choice,
                  .fallback = "stop",
                  .help =
                      "What happens beyond these two: extraction stops and nothing is lost, or the "
                      "oldest messages are dropped and reported as dead letters",
                  .choices = "stop|drop-oldest"}},
    {.property =
         {.name = "peer_max_bytes",
          .type = integer,
          .fallback = "0",
          .unit = "bytes",
          .help = "The most that may wait for one peer; beyond, its oldest messages are dropped "
                  "and reported, so that it does not stop the others; 0 is any amount"},
     .least = 0,
     .most = any_bytes},
    {.property = {.name = "peer_max_age",
                  .type = duration,
                  .fallback = "0s",
                  .help = "The same by age; 0s is for ever"}},
};

inline constexpr Key retention[] = {
    {.property = {.name = "dead_max_age",
                  .type = duration,
                  .fallback = "0s",
                  .help = "How long dead letters are kept; 0s is until somebody removes them"}},
    {.property = {.name = "dead_max_number",
                  .type = integer,
                  .fallback = "0",
                  .help = "The most dead letters that are kept, the newest ones; 0 is any number"},
     .least = 0,
     .most = any_bytes},
    {.property = {.name = "received",
                  .type = text,
                  .fallback = "P10Y",
                  .help = "How long what others send is kept here at most, ISO 8601; what they "
                          "allow (retain) counts where it is shorter"}},
    {.property = {.name = "calls",
                  .type = text,
                  .fallback = "P3Y",
                  .help = "How long it is remembered who asked for the past of what, ISO 8601"}},
};

inline constexpr Key archive[] = {
    {.property = {.name = "keep",
                  .type = text,
                  .fallback = "P0D",
                  .help = "How long readings that were sent are kept here, too, ISO 8601 (P1Y), so "
                          "that peers can ask for what no app remembers; P0D is not at all"}},
};

inline constexpr Key pseudonyms[] = {
    {.property = {.name = "key_file",
                  .type = path,
                  .fallback = "pseudonyms.key",
                  .help = "The secret of which pseudonyms are made; courant grant add --pseudonym "
                          "makes it. Keep a copy elsewhere: another key means other names"}},
    {.property = {.name = "file",
                  .type = path,
                  .fallback = "pseudonyms.db",
                  .help = "Who is who, and who has looked that up. For nobody's eyes but ours, and "
                          "not in the same backup as the store"}},
};

inline constexpr Key log[] = {
    {.property = {.name = "level",
                  .type = choice,
                  .fallback = "info",
                  .help = "From which weight on events are written",
                  .choices = "debug|info|warning|error"}},
    {.property = {.name = "format",
                  .type = choice,
                  .fallback = "text",
                  .help = "For people or, one JSON object per line, for machines",
                  .choices = "text|json"}},
};

inline constexpr Key extract[] = {
    {.property = {.name = "adapter",
                  .type = text,
                  .need = Need::required,
                  .help = "The adapter to read: the NAME of an [adapters.NAME]"}},
    {.property =
         {.name = "every",
          .type = duration,
          .help =
              "At this interval; \"15m\" is at :00, :15, :30 and :45. Not for a feed, which runs "
              "all the time"},
     .shortest = a_moment},
    {.property =
         {.name = "cron",
          .type = text,
          .help = "At these times: minute, hour, day of month, month, day of week, as in crontab"}},
    {.property = {.name = "time_zone",
                  .type = text,
                  .fallback = "UTC",
                  .help = "The zone of cron, as Europe/Paris"}},
    {.property = {.name = "at_start",
                  .type = flag,
                  .fallback = "true",
                  .help = "Also once when the program starts"}},
    {.property = {.name = "quality",
                  .type = choice,
                  .fallback = "raw",
                  .help = "What the readings are worth where nothing else says so",
                  .choices = "missing|estimated|raw|corrected|validated|invoiced"}},
};

inline constexpr Key receive[] = {
    {.property = {.name = "adapter",
                  .type = text,
                  .need = Need::required,
                  .help = "The adapter to write to: the NAME of an [adapters.NAME]"}},
    {.property = {.name = "series",
                  .type = text,
                  .fallback = "*",
                  .help = "Which series; * stands for any run of characters"},
     .shape = Key::Shape::list},
};

inline constexpr Key series[] = {
    {.property = {.name = "series",
                  .type = text,
                  .need = Need::required,
                  .help = "Which series this is about; * stands for any run of characters, and of "
                          "several tables that fit, the first one counts"}},
    {.property = {.name = "meaning",
                  .type = choice,
                  .help = "What a value is, and so how several become one: how it was at that time "
                          "(instant), on average in its period (mean), together in its period "
                          "(sum), or what a counter showed (index)",
                  .choices = "instant|mean|sum|index"}},
    {.property = {.name = "period",
                  .type = text,
                  .help = "How long a value of a mean or sum is about, in ISO 8601, as PT15M"}},
    {.property = {.name = "title", .type = text, .help = "What it is, in words, for the catalog"}},
    {.property = {.name = "licence",
                  .type = text,
                  .help = "The licence under which it is to be had: CC-BY-4.0"}},
    {.property = {.name = "price", .type = text, .help = "What it costs: free"}},
    {.property = {.name = "conditions", .type = text, .help = "What else is asked for it"}},
    {.property = {.name = "offered",
                  .type = choice,
                  .fallback = "granted",
                  .help = "Who is told that it is there: who has a grant for it, every peer that "
                          "is admitted, or strangers, too. To have it takes a grant in any case",
                  .choices = "granted|peers|everyone"}},
    {.property = {.name = "sample",
                  .type = flag,
                  .fallback = "false",
                  .help = "Show the last four values to who is told of it: rounded to two digits, "
                          "at a time that never was, under no name"}},
};

inline constexpr Property quoalise_names[] = {
    {.name = "identifier",
     .type = text,
     .need = Need::required,
     .help = "The client's name for a series: "
             "urn:dev:prm:30001610071843_consumption/power/active/raw"},
    {.name = "series",
     .type = text,
     .need = Need::required,
     .help = "The same as the federation knows it, app@server/subject@server/level"},
};

inline constexpr Key quoalise[] = {
    {.property = {.name = "resource",
                  .type = text,
                  .help = "What follows the / in our full JID, whole, as the client's users type "
                          "it: proxy. It takes the place of identity.resource; without it they "
                          "cannot ask"}},
    {.property = {.name = "map",
                  .type = tables,
                  .help = "The series that they may ask for and subscribe to, if they are granted",
                  .items = quoalise_names}},
};

/// The file's sections in the order in which they are written; [adapters.NAME] stands between log
/// and extract.
inline constexpr Section sections[] = {
    {"identity", Section::Count::once, "Who we are in the federation.", identity},
    {"organisation", Section::Count::once, "Who we are to people: shown to whoever asks.",
     organisation},
    {"store", Section::Count::once, "Where we keep what must not be lost.", store},
    {"federation", Section::Count::once, "How we speak with our peers.", federation},
    {"limits", Section::Count::once, "How much and how long.", limits},
    {"space", Section::Count::once, "How full the store may become.", space},
    {"outbox", Section::Count::once, "How much may wait for receipts, and what happens beyond.",
     outbox},
    {"retention", Section::Count::once,
     "When what is kept for reference goes; dead letters never by themselves.", retention},
    {"archive", Section::Count::once, "Whether what was sent is kept for those who ask later.",
     archive},
    {"pseudonyms", Section::Count::once, "Other names for subjects, where a grant wants that.",
     pseudonyms},
    {"log", Section::Count::once, "What we tell on stderr.", log},
    {"extract", Section::Count::many, "Readings of an adapter that go into the federation.",
     extract},
    {"receive", Section::Count::many, "Readings of the federation that go into an adapter.",
     receive},
    {"series", Section::Count::many, "What series of ours are.", series},
    {"quoalise", Section::Count::once, "Service for the Quoalise client, without change of it.",
     quoalise},
};

/// The section of that name, which must be one.
constexpr const Section& section(std::string_view name) {
    for (const auto& candidate : sections)
        if (candidate.name == name) return candidate;
    throw "no such section";
}

}  // namespace keys
}  // namespace courant
