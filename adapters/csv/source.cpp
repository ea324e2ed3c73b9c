#include "adapters/csv/source.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace courant::csv {

namespace {

constexpr std::uint64_t max_bytes_per_pull = std::uint64_t{16} * 1024 * 1024;
constexpr std::size_t rows_between_checks = 256;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool holds(const File& file, const FileStatus& status, const FileProgress& progress) {
    if (progress.next.offset == 0) return true;
    return status.size >= progress.next.offset &&
           fingerprint_of(file, progress.next.offset) == progress.fingerprint;
}

// Where reading of a file goes on, and whether that deserves a word.
struct Match {
    std::optional<std::size_t> known;
    bool overwritten = false;
};

}  // namespace

// How much one pull may bring.
class CsvSource::Budget {
  public:
    Budget(const Call& call, const Extraction& out) : call_(call), out_(out) {}

    /// Counts what was read; false once it is enough.
    bool take(std::uint64_t bytes) {
        bytes_ += bytes;
        if (bytes_ >= max_bytes_per_pull) spent_ = true;
        if (out_.readings.size() + out_.refused.size() >= call_.max_readings) spent_ = true;
        if (++rows_ % rows_between_checks == 0 && time_is_up()) spent_ = true;
        return !spent_;
    }
    bool spent() const { return spent_; }
    senml::Time now() const { return call_.now; }

  private:
    bool time_is_up() const {
        return call_.stop.stop_requested() || std::chrono::steady_clock::now() >= call_.deadline;
    }

    const Call& call_;
    const Extraction& out_;
    std::uint64_t bytes_ = 0;
    std::size_t rows_ = 0;
    bool spent_ = false;
};

CsvSource::CsvSource(const Settings& settings) : settings_(SourceSettings::from(settings)) {}

std::vector<CsvSource::Listed> CsvSource::list() const {
    namespace fs = std::filesystem;
    std::vector<Listed> files;
    std::error_code error;
    if (!fs::is_directory(settings_.path, error)) {
        const auto status = regular_file_status(settings_.path);
        if (!status)
            throw Error(fmt::format("{}: there is no such file", settings_.path.string()),
                        Retry::worthwhile);
        files.push_back({settings_.path, settings_.path.filename().string(), *status});
        return files;
    }
    fs::directory_iterator entries(settings_.path, error);
    if (error) throw_file_error("list", settings_.path, error.value());
    for (; entries != fs::directory_iterator{}; entries.increment(error)) {
        const fs::path& path = entries->path();
        if (::fnmatch(settings_.pattern.c_str(), path.filename().c_str(), FNM_PERIOD) != 0)
            continue;
        if (const auto status = regular_file_status(path))
            files.push_back({path, path.filename().string(), *status});
    }
    std::sort(files.begin(), files.end(),
              [](const Listed& a, const Listed& b) { return a.name < b.name; });
    return files;
}

Extraction CsvSource::pull(std::string_view cursor, const Call& call) {
    Extraction out;
    std::vector<FileProgress> known = parse_cursor(cursor);
    const auto files = list();
    Budget budget(call, out);
    try {
        read_all(files, known, budget, out);
    } catch (const Error&) {
        // What was read before the trouble goes its way first; the next pull meets the trouble
        // again, alone.
        if (out.readings.empty() && out.refused.empty()) throw;
        out.more = true;
    }
    if (budget.spent()) out.more = true;
    out.cursor = cursor_text(known);
    return out;
}

namespace {

template <typename Files>
Match match(const File& file, const typename Files::value_type& listed, const Files& files,
            const std::vector<FileProgress>& known) {
    const auto index_of = [&](auto&& fits) -> std::optional<std::size_t> {
        const auto found = std::find_if(known.begin(), known.end(), fits);
        if (found == known.end()) return std::nullopt;
        return static_cast<std::size_t>(found - known.begin());
    };
    const auto by_inode =
        index_of([&](const FileProgress& p) { return p.inode == listed.status.inode; });
    if (by_inode && holds(file, listed.status, known[*by_inode])) return {.known = by_inode};

    const auto by_name = index_of([&](const FileProgress& p) { return p.name == listed.name; });
    if (!by_name) return {};
    const bool renamed = std::any_of(files.begin(), files.end(), [&](const auto& other) {
        return other.name != listed.name && other.status.inode == known[*by_name].inode;
    });
    if (renamed) return {};
    if (holds(file, listed.status, known[*by_name])) return {.known = by_name};
    return {.known = by_name, .overwritten = true};
}

}  // namespace

void CsvSource::read_all(const std::vector<Listed>& files, std::vector<FileProgress>& known,
                         Budget& budget, Extraction& out) const {
    // The old list is kept until every file has found its entry: a rotated file must not lose it to
    // its successor.
    std::vector<bool> seen(known.size(), false);
    for (const Listed& listed : files) {
        if (budget.spent()) return;
        const auto file = File::find(listed.path);
        if (!file) continue;
        const Match found = match(*file, listed, files, known);
        if (!found.known) {
            known.emplace_back();
            seen.push_back(true);
        }
        const std::size_t index = found.known.value_or(known.size() - 1);
        FileProgress& progress = known[index];
        seen[index] = true;
        if (found.overwritten) {
            out.refused.push_back({.where = fmt::format("{}:{}", listed.name, progress.next.line),
                                   .reason = "the file was cut or overwritten; it is read again "
                                             "from its beginning. What it held "
                                             "and we had not read is lost",
                                   .payload = {}});
            progress = FileProgress{};
        }
        progress.name = listed.name;
        progress.inode = listed.status.inode;
        read_file(*file, progress, budget, out);
    }
    // An empty folder may be one that is not mounted: it forgets nothing.
    if (budget.spent() || files.empty()) return;
    std::size_t index = 0;
    std::erase_if(known, [&](const FileProgress&) { return !seen[index++]; });
}

void CsvSource::read_file(const File& file, FileProgress& progress, Budget& budget,
                          Extraction& out) const {
    const FileStatus status = file.status();
    if (status.size <= progress.next.offset) return;
    const bool settled = status.modified + settings_.complete_after <= budget.now();
    const Tail tail = settled ? Tail::closed : Tail::open;
    Position first;
    std::vector<std::string> header = settings_.columns;
    if (!find_first_row(file, tail, first, header)) return;
    Translation translation(settings_, progress.name, std::move(header), out);
    if (progress.next.offset < first.offset) progress.next = first;
    RowReader rows(file, settings_.separator, progress.next, tail);
    const auto remember = [&] {
        progress.fingerprint = fingerprint_of(file, progress.next.offset);
    };
    try {
        read_rows(rows, translation, progress, budget);
    } catch (const Error&) {
        remember();
        throw;
    }
    remember();
}

void CsvSource::read_rows(RowReader& rows, Translation& translation, FileProgress& progress,
                          Budget& budget) const {
    Row row;
    for (;;) {
        const Position before = rows.position();
        const auto found = rows.next(row);
        if (found == RowReader::Found::nothing) return;
        if (found == RowReader::Found::malformed) {
            translation.refuse(row, "the quotes do not match, or the line is too long");
        } else if (translation.fits(row)) {
            translation.translate(row, progress.passes);
        } else {
            const std::string reason = translation.misfit(row);
            // A stray quote may have joined lines that are good: they get their chance.
            rows.give_back_all_but_first_line(row);
            translation.refuse(row, reason);
        }
        progress.next = rows.position();
        if (!budget.take(rows.position().offset - before.offset)) return;
    }
}

bool CsvSource::find_first_row(const File& file, Tail tail, Position& first,
                               std::vector<std::string>& header) const {
    std::string start;
    file.read_at(0, byte_order_mark.size(), start);
    if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF"))
        throw Error(fmt::format("{} is UTF-16. Save it as UTF-8 (\"CSV UTF-8\" in spreadsheets).",
                                file.path().string()),
                    Retry::useless);
    const Position begin{.offset = start == byte_order_mark ? start.size() : 0, .line = 1};
    RowReader rows(file, settings_.separator, begin, tail);
    if (!rows.skip_lines(settings_.skip_lines)) return false;
    if (settings_.header == Header::present) {
        Row row;
        if (rows.next(row) != RowReader::Found::row) return false;
        header.clear();
        for (const std::string_view name : row.fields.values) header.emplace_back(trim(name));
    }
    first = rows.position();
    return true;
}

}  // namespace courant::csv
