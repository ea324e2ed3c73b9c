#include "jobs/memory_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "proxy-core/federation/base64.hpp"
#include "proxy-core/word_table.hpp"

namespace courant {
namespace {

constexpr WordTable<senml::Kind, 5> kinds{{{senml::Kind::none, "none"},
                                           {senml::Kind::number, "number"},
                                           {senml::Kind::text, "text"},
                                           {senml::Kind::boolean, "boolean"},
                                           {senml::Kind::data, "data"}}};

// A unit may be the empty text, which is not the same as none; texts may be anything.
std::string word_for(const std::optional<std::string>& text) {
    return text ? "=" + encode_base64(*text) : "-";
}

std::string line_of(const Reading& reading) {
    return fmt::format("{} {} {} {} {} {}", reading.time.time_since_epoch().count(),
                       word_of(kinds, reading.value.kind), reading.value.number,
                       word_for(reading.value.text), word_for(reading.unit),
                       to_word(reading.quality));
}

/// Takes words and lines off a text; good() is false once something was not as it should be.
class Words {
  public:
    explicit Words(std::string_view text) : rest_(text) {}

    bool good() const { return good_; }
    bool at_end() const { return rest_.empty(); }
    std::string_view until(char end) {
        const auto at = rest_.find(end);
        if (at == std::string_view::npos) good_ = false;
        const auto word = rest_.substr(0, at);
        rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + 1);
        return word;
    }
    template <class Number>
    Number number(char end) {
        const auto word = until(end);
        Number value{};
        const auto read = std::from_chars(word.data(), word.data() + word.size(), value);
        good_ = good_ && read.ec == std::errc{} && read.ptr == word.data() + word.size();
        return value;
    }
    template <class Value>
    Value known(const std::optional<Value>& value) {
        good_ = good_ && value.has_value();
        return value.value_or(Value{});
    }
    std::optional<std::string> text(char end) {
        const auto word = until(end);
        if (word == "-") return std::nullopt;
        auto read = decode_base64(word.substr(word.empty() ? 0 : 1));
        good_ = good_ && word.starts_with('=') && read;
        return read ? std::move(*read) : std::string();
    }
    Time time(char end) { return Time(senml::Span(number<std::int64_t>(end))); }

  private:
    std::string_view rest_;
    bool good_ = true;
};

Reading reading_in(Words& words) {
    Reading reading;
    reading.time = words.time(' ');
    reading.value.kind = words.known(value_of(kinds, words.until(' ')));
    reading.value.number = words.number<double>(' ');
    reading.value.text = words.text(' ').value_or("");
    reading.unit = words.text(' ');
    reading.quality = words.known(quality_from(words.until('\n')));
    return reading;
}

}  // namespace

std::string to_text(const ShapeMemory& memory) {
    std::string text = memory.terms + '\n';
    const PeriodSoFar& open = memory.open;
    if (open.begin)
        text += fmt::format("open {} {} {} {} {}\n", open.begin->time_since_epoch().count(),
                            open.from_the_start ? 1 : 0, open.count, open.sum, line_of(open.last));
    if (memory.sent) text += "sent " + line_of(*memory.sent) + '\n';
    return text;
}

std::optional<ShapeMemory> shape_memory_from(std::string_view text) {
    Words words(text);
    ShapeMemory memory{.terms = std::string(words.until('\n'))};
    while (words.good() && !words.at_end()) {
        const auto part = words.until(' ');
        if (part == "open") {
            memory.open.begin = words.time(' ');
            memory.open.from_the_start = words.number<int>(' ') != 0;
            memory.open.count = words.number<std::int64_t>(' ');
            memory.open.sum = words.number<double>(' ');
            memory.open.last = reading_in(words);
        } else if (part == "sent") {
            memory.sent = reading_in(words);
        } else {
            return std::nullopt;
        }
    }
    if (!words.good()) return std::nullopt;
    return memory;
}

}  // namespace courant
