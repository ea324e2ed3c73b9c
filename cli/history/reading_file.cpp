#include "cli/history/reading_file.hpp"

#include <fmt/format.h>

#include <ostream>
#include <utility>

#include "proxy-core/federation/protocol.hpp"
#include "senml/codec.hpp"
#include "senml/number.hpp"

namespace courant::cli {
namespace {

constexpr std::string_view csv_head = "time,value,unit\n";

// What a spreadsheet would run as a formula gets a ' before it; readings come from others. A row is
// one line.
std::string csv_cell(std::string_view text) {
    if (text.find_first_of("\r\n") != std::string_view::npos)
        throw Error("a text has several lines, which CSV has no row for; ask with --format senml",
                    Retry::useless);
    std::string cell = "\"";
    if (!text.empty() && std::string_view("=+-@\t").find(text.front()) != std::string_view::npos)
        cell += '\'';
    for (const char c : text) {
        if (c == '"') cell += '"';
        cell += c;
    }
    return cell + '"';
}

std::string csv_row(const senml::Pack& readings, const senml::Record& record) {
    std::string row = to_timestamp(record.time) + ',';
    if (record.kind == senml::Kind::number)
        senml::append_number(row, record.number);
    else if (record.kind == senml::Kind::boolean)
        row += record.boolean ? "true" : "false";
    else if (record.kind == senml::Kind::text)
        row += csv_cell(readings.text(record));
    else
        throw Error(fmt::format("the reading at {} is no number, text or boolean; ask for it with "
                                "--format senml",
                                to_timestamp(record.time)),
                    Retry::useless);
    const std::string_view unit = readings.unit(record.unit);
    const bool plain = unit.find_first_of(",\"=+-@\n") == std::string_view::npos;
    return row + ',' + (plain ? std::string(unit) : csv_cell(unit));
}

// Each record whole in itself, so that a line can be used alone.
std::string json_record(const senml::Pack& readings, std::size_t index) {
    senml::Pack one;
    one.add_from(readings, index);
    auto json = senml::write_resolved(senml::Format::json, one);
    if (!json) throw Error("a reading cannot be written: " + json.error().what, Retry::useless);
    const auto begin = json->find('{');
    return json->substr(begin, json->rfind('}') + 1 - begin);
}

}  // namespace

std::optional<ReadingFormat> reading_format_from(std::string_view word) {
    if (word == "csv") return ReadingFormat::csv;
    if (word == "ndjson") return ReadingFormat::ndjson;
    if (word == "senml") return ReadingFormat::senml;
    return std::nullopt;
}

std::string text_of(const senml::Pack& readings, std::size_t index, ReadingFormat format) {
    return format == ReadingFormat::csv ? csv_row(readings, readings[index])
                                        : json_record(readings, index);
}

ReadingFrame ReadingFrame::of(ReadingFormat format) {
    switch (format) {
        case ReadingFormat::csv:
            return {csv_head, "", "\n", ""};
        case ReadingFormat::ndjson:
            return {"", "", "\n", ""};
        case ReadingFormat::senml:
            break;
    }
    return {"[\n", ",\n", "", "\n]\n"};
}

ReadingFile::ReadingFile(const std::filesystem::path& path, ReadingFormat format,
                         std::string_view series)
    : path_(path), format_(format), frame_(ReadingFrame::of(format)) {
    std::error_code none;
    const bool is_new =
        !std::filesystem::exists(path, none) || std::filesystem::file_size(path, none) == 0;
    if (is_new) {
        std::ofstream(path, std::ios::binary) << frame_.head;
        end_ = frame_.head.size();
    } else {
        end_ = end_of_records(series);
        std::filesystem::resize_file(path, end_);
    }
    file_.open(path, std::ios::in | std::ios::out | std::ios::binary);
    if (!file_) throw Error(fmt::format("{}: cannot be written", path.string()), Retry::useless);
    add({});
}

Error ReadingFile::foreign(std::string_view what) const {
    return {
        fmt::format("{}: {}; name another file with -o, or remove this one", path_.string(), what),
        Retry::useless};
}

// Where the last whole record ends; what a run that was cut left of another one goes.
std::uint64_t ReadingFile::end_of_records(std::string_view series) {
    std::ifstream in(path_, std::ios::binary);
    if (!in) throw Error(fmt::format("{}: cannot be read", path_.string()), Retry::useless);
    std::string head(frame_.head.size(), '\0');
    in.read(head.data(), static_cast<std::streamsize>(head.size()));
    if (head != frame_.head) throw foreign("is no file that this command wrote in this format");
    std::uint64_t begin = head.size(), end = begin;
    std::string last;
    for (std::string line; std::getline(in, line);) {
        const bool whole = !in.eof();
        const std::uint64_t next = begin + line.size() + (whole ? 1 : 0);
        const bool closing = line.empty() || line == "]";
        // Of a pack the records before the last have a comma; of other formats a line is whole with
        // its break.
        if (!closing && (whole || format_ == ReadingFormat::senml)) {
            const bool comma = format_ == ReadingFormat::senml && line.back() == ',';
            if (comma) line.pop_back();
            if (whole || time_of(line, series)) {
                end = format_ == ReadingFormat::senml ? begin + line.size() : next;
                last = line;
            }
        }
        begin = next;
    }
    if (last.empty()) return end;
    last_ = time_of(last, series);
    if (!last_) throw foreign(fmt::format("its last line is no reading of {}", series));
    return end;
}

std::optional<senml::Time> ReadingFile::time_of(std::string line, std::string_view series) const {
    if (format_ == ReadingFormat::csv) return from_timestamp(line.substr(0, line.find(',')));
    const auto pack = senml::read(senml::Format::json, '[' + line + ']', {.now = {}});
    if (!pack || pack->size() != 1 || pack->name((*pack)[0].name) != series) return std::nullopt;
    return (*pack)[0].time;
}

void ReadingFile::add(const senml::Pack& readings) {
    std::string text;
    for (std::size_t i = 0; i < readings.size(); ++i) {
        if (last_) text += frame_.between;
        text += text_of(readings, i, format_);
        text += frame_.after;
        last_ = readings[i].time;
    }
    file_.seekp(static_cast<std::streamoff>(end_));
    file_ << text << frame_.tail;
    file_.flush();
    if (!file_)
        throw Error(fmt::format("{}: cannot be written; is the disk full?", path_.string()),
                    Retry::worthwhile);
    end_ += text.size();
}

ReadingStream::ReadingStream(std::ostream& out, ReadingFormat format)
    : out_(out), format_(format), frame_(ReadingFrame::of(format)) {
    out_ << frame_.head;
}

void ReadingStream::add(const senml::Pack& readings) {
    for (std::size_t i = 0; i < readings.size(); ++i) {
        if (!std::exchange(first_, false)) out_ << frame_.between;
        out_ << text_of(readings, i, format_) << frame_.after;
    }
    out_.flush();
}

void ReadingStream::finish() {
    out_ << frame_.tail;
}

}  // namespace courant::cli
