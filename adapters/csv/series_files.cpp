#include "adapters/csv/series_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proxy-core/error.hpp"

namespace courant::csv {

namespace {

// Beyond this many series the memory of where files end is begun anew.
constexpr std::size_t max_remembered = 100'000;

}  // namespace

SeriesFiles::SeriesFiles(std::filesystem::path folder, std::string header, char separator)
    : folder_(std::move(folder)), header_(std::move(header)), separator_(separator) {}

void SeriesFiles::write(const std::filesystem::path& file_name, const std::vector<Line>& lines) {
    if (lines.empty()) return;
    const auto path = folder_ / file_name;
    make_folder(path.parent_path());
    const File file(path, File::Mode::update);
    End end = examine(file, file_name);
    ends_.erase(file_name);

    const Line* const all_end = lines.data() + lines.size();
    const Line* first_new = lines.data();
    if (end.last) {
        first_new = std::partition_point(lines.data(), all_end,
                                         [&](const Line& line) { return line.time <= *end.last; });
        if (first_new != lines.data()) {
            const auto from =
                first_line_from(file, header_.size() + 1, end.size, lines.front().time, separator_);
            if (!has(file, from, lines, *end.last)) return rewrite(file, from, lines);
        }
    }
    if (first_new != all_end) append(file, end, first_new, all_end);
    if (ends_.size() >= max_remembered) ends_.clear();
    ends_[file_name] = end;
}

std::int64_t SeriesFiles::erase(const std::filesystem::path& file_name, senml::Time from,
                                senml::Time to) {
    const auto path = folder_ / file_name;
    if (!regular_file_status(path)) return 0;
    const File file(path, File::Mode::update);
    const End end = examine(file, file_name);
    ends_.erase(file_name);
    const std::uint64_t first = header_.size() + 1;
    Replacement fresh(path);
    LineWriter writer(fresh.file());
    writer.copy(file, std::min(first, end.size));
    LineReader reader(file, first);
    std::int64_t erased = 0;
    bool any_left = false;
    while (const auto line = reader.next()) {
        const auto time = time_of_line(file, *line, separator_);
        const bool goes = time >= from && time < to;
        erased += goes ? 1 : 0;
        any_left = any_left || !goes;
        if (!goes) writer.add(*line);
    }
    if (erased == 0) return 0;
    if (any_left) {
        writer.finish();
        fresh.commit();
    } else {
        std::filesystem::remove(path);
        sync_folder(path.parent_path());
    }
    return erased;
}

SeriesFiles::End SeriesFiles::examine(const File& file,
                                      const std::filesystem::path& file_name) const {
    const auto status = file.status();
    const auto known = ends_.find(file_name);
    if (known != ends_.end() && known->second.inode == status.inode &&
        known->second.size == status.size)
        return known->second;
    End end = recover(file, status.size);
    end.inode = status.inode;
    return end;
}

SeriesFiles::End SeriesFiles::recover(const File& file, std::uint64_t size) const {
    std::string start;
    file.read_at(0, header_.size() + 1, start);
    if (start != header_ + '\n') {
        // A crash may have cut the very first write.
        if (!(header_ + '\n').starts_with(start))
            throw Error(fmt::format("{} begins with \"{}\" and should begin with \"{}\". Move the "
                                    "file away, or mend the settings.",
                                    file.path().string(), start, header_),
                        Retry::useless);
        if (size > 0) file.truncate(0);
        return {};
    }
    const std::uint64_t first = header_.size() + 1;
    End end{.inode = 0, .size = line_begin(file, first, size), .last = {}};
    if (end.size < size) file.truncate(end.size);
    if (end.size == first) return end;
    const std::string last_line = line_at(file, line_begin(file, first, end.size - 1));
    end.last = time_of_line(file, last_line, separator_);
    return end;
}

bool SeriesFiles::has(const File& file, std::uint64_t from, const std::vector<Line>& lines,
                      senml::Time last) const {
    LineReader reader(file, from);
    auto wanted = lines.begin();
    while (wanted != lines.end() && wanted->time <= last) {
        const auto line = reader.next();
        if (!line) return false;
        const auto time = time_of_line(file, *line, separator_);
        if (time < wanted->time) continue;
        if (time > wanted->time || *line != wanted->text) return false;
        ++wanted;
    }
    return true;
}

void SeriesFiles::append(const File& file, End& end, const Line* begin, const Line* last) const {
    const bool is_new = end.size == 0;
    std::string bytes = is_new ? header_ + '\n' : std::string{};
    for (const Line* line = begin; line != last; ++line) bytes += line->text + '\n';
    try {
        file.write_at(end.size, bytes);
        file.sync();
    } catch (const Error&) {
        file.truncate(end.size);
        throw;
    }
    if (is_new) sync_folder(file.path().parent_path());
    end.size += bytes.size();
    end.last = std::prev(last)->time;
}

void SeriesFiles::rewrite(const File& file, std::uint64_t from,
                          const std::vector<Line>& lines) const {
    Replacement fresh(file.path());
    LineWriter writer(fresh.file());
    writer.copy(file, from);
    LineReader reader(file, from);
    auto wanted = lines.begin();
    while (const auto line = reader.next()) {
        const auto time = time_of_line(file, *line, separator_);
        for (; wanted != lines.end() && wanted->time < time; ++wanted) writer.add(wanted->text);
        if (wanted != lines.end() && wanted->time == time)
            writer.add((wanted++)->text);
        else
            writer.add(*line);
    }
    for (; wanted != lines.end(); ++wanted) writer.add(wanted->text);
    writer.finish();
    fresh.commit();
}

}  // namespace courant::csv
