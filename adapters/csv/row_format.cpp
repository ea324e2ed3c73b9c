#include "adapters/csv/row_format.hpp"

#include <algorithm>
#include <cmath>

#include "adapters/csv/source_settings.hpp"
#include "senml/number.hpp"

namespace courant::csv {

namespace {

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

}  // namespace

RowFormat::RowFormat(const Settings& settings)
    : separator_(separator_from(settings)),
      decimal_(decimal_from(settings)),
      formulas_(settings.text("formulas") == "keep" ? Formulas::keep : Formulas::escape) {}

tl::expected<std::string, std::string> RowFormat::value(const senml::Pack& pack,
                                                        const senml::Record& record) const {
    switch (record.kind) {
        case senml::Kind::number:
            if (std::isfinite(record.number)) return number(record.number);
            return tl::make_unexpected<std::string>("the value is no finite number");
        case senml::Kind::boolean:
            return record.boolean ? "true" : "false";
        case senml::Kind::text:
            return harmless(pack.text(record)).map(in_quotes);
        case senml::Kind::data:
            return tl::make_unexpected<std::string>("a CSV file has no place for binary data (vd)");
        case senml::Kind::none:
            break;
    }
    return tl::make_unexpected<std::string>("the record has no value");
}

tl::expected<std::string, std::string> RowFormat::label(std::string_view text) const {
    auto label = harmless(text);
    if (!label || label->find_first_of(std::string{'"', separator_}) == std::string::npos)
        return label;
    return in_quotes(*label);
}

tl::expected<std::string, std::string> RowFormat::harmless(std::string_view text) const {
    if (formulas_ == Formulas::escape && !text.empty() &&
        std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos)
        return harmless('\'' + std::string(text));
    if (std::any_of(text.begin(), text.end(), is_control))
        return tl::make_unexpected<std::string>(
            "the text has a line break or another control character, and a row is one line");
    return std::string(text);
}

std::string RowFormat::number(double value) const {
    std::string text;
    senml::append_number(text, value);
    if (decimal_ == '.') return text;
    std::replace(text.begin(), text.end(), '.', decimal_);
    return separator_ == decimal_ && text.find(decimal_) != std::string::npos ? in_quotes(text)
                                                                              : text;
}

std::string RowFormat::row(const std::vector<std::string>& cells) const {
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) out += separator_;
        out += cells[i];
    }
    return out;
}

std::vector<std::string_view> RowFormat::cells(std::string_view row) const {
    std::vector<std::string_view> found;
    bool inside_quotes = false;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= row.size(); ++i) {
        if (i < row.size() && row[i] == '"') inside_quotes = !inside_quotes;
        if (i < row.size() && (inside_quotes || row[i] != separator_)) continue;
        found.push_back(row.substr(begin, i - begin));
        begin = i + 1;
    }
    return found;
}

std::optional<senml::Time> time_of_row(std::string_view row, char separator) {
    static const TimeFormat format = *TimeFormat::compile("iso8601");
    const std::size_t end = row.find(separator);
    if (end == std::string_view::npos) return std::nullopt;
    const auto stamp = format.read(row.substr(0, end));
    if (!stamp || !stamp->offset) return std::nullopt;
    return stamp->clock;
}

}  // namespace courant::csv
