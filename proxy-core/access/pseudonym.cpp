#include "proxy-core/access/pseudonym.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <map>
#include <set>
#include <span>
#include <system_error>
#include <tuple>

#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant {
namespace {

constexpr std::string_view subject_mark = "p-";
constexpr std::string_view level_mark = "l-";
constexpr std::size_t hash_bytes = 15;  // 120 bits: 24 characters
constexpr std::size_t most_remembered = 100'000;
constexpr int patience_ms = 5'000;

using Key = std::array<unsigned char, crypto_generichash_KEYBYTES>;

std::string reason_of(int code) {
    return std::generic_category().message(code);
}

void begin_sodium() {
    if (sodium_init() < 0)
        throw StoreError("libsodium does not start: no random numbers", Retry::useless);
}

std::string base32(std::span<const unsigned char> bytes) {
    constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    std::string out;
    unsigned buffer = 0;
    int bits = 0;
    for (const unsigned char byte : bytes) {
        buffer = (buffer << 8U) | byte;
        for (bits += 8; bits >= 5; bits -= 5) out += alphabet[(buffer >> (bits - 5)) & 31U];
    }
    return out;
}

// Parts are told apart by a byte that no name or JID holds.
std::string hashed(const Key& key, std::initializer_list<std::string_view> parts) {
    std::string message = "courant pseudonym 1";
    for (const std::string_view part : parts) {
        message += '\0';
        message += part;
    }
    std::array<unsigned char, hash_bytes> hash{};
    crypto_generichash(hash.data(), hash.size(),
                       reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                       key.data(), key.size());
    return base32(hash);
}

/// Makes a file that is its owner's alone; false where there is one.
bool make_private(const std::filesystem::path& file, std::string_view text) {
    const int made = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made < 0 && errno == EEXIST) return false;
    const auto failed = [&](int code) {
        return StoreError(fmt::format("cannot write {}: {}", file.string(), reason_of(code)),
                          Retry::worthwhile);
    };
    if (made < 0) throw failed(errno);
    const auto written = write(made, text.data(), text.size());
    const int code = written < 0 ? errno : ENOSPC;
    const bool whole = written == static_cast<ssize_t>(text.size()) && fsync(made) == 0;
    close(made);
    if (!whole) {
        std::error_code unknown;
        std::filesystem::remove(file, unknown);
        throw failed(code);
    }
    return true;
}

std::string new_key_text() {
    begin_sodium();
    Key key{};
    randombytes_buf(key.data(), key.size());
    std::array<char, 2 * crypto_generichash_KEYBYTES + 1> text{};
    sodium_bin2hex(text.data(), text.size(), key.data(), key.size());
    return std::string(text.data()) + "\n";
}

Key read_key(const std::filesystem::path& file) {
    begin_sodium();
    std::ifstream in(file);
    std::string text;
    if (!(in >> text))
        throw StoreError(
            fmt::format("{}: no key for pseudonyms can be read there, so nothing goes under a "
                        "grant that wants them. Restore it from its copy; where there never was "
                        "one, courant grant add --pseudonym makes it",
                        file.string()),
            Retry::worthwhile);
    Key key{};
    std::size_t bytes = 0;
    const char* end = nullptr;
    const bool whole = sodium_hex2bin(key.data(), key.size(), text.data(), text.size(), nullptr,
                                      &bytes, &end) == 0 &&
                       bytes == key.size() && end == text.data() + text.size();
    sodium_memzero(text.data(), text.size());
    if (!whole)
        throw StoreError(fmt::format("{}: this is no key for pseudonyms: {} hexadecimal digits "
                                     "were expected. Restore it from its copy",
                                     file.string(), 2 * key.size()),
                         Retry::useless);
    return key;
}

std::vector<std::string> segments_of(const senml::Name& name) {
    std::vector<std::string> segments(1);
    for (const char c : name.senml()) {
        if (c == '/')
            segments.emplace_back();
        else
            segments.back() += c;
    }
    return segments;
}

std::string subject_of(const senml::Name& name) {
    return name.subject() + "@" + name.subject_server();
}

tl::expected<senml::Name, std::string> joined(const std::vector<std::string>& segments) {
    const auto name = senml::Name::parse(fmt::format("{}", fmt::join(segments, "/")));
    if (!name) return tl::unexpected(name.error().what);
    return *name;
}

Time time_of(std::int64_t nanoseconds) {
    return Time(std::chrono::nanoseconds(nanoseconds));
}

/// A row of the register.
struct Entry {
    std::string pseudonym;
    std::string subject;
    std::int64_t place = 0;  ///< 0: the subject, else the level
    std::string text;        ///< the segment of the name that it stands for, in SenML spelling
    std::string recipient;

    bool operator==(const Entry&) const = default;
};

}  // namespace

Disguise disguise_of(const Grant& grant) {
    Disguise disguise{.subject = grant.pseudonym};
    std::size_t level = 0;
    const std::string& text = grant.hidden;
    for (const char *at = text.data(), *end = at + text.size(); at < end;) {
        const auto read = std::from_chars(at, end, level);
        if (read.ec == std::errc{}) disguise.levels.push_back(level);
        at = read.ptr + 1;
    }
    return disguise;
}

std::optional<std::string> hidden_levels_from(std::string_view text) {
    std::set<unsigned> levels;
    for (const char *at = text.data(), *end = at + text.size(); at < end;) {
        unsigned level = 0;
        const auto read = std::from_chars(at, end, level);
        if (read.ec != std::errc{} || level == 0) return std::nullopt;
        levels.insert(level);
        if (read.ptr != end && *read.ptr != ',' && *read.ptr != ' ') return std::nullopt;
        at = read.ptr + 1;
    }
    if (levels.empty()) return std::nullopt;
    return fmt::format("{}", fmt::join(levels, " "));
}

// --- the register

struct PseudonymRegister::State {
    explicit State(const std::filesystem::path& names)
        : path(names),
          database((make_private(names, ""), names.string()), SQLite::OPEN_READWRITE, patience_ms) {
        // What is forgotten is overwritten; nothing of it stays in the file.
        database.exec("PRAGMA secure_delete = ON; PRAGMA synchronous = FULL");
        database.exec(
            "CREATE TABLE IF NOT EXISTS names (pseudonym TEXT PRIMARY KEY, subject TEXT NOT NULL, "
            "place INTEGER NOT NULL, text TEXT NOT NULL, recipient TEXT NOT NULL, "
            "since INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
            "CREATE INDEX IF NOT EXISTS names_subject ON names (subject);"
            "CREATE TABLE IF NOT EXISTS liftings (id INTEGER PRIMARY KEY AUTOINCREMENT, "
            "at INTEGER NOT NULL, who TEXT NOT NULL, pseudonym TEXT NOT NULL, "
            "reason TEXT NOT NULL, found INTEGER NOT NULL) STRICT");
    }

    /// Runs what SQLite may refuse, and says it as our stores do.
    template <class F>
    static auto guarded(const std::filesystem::path& file, F work) {
        try {
            return work();
        } catch (const SQLite::Exception& failure) {
            throw StoreError(fmt::format("{}: the register of pseudonyms cannot be used: {}",
                                         file.string(), failure.what()),
                             Retry::worthwhile);
        }
    }
    template <class F>
    auto guarded(F work) {
        return guarded(path, work);
    }

    std::optional<std::pair<Entry, Time>> find(std::string_view pseudonym) {
        SQLite::Statement query(database,
                                "SELECT pseudonym, subject, place, text, recipient, since "
                                "FROM names WHERE pseudonym = ?");
        query.bind(1, std::string(pseudonym));
        if (!query.executeStep()) return std::nullopt;
        return std::pair(Entry{query.getColumn(0).getString(), query.getColumn(1).getString(),
                               query.getColumn(2).getInt64(), query.getColumn(3).getString(),
                               query.getColumn(4).getString()},
                         time_of(query.getColumn(5).getInt64()));
    }

    /// Of a recipient alone.
    std::optional<Entry> find(std::string_view pseudonym, const Jid& recipient) {
        auto found = find(pseudonym);
        if (!found || found->first.recipient != recipient.bare().to_string()) return std::nullopt;
        return std::move(found->first);
    }

    /// Whether it is this one's, from now on if not before.
    bool take(const Entry& entry, Time now) {
        SQLite::Statement insert(database,
                                 "INSERT INTO names (pseudonym, subject, place, text, recipient, "
                                 "since) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
        insert.bind(1, entry.pseudonym);
        insert.bind(2, entry.subject);
        insert.bind(3, entry.place);
        insert.bind(4, entry.text);
        insert.bind(5, entry.recipient);
        insert.bind(6, static_cast<std::int64_t>(now.time_since_epoch().count()));
        if (insert.exec() > 0) return true;
        const auto known = find(entry.pseudonym);
        return known && known->first == entry;
    }

    void write_down(std::string_view pseudonym, std::string_view who, std::string_view reason,
                    bool found, Time now) {
        SQLite::Statement insert(database,
                                 "INSERT INTO liftings (at, who, pseudonym, reason, found) "
                                 "VALUES (?, ?, ?, ?, ?)");
        insert.bind(1, static_cast<std::int64_t>(now.time_since_epoch().count()));
        insert.bind(2, std::string(who));
        insert.bind(3, std::string(pseudonym));
        insert.bind(4, std::string(reason));
        insert.bind(5, found ? 1 : 0);
        insert.exec();
    }

    std::filesystem::path path;
    SQLite::Database database;
};

PseudonymRegister::PseudonymRegister(const std::filesystem::path& names)
    : state_(State::guarded(names, [&] { return std::make_unique<State>(names); })) {}
PseudonymRegister::~PseudonymRegister() = default;
PseudonymRegister::PseudonymRegister(PseudonymRegister&&) noexcept = default;
PseudonymRegister& PseudonymRegister::operator=(PseudonymRegister&&) noexcept = default;

std::optional<Revealed> PseudonymRegister::reveal(const senml::Name& given, const Jid& recipient) {
    return state_->guarded([&]() -> std::optional<Revealed> {
        if (!given.subject().starts_with(subject_mark) ||
            given.subject_server() != given.app_server())
            return std::nullopt;
        const auto subject = state_->find(given.subject(), recipient);
        if (!subject || subject->place != 0) return std::nullopt;
        std::vector<std::string> segments = segments_of(given);
        segments[1] = subject->text;
        Disguise disguise{.subject = true};
        for (std::size_t level = 1; level <= given.path().size(); ++level) {
            std::string& segment = segments[level + 1];
            if (!segment.starts_with(level_mark)) continue;
            const auto hidden = state_->find(segment, recipient);
            if (!hidden || hidden->subject != subject->subject ||
                hidden->place != static_cast<std::int64_t>(level))
                continue;
            segment = hidden->text;
            disguise.levels.push_back(level);
        }
        auto name = joined(segments);
        if (!name) return std::nullopt;
        return Revealed{*std::move(name), std::move(disguise)};
    });
}

std::optional<Lifted> PseudonymRegister::lift(std::string_view pseudonym, std::string_view who,
                                              std::string_view reason, Time now) {
    return state_->guarded([&]() -> std::optional<Lifted> {
        SQLite::Transaction transaction(state_->database);
        const auto found = state_->find(pseudonym);
        state_->write_down(pseudonym, who, reason, found.has_value(), now);
        transaction.commit();
        if (!found) return std::nullopt;
        const auto recipient = Jid::parse(found->first.recipient);
        return Lifted{found->first.subject, found->first.place == 0 ? "" : found->first.text,
                      recipient.value_or(Jid{}), found->second};
    });
}

std::vector<LiftingRecord> PseudonymRegister::liftings() {
    return state_->guarded([&] {
        std::vector<LiftingRecord> all;
        SQLite::Statement query(
            state_->database, "SELECT at, who, pseudonym, reason, found FROM liftings ORDER BY id");
        while (query.executeStep())
            all.push_back({time_of(query.getColumn(0).getInt64()), query.getColumn(1).getString(),
                           query.getColumn(2).getString(), query.getColumn(3).getString(),
                           query.getColumn(4).getInt() != 0});
        return all;
    });
}

std::vector<GivenName> PseudonymRegister::names_of(std::string_view subject) {
    return state_->guarded([&] {
        std::vector<GivenName> all;
        SQLite::Statement query(state_->database,
                                "SELECT pseudonym, recipient, since FROM names WHERE subject = ? "
                                "AND place = 0 ORDER BY recipient, since");
        query.bind(1, std::string(subject));
        while (query.executeStep())
            if (auto recipient = Jid::parse(query.getColumn(1).getString()))
                all.push_back({query.getColumn(0).getString(), *std::move(recipient),
                               time_of(query.getColumn(2).getInt64())});
        return all;
    });
}

std::int64_t PseudonymRegister::forget(std::string_view subject) {
    return state_->guarded([&] {
        SQLite::Statement query(state_->database, "DELETE FROM names WHERE subject = ?");
        query.bind(1, std::string(subject));
        return static_cast<std::int64_t>(query.exec());
    });
}

// --- the key

KeyState ensure_pseudonym_key(const PseudonymFiles& files) {
    if (std::filesystem::exists(files.key)) {
        Key key = read_key(files.key);
        sodium_memzero(key.data(), key.size());
        return KeyState::found;
    }
    if (std::filesystem::exists(files.names))
        throw StoreError(
            fmt::format("{} is missing, and {} holds names that were made of it. Restore the key "
                        "from its copy; if it is lost, courant subject rotate makes another one, "
                        "and every peer gets other names",
                        files.key.string(), files.names.string()),
            Retry::useless);
    make_private(files.key, new_key_text());
    // From now on the key belongs to what is in there.
    PseudonymRegister{files.names};
    return KeyState::made;
}

void replace_pseudonym_key(const PseudonymFiles& files, std::string_view who,
                           std::string_view reason, Time now) {
    PseudonymRegister names(files.names);
    const std::filesystem::path fresh = files.key.string() + ".new";
    std::error_code unknown;
    std::filesystem::remove(fresh, unknown);
    make_private(fresh, new_key_text());
    names.state_->guarded([&] { names.state_->write_down("(a new key)", who, reason, true, now); });
    std::filesystem::rename(fresh, files.key);
}

// --- the making

struct Pseudonyms::State {
    explicit State(const PseudonymFiles& files) : key(read_key(files.key)), names(files.names) {}
    ~State() { sodium_memzero(key.data(), key.size()); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    tl::expected<std::string, std::string> given(const Entry& entry, Time now) {
        if (names.state_->guarded([&] { return names.state_->take(entry, now); }))
            return entry.pseudonym;
        return tl::unexpected(fmt::format(
            "the pseudonym {} is somebody else's already; nothing goes under it", entry.pseudonym));
    }

    Key key;
    PseudonymRegister names;
    std::map<std::tuple<Jid, std::string, Disguise>, senml::Name> known;
};

Pseudonyms::Pseudonyms(const PseudonymFiles& files) : state_(std::make_unique<State>(files)) {}
Pseudonyms::~Pseudonyms() = default;
Pseudonyms::Pseudonyms(Pseudonyms&&) noexcept = default;
Pseudonyms& Pseudonyms::operator=(Pseudonyms&&) noexcept = default;

tl::expected<senml::Name, std::string> Pseudonyms::conceal(const senml::Name& name,
                                                           const Jid& recipient,
                                                           const Disguise& disguise, Time now) {
    if (disguise.none()) return name;
    std::tuple asked{recipient.bare(), name.senml(), disguise};
    if (const auto found = state_->known.find(asked); found != state_->known.end())
        return found->second;
    const std::string to = recipient.bare().to_string();
    const std::string subject = subject_of(name);
    std::vector<std::string> segments = segments_of(name);
    for (const std::size_t level : disguise.levels) {
        if (level > name.path().size()) continue;
        const std::string& text = segments[level + 1];
        const std::string place = std::to_string(level);
        const auto given = state_->given(
            {.pseudonym = std::string(level_mark) + hashed(state_->key, {to, subject, place, text}),
             .subject = subject,
             .place = static_cast<std::int64_t>(level),
             .text = text,
             .recipient = to},
            now);
        if (!given) return tl::unexpected(given.error());
        segments[level + 1] = *given;
    }
    if (disguise.subject) {
        const auto given = state_->given(
            {.pseudonym = std::string(subject_mark) + hashed(state_->key, {to, subject}),
             .subject = subject,
             .place = 0,
             .text = segments[1],
             .recipient = to},
            now);
        if (!given) return tl::unexpected(given.error());
        segments[1] = *given + ":" + name.app_server();
    }
    auto concealed = joined(segments);
    if (!concealed) return concealed;
    if (state_->known.size() >= most_remembered) state_->known.clear();
    return state_->known.emplace(std::move(asked), *std::move(concealed)).first->second;
}

Pseudonyms& PseudonymsAtNeed::get() {
    if (!open_) open_.emplace(files_);
    return *open_;
}

}  // namespace courant
