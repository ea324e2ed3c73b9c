// Encoders that glue text together, as people do where there is no library: with an ostringstream,
// or with snprintf. Both at seventeen digits, which is what it takes to get every double back that
// way; both follow the locale. The names of this payload need no escapes, so none are made.
#pragma once

#include <array>
#include <cstdio>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/bench/senml/contestant.hpp"
#include "tests/bench/senml/factored.hpp"

namespace courant::bench {

/// How one format spells a load curve.
struct JsonText {
    static constexpr std::string_view head = R"([{"bn":")";
    static constexpr std::string_view time = R"(","bt":)";
    static constexpr std::string_view unit = R"(,"bu":")";
    static constexpr std::string_view first_value = R"(","v":)";
    static constexpr std::string_view next = R"(},{"t":)";
    static constexpr std::string_view value = R"(,"v":)";
    static constexpr std::string_view tail = "}]";
    static constexpr const char* next_and_value = R"(},{"t":%.17g,"v":%.17g)";
};
struct XmlText {
    static constexpr std::string_view head =
        R"(<sensml xmlns="urn:ietf:params:xml:ns:senml"><senml bn=")";
    static constexpr std::string_view time = R"(" bt=")";
    static constexpr std::string_view unit = R"(" bu=")";
    static constexpr std::string_view first_value = R"(" v=")";
    static constexpr std::string_view next = R"("/><senml t=")";
    static constexpr std::string_view value = R"(" v=")";
    static constexpr std::string_view tail = R"("/></sensml>)";
    static constexpr const char* next_and_value = R"("/><senml t="%.17g" v="%.17g)";
};

template <typename Text>
struct Ostringstream {
    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        const Factored pack(corpus.rows[index]);
        const auto& rows = pack.readings.rows;
        std::ostringstream out;
        out.precision(17);
        out << Text::head << pack.base_name << Text::time << pack.base_time << Text::unit
            << pack.base_unit << Text::first_value << rows[0].value;
        for (std::size_t i = 1; i < rows.size(); ++i) {
            out << Text::next << rows[i].time - pack.base_time << Text::value << rows[i].value;
        }
        out << Text::tail;
        const std::string text = out.str();
        see(std::string_view{text});
    }
};

/// Into a buffer that is kept.
template <typename Text>
struct Snprintf {
    std::string out;

    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        const Factored pack(corpus.rows[index]);
        const auto& rows = pack.readings.rows;
        out = Text::head;
        out += pack.base_name;
        out += Text::time;
        print("%.17g", pack.base_time);
        out += Text::unit;
        out += pack.base_unit;
        out += Text::first_value;
        print("%.17g", rows[0].value);
        for (std::size_t i = 1; i < rows.size(); ++i) {
            print(Text::next_and_value, rows[i].time - pack.base_time, rows[i].value);
        }
        out += Text::tail;
        see(std::string_view{out});
    }

  private:
    template <typename... Numbers>
    void print(const char* format, Numbers... numbers) {
        std::array<char, 96> buffer{};
        const int size = std::snprintf(buffer.data(), buffer.size(), format, numbers...);
        out.append(buffer.data(), static_cast<std::size_t>(size));
    }
};

}  // namespace courant::bench
