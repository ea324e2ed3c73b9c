#include "proxy-core/observe/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <cmath>
#include <utility>

#include "proxy-core/observe/detail/escape.hpp"

namespace courant {
namespace {

constexpr std::array<std::pair<std::string_view, LogLevel>, 4> level_words{{
    {"debug", LogLevel::debug},
    {"info", LogLevel::info},
    {"warning", LogLevel::warning},
    {"error", LogLevel::error},
}};

spdlog::level::level_enum spdlog_level(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            break;
    }
    return spdlog::level::err;
}

// spdlog stamps time and level; the rest of the line is the message that write() makes.
constexpr auto text_pattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr auto json_pattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

std::shared_ptr<spdlog::logger> make_logger(std::shared_ptr<spdlog::sinks::sink> sink,
                                            LogLevel level, LogFormat format) {
    auto logger = std::make_shared<spdlog::logger>("courant", std::move(sink));
    logger->set_level(spdlog_level(level));
    logger->flush_on(spdlog::level::debug);
    logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        format == LogFormat::json ? json_pattern : text_pattern, spdlog::pattern_time_type::utc,
        "\n"));
    return logger;
}

struct TextValue {
    std::string& line;
    void operator()(std::string_view text) const { detail::append_text_value(line, text); }
    void operator()(bool flag) const { line += flag ? "true" : "false"; }
    void operator()(auto number) const { fmt::format_to(std::back_inserter(line), "{}", number); }
};

struct JsonValue {
    std::string& line;
    void operator()(std::string_view text) const { detail::append_json_string(line, text); }
    void operator()(bool flag) const { line += flag ? "true" : "false"; }
    void operator()(double number) const {
        if (std::isfinite(number))
            fmt::format_to(std::back_inserter(line), "{}", number);
        else
            line += "null";
    }
    void operator()(auto number) const { fmt::format_to(std::back_inserter(line), "{}", number); }
};

std::string text_line(std::string_view event, LogFields fields) {
    std::string line;
    detail::append_escaped(line, event);
    for (const auto& field : fields) {
        line += fmt::format(" {}=", field.name);
        std::visit(TextValue{line}, field.value);
    }
    return line;
}

std::string json_line(std::string_view event, LogFields fields) {
    std::string line = R"("event":)";
    detail::append_json_string(line, event);
    for (const auto& field : fields) {
        line += ',';
        detail::append_json_string(line, field.name);
        line += ':';
        std::visit(JsonValue{line}, field.value);
    }
    return line;
}

}  // namespace

std::string_view to_word(LogLevel level) {
    for (const auto& [word, value] : level_words)
        if (value == level) return word;
    return "error";
}

std::optional<LogLevel> log_level_from(std::string_view word) {
    for (const auto& [known, level] : level_words)
        if (known == word) return level;
    return std::nullopt;
}

std::optional<LogFormat> log_format_from(std::string_view word) {
    if (word == "text") return LogFormat::text;
    if (word == "json") return LogFormat::json;
    return std::nullopt;
}

Logger::Logger(LogLevel level, LogFormat format)
    : sink_(make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>(), level, format)),
      format_(format) {}

Logger::Logger(LogLevel level, LogFormat format, std::ostream& out)
    : sink_(make_logger(std::make_shared<spdlog::sinks::ostream_sink_mt>(out), level, format)),
      format_(format) {}

void Logger::debug(std::string_view event, LogFields fields) const {
    write(LogLevel::debug, event, fields);
}

void Logger::info(std::string_view event, LogFields fields) const {
    write(LogLevel::info, event, fields);
}

void Logger::warning(std::string_view event, LogFields fields) const {
    write(LogLevel::warning, event, fields);
}

void Logger::error(std::string_view event, LogFields fields) const {
    write(LogLevel::error, event, fields);
}

bool Logger::writes(LogLevel level) const {
    return sink_->should_log(spdlog_level(level));
}

void Logger::write(LogLevel level, std::string_view event, LogFields fields) const {
    if (!writes(level)) return;
    const auto line =
        format_ == LogFormat::json ? json_line(event, fields) : text_line(event, fields);
    sink_->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace courant
