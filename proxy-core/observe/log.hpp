// The log: one event per line on stderr, for people (text) or for machines (JSON lines).
//
//     logger.info("message sent", {{"peer", "dash@coop.test"}, {"lane", "01JD"}, {"seq", 1042}});
//
//     2026-03-01T10:15:00.120Z info message sent peer=dash@coop.test lane=01JD seq=1042
//     {"time":"2026-03-01T10:15:00.120Z","level":"info","event":"message sent",
//      "peer":"dash@coop.test","lane":"01JD","seq":1042}                       (on one line)
//
// What happened is a fixed phrase and its circumstances are fields, so that events can be counted
// and searched. Whatever a field holds, the line stays one line: control characters are escaped and
// broken UTF-8 is replaced, because peers choose some of these texts.
//
// A Logger is a small value that is passed to who needs it; copies write to the same place. There
// is no global one. Safe from any thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace spdlog {
class logger;
}

namespace courant {

/// From which weight on events are written.
enum class LogLevel { debug, info, warning, error };
/// The level's word in the configuration: "info".
std::string_view to_word(LogLevel level);
/// Nothing for a word that is no level.
std::optional<LogLevel> log_level_from(std::string_view word);

/// For people or for machines.
enum class LogFormat { text, json };
/// Nothing for a word that is no format.
std::optional<LogFormat> log_format_from(std::string_view word);

/// One circumstance of an event; its texts must outlive the call only.
struct LogField {
    using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

    LogField(std::string_view field, std::string_view text) : name(field), value(text) {}
    LogField(std::string_view field, const char* text)
        : name(field), value(std::string_view(text)) {}
    LogField(std::string_view field, const std::string& text)
        : name(field), value(std::string_view(text)) {}
    LogField(std::string_view field, std::same_as<bool> auto flag) : name(field), value(flag) {}
    LogField(std::string_view field, std::floating_point auto number)
        : name(field), value(static_cast<double>(number)) {}
    template <std::signed_integral T>
    LogField(std::string_view field, T number) : name(field), value(std::int64_t{number}) {}
    template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>) LogField(std::string_view field, T number)
        : name(field), value(std::uint64_t{number}) {}

    std::string_view name;
    Value value;
};

/// The circumstances of an event.
using LogFields = std::initializer_list<LogField>;

/// Where events go.
class Logger {
  public:
    /// Writes to stderr.
    Logger(LogLevel level, LogFormat format);
    /// Writes to a stream, which must outlive all copies; for tests.
    Logger(LogLevel level, LogFormat format, std::ostream& out);

    /// A step that only helps to understand the program.
    void debug(std::string_view event, LogFields fields = {}) const;
    /// Something that an operator may want to know afterwards.
    void info(std::string_view event, LogFields fields = {}) const;
    /// Something that an operator should look at.
    void warning(std::string_view event, LogFields fields = {}) const;
    /// Something that does not work until somebody acts.
    void error(std::string_view event, LogFields fields = {}) const;

    /// Whether an event of that weight would be written.
    bool writes(LogLevel level) const;

  private:
    void write(LogLevel level, std::string_view event, LogFields fields) const;

    std::shared_ptr<spdlog::logger> sink_;
    LogFormat format_;
};

}  // namespace courant
