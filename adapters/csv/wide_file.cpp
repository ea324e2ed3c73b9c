#include "adapters/csv/wide_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "adapters/csv/time_format.hpp"
#include "proxy-core/error.hpp"

namespace courant::csv {

namespace {

// Appends the heads that are new; returns whether there were any.
bool add_heads(std::vector<std::string>& heads, const WideCells& cells) {
    const std::size_t before = heads.size();
    for (const auto& [time, row] : cells)
        for (const auto& [head, cell] : row)
            if (std::find(heads.begin(), heads.end(), head) == heads.end()) heads.push_back(head);
    return heads.size() > before;
}

}  // namespace

WideFile::WideFile(std::filesystem::path path, const RowFormat& format)
    : path_(std::move(path)), format_(format) {}

void WideFile::write(const WideCells& cells) const {
    const auto old = File::find(path_);
    std::optional<LineReader> reader;
    if (old) reader.emplace(*old, 0);
    auto columns = heads(reader ? reader->next() : std::nullopt);
    const bool wider = add_heads(columns, cells);
    bool changed = wider || !old;

    Replacement fresh(path_);
    LineWriter writer(fresh.file());
    writer.add(format_.row(columns));
    auto next = cells.begin();
    const auto add_new = [&] {
        writer.add(changed_row(iso8601(next->first), next->second, columns));
        changed = true;
        ++next;
    };
    while (const auto line = reader ? reader->next() : std::nullopt) {
        const auto time = time_of_line(*old, *line, format_.separator());
        while (next != cells.end() && next->first < time) add_new();
        if (next != cells.end() && next->first == time) {
            const std::string row = changed_row(*line, (next++)->second, columns);
            changed = changed || row != *line;
            writer.add(row);
        } else {
            writer.add(wider ? changed_row(*line, {}, columns) : std::string(*line));
        }
    }
    while (next != cells.end()) add_new();
    if (!changed) return;
    writer.finish();
    fresh.commit();
}

std::vector<std::string> WideFile::heads(std::optional<std::string_view> header_line) const {
    if (!header_line) return {"time"};
    const auto cells = format_.cells(*header_line);
    if (cells.front() != "time")
        throw Error(fmt::format("{} begins with \"{}\" and should begin with \"time\". Move the "
                                "file away, or mend the settings.",
                                path_.string(), header_line->substr(0, 100)),
                    Retry::useless);
    return {cells.begin(), cells.end()};
}

std::string WideFile::changed_row(std::string_view row,
                                  const std::map<std::string, std::string>& cells,
                                  const std::vector<std::string>& heads) const {
    const auto before = format_.cells(row);
    std::vector<std::string> after(before.begin(), before.end());
    after.resize(std::max(after.size(), heads.size()));
    for (std::size_t i = 1; i < heads.size(); ++i) {
        const auto cell = cells.find(heads[i]);
        if (cell != cells.end()) after[i] = cell->second;
    }
    return format_.row(after);
}

}  // namespace courant::csv
