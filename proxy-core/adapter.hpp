// What an adapter is: the SDK of Courant.
//
// An adapter stands between the proxy and one kind of application, meter or file. It describes
// itself in constexpr data, from which Courant makes the validation of its settings, `courant
// adapters show` and the reference; and it implements any of
//
//     Source   pulls: "what is new after this cursor?"            a database, an API, a file
//     Feed     pushes: emits readings when something happens      a serial line, a subscription
//     Sink     writes readings into the app, a verdict for each   a time-series database, a file
//     History  answers "what was it then?" for a peer who asks    a database, files
//
// A whole source:
//
//     constexpr Property properties[] = {{.name = "path", .type = Property::Type::text, .need =
//     Need::required, .help = "file to read"}};
//
//     class Roof : public Source {
//         Extraction pull(std::string_view cursor, const Call& call) override { … }
//     };
//
//     const Adapter& roof_adapter() {
//         static constexpr Adapter adapter{.name = "roof", .version = "1", .summary = "…",
//         .properties = properties,
//             .source = [](const Settings& s) -> std::unique_ptr<Source> { return
//             std::make_unique<Roof>(s); }};
//         return adapter;
//     }
//
// and one line in adapters/CMakeLists.txt: courant_adapter(roof). Function name: the adapter's name
// with `_` for `-`, then _adapter.
//
// Threads: every configured adapter has one thread of its own, on which all its calls are made, one
// at a time; adapters need no locks. Its History has another one, so that who asks for years holds
// up nothing that is live: it is an object of its own and shares nothing that changes with the
// others. A call may block; it must come back by Call::deadline and when
// Call::stop is requested. One that does not delays only its own jobs and is reported.
//
// Errors: throw courant::Error. Retry::worthwhile means "the app is away, try again" (the job comes
// back with back-off; nothing is lost), Retry::useless means that a person must do something.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy-core/error.hpp"
#include "senml/pack.hpp"

namespace courant {

/// Whether a property must be given.
enum class Need { optional, required };

/// One setting of an adapter, as it describes it.
struct Property {
    enum class Type {
        text,      ///< any string
        path,      ///< a file or folder; relative ones begin at the configuration file's folder
        choice,    ///< one of `choices`
        secret,    ///< a string that never shows in logs or output; NAME_file is accepted in its
                   ///< place
        integer,   ///< a whole number
        number,    ///< any finite number
        flag,      ///< true or false
        duration,  ///< "30s", "5m", "1h30m", "2d"
        tables,    ///< a list of tables, each with the properties `items`
    };
    std::string_view name;
    Type type = Type::text;
    Need need = Need::optional;
    /// The value where none is given, as it would be written in TOML without quotes; empty: none.
    std::string_view fallback = {};
    /// The unit of a number: "s", "bytes".
    std::string_view unit = {};
    /// One line for a person.
    std::string_view help = {};
    /// Type choice: the words, separated by `|`.
    std::string_view choices = {};
    /// Type tables: the properties of each table.
    std::span<const Property> items = {};
};

/// The validated settings of one configured adapter. Reading a property that the description lacks
/// is a programming error and throws std::logic_error.
class Settings {
  public:
    using Value = std::variant<std::string, std::int64_t, double, bool, std::chrono::nanoseconds,
                               std::vector<Settings>>;

    Settings() = default;
    /// `place` is where a person finds these settings: "town.toml:12: adapters.roof".
    explicit Settings(std::string place) : place_(std::move(place)) {}

    /// Sets a value and where it stands; for the configuration and for tests.
    void set(std::string name, Value value, std::string place = {});

    bool has(std::string_view name) const;
    /// A text, path, choice or secret.
    const std::string& text(std::string_view name) const;
    /// The same, empty where it is not set.
    std::string text_or_empty(std::string_view name) const;
    std::int64_t integer(std::string_view name) const;
    double number(std::string_view name) const;
    bool flag(std::string_view name) const;
    std::chrono::nanoseconds duration(std::string_view name) const;
    /// The tables of a list; none where it is not set.
    std::span<const Settings> tables(std::string_view name) const;

    /// A ConfigError that points at the property's file and line: `throw settings.error("path", "no
    /// such file")`.
    ConfigError error(std::string_view name, std::string_view what) const;

  private:
    struct Entry {
        Value value;
        std::string place;
    };
    std::map<std::string, Entry, std::less<>> entries_;
    std::string place_;
};

/// What every call to an adapter brings along.
struct Call {
    /// The time of the call: adapters read no clock for the readings' sake, so that tests can tell
    /// the time.
    senml::Time now;
    /// The call must be over by then.
    std::chrono::steady_clock::time_point deadline;
    /// Requested when the program stops.
    std::stop_token stop;
    /// About how many readings at most; a source may go a little over to finish what must stay
    /// together.
    std::size_t max_readings = 10'000;
};

/// Something a source found and could not use: set aside as a dead letter, never silently dropped.
struct Refused {
    /// Where: "roof.csv:1042".
    std::string where;
    /// Why, for a person.
    std::string reason;
    /// The thing itself, as it was found.
    std::string payload;
};

/// What one pull brought.
struct Extraction {
    /// New readings, names in SenML spelling (senml/name.hpp), primary units (RFC 8428
    /// section 12.1).
    senml::Pack readings;
    /// Where to go on; stored in the same transaction as the readings, so that neither goes without
    /// the other.
    std::string cursor;
    /// There is more right now: pull again at once.
    bool more = false;
    std::vector<Refused> refused;
};

/// Pulls readings.
class Source {
  public:
    virtual ~Source() = default;
    /// What is new after `cursor` (empty at the very first call). The same cursor must bring the
    /// same readings again: after a crash the last pull is repeated.
    virtual Extraction pull(std::string_view cursor, const Call& call) = 0;
};

/// Takes what a feed emits; returns once it is durable in the outbox. Throws Error where it cannot
/// be (full disk).
using Emit = std::function<void(senml::Pack readings, std::vector<Refused> refused)>;

/// Pushes readings.
class Feed {
  public:
    virtual ~Feed() = default;
    /// Emits until `stop` is requested. Throwing Error ends the run; it is begun again after a
    /// back-off.
    virtual void run(const Emit& emit, std::stop_token stop) = 0;
};

/// What became of one reading in the app.
struct Verdict {
    enum class Outcome {
        delivered,  ///< it is there, or was there already
        rejected,   ///< the app will never take it; becomes a dead letter with `reason`
        later,      ///< not now; the same reading is offered again
    };
    Outcome outcome = Outcome::delivered;
    /// Why, for a person; empty for delivered.
    std::string reason = {};
};

/// What is to be erased in an app, because whoever gave it says so.
struct ErasureWanted {
    /// Whether a series is meant, in SenML spelling.
    std::function<bool(std::string_view series)> means;
    /// Readings from here on, and before `to`; all where nothing stands.
    std::optional<senml::Time> from = {};
    std::optional<senml::Time> to = {};
};

/// Writes readings.
class Sink {
  public:
    virtual ~Sink() = default;
    /// Writes the readings into the app, and returns once they are safe there: one verdict per
    /// record, in their order. May get readings a second time after a crash, which must be
    /// harmless.
    virtual std::vector<Verdict> deliver(const senml::Pack& readings, const Call& call) = 0;
    /// Erases what was delivered, and returns once it is gone; how many readings that were. May be
    /// asked a second time. Nothing where the app cannot erase: then its operator has to.
    virtual std::optional<std::int64_t> erase(const ErasureWanted&, const Call&) {
        return std::nullopt;
    }
};

/// A part of the past that somebody asks for.
struct HistoryRange {
    /// SenML spelling.
    std::string series;
    /// The first time that belongs to it.
    senml::Time from;
    /// The first one that no longer does.
    senml::Time to;
};

/// Takes readings of a range, in rising order of time, each time once; false: enough.
using TakeHistory = std::function<bool(const senml::Pack& chunk)>;

/// Answers for the past.
class History {
  public:
    virtual ~History() = default;
    /// Whether this app can have readings of a series, in SenML spelling. Quick: asks nobody.
    virtual bool speaks(std::string_view series) const = 0;
    /// Hands over all readings of the range in chunks, as they come, until there are no more or
    /// `take` has enough. A chunk need not have more than call.max_readings. A gap is a gap: what
    /// is not there is left out. Throws Error where it cannot go on: at call.deadline, when
    /// call.stop is requested, or where the app is away.
    virtual void read(const HistoryRange& range, const Call& call, const TakeHistory& take) = 0;
};

/// An adapter's description of itself and how to make one.
struct Adapter {
    std::string_view name;
    std::string_view version;
    /// One line: what it connects to.
    std::string_view summary;
    std::span<const Property> properties;
    /// Makers of what the adapter implements; null for what it does not. A maker may answer null
    /// where the settings are for another one (a captured file or a live line), and throws
    /// ConfigError where they are wrong.
    std::unique_ptr<Source> (*source)(const Settings&) = nullptr;
    std::unique_ptr<Feed> (*feed)(const Settings&) = nullptr;
    std::unique_ptr<Sink> (*sink)(const Settings&) = nullptr;
    std::unique_ptr<History> (*history)(const Settings&) = nullptr;
};

/// A federated name from the settings as the SenML spelling; a ConfigError that points at the place
/// if it is none.
std::string series_name(const Settings& settings, std::string_view property);

}  // namespace courant
