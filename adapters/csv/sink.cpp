#include "adapters/csv/sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "adapters/csv/file_name.hpp"
#include "adapters/csv/time_format.hpp"
#include "senml/name.hpp"

namespace courant::csv {

namespace {

std::variant<SeriesFiles, WideFile> files_for(const Settings& settings,
                                              const std::filesystem::path& folder,
                                              const RowFormat& format) {
    if (settings.text("layout") != "wide")
        return SeriesFiles(folder, format.row({"time", "value", "unit"}), format.separator());
    const std::filesystem::path name = settings.text("wide_name");
    if (name.empty() || name != name.filename() || name == "..")
        throw settings.error("wide_name", "must be the name of a file, without a folder");
    return WideFile(folder / name, format);
}

std::filesystem::path folder_from(const Settings& settings) {
    if (settings.text_or_empty("folder").empty())
        throw settings.error("folder", "must be given to write: the folder for the files");
    return settings.text("folder");
}

// The spelling by which people know a series.
std::string people_name(std::string_view name) {
    const auto parsed = senml::Name::parse(name);
    return parsed ? parsed->people() : std::string(name);
}

// The spelling by which its file is named, whichever of the two came.
std::string file_key(std::string_view name) {
    const auto parsed = senml::Name::parse(name);
    return parsed ? parsed->senml() : std::string(name);
}

bool is_writable(senml::Time time) {
    const auto date = std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(time)};
    return date.year() > std::chrono::year{1679} && date.year() < std::chrono::year{2260};
}

}  // namespace

struct CsvSink::Work {
    const senml::Pack& pack;
    std::vector<Verdict> verdicts;
    std::optional<Error> trouble;

    // The cells of a record's value and unit; nothing if it is rejected.
    std::optional<std::pair<std::string, std::string>> cells(std::size_t index,
                                                             const RowFormat& format) {
        const senml::Record& record = pack[index];
        if (pack.name(record.name).empty()) return reject(index, "the record has no name");
        if (!is_writable(record.time)) return reject(index, "the time is out of range");
        auto value = format.value(pack, record);
        if (!value) return reject(index, value.error());
        auto unit = format.label(pack.unit(record.unit));
        if (!unit) return reject(index, unit.error());
        return std::pair{*std::move(value), *std::move(unit)};
    }

    std::nullopt_t reject(std::size_t index, std::string reason) {
        verdicts[index] = {.outcome = Verdict::Outcome::rejected, .reason = std::move(reason)};
        return std::nullopt;
    }

    void postpone(const std::vector<std::size_t>& indices, std::string_view reason) {
        for (const std::size_t index : indices)
            verdicts[index] = {.outcome = Verdict::Outcome::later, .reason = std::string(reason)};
    }

    void postpone(const std::vector<std::size_t>& indices, const Error& error) {
        postpone(indices, error.what());
        if (!trouble) trouble = error;
    }
};

CsvSink::CsvSink(const Settings& settings)
    : folder_(folder_from(settings)),
      format_(settings),
      files_(files_for(settings, folder_, format_)) {}

std::vector<Verdict> CsvSink::deliver(const senml::Pack& readings, const Call& call) {
    Work work{.pack = readings, .verdicts = std::vector<Verdict>(readings.size()), .trouble = {}};
    make_folder(folder_);
    if (auto* files = std::get_if<SeriesFiles>(&files_))
        deliver_series(work, *files, call);
    else
        deliver_wide(work, std::get<WideFile>(files_));
    const bool nothing_done = std::all_of(
        work.verdicts.begin(), work.verdicts.end(),
        [](const Verdict& verdict) { return verdict.outcome == Verdict::Outcome::later; });
    if (work.trouble && nothing_done) throw *work.trouble;
    return std::move(work.verdicts);
}

void CsvSink::deliver_series(Work& work, SeriesFiles& files, const Call& call) const {
    std::map<std::string, std::vector<std::size_t>> by_file;
    for (std::size_t i = 0; i < work.pack.size(); ++i)
        by_file[file_key(work.pack.name(work.pack[i].name))].push_back(i);
    for (const auto& [name, indices] : by_file) {
        std::map<senml::Time, std::string> rows;
        std::vector<std::size_t> written;
        for (const std::size_t index : indices) {
            auto cells = work.cells(index, format_);
            if (!cells) continue;
            const auto time = work.pack[index].time;
            rows[time] = format_.row({iso8601(time), cells->first, cells->second});
            written.push_back(index);
        }
        if (call.stop.stop_requested() || std::chrono::steady_clock::now() >= call.deadline) {
            work.postpone(written, "the time of the call was over");
            continue;
        }
        std::vector<Line> lines;
        lines.reserve(rows.size());
        for (auto& [time, text] : rows) lines.push_back({time, std::move(text)});
        try {
            files.write(series_path(name), lines);
        } catch (const Error& error) {
            work.postpone(written, error);
        }
    }
}

void CsvSink::deliver_wide(Work& work, const WideFile& file) const {
    WideCells cells;
    std::vector<std::size_t> written;
    for (std::size_t i = 0; i < work.pack.size(); ++i) {
        const auto found = work.cells(i, format_);
        if (!found) continue;
        const senml::Record& record = work.pack[i];
        std::string head = people_name(work.pack.name(record.name));
        if (const auto unit = work.pack.unit(record.unit); !unit.empty())
            head += fmt::format(" [{}]", unit);
        const auto label = format_.label(head);
        if (!label) {
            work.reject(i, label.error());
            continue;
        }
        cells[record.time][*label] = found->first;
        written.push_back(i);
    }
    if (cells.empty()) return;
    try {
        file.write(cells);
    } catch (const Error& error) {
        work.postpone(written, error);
    }
}

std::optional<std::int64_t> CsvSink::erase(const ErasureWanted& wanted, const Call&) {
    auto* files = std::get_if<SeriesFiles>(&files_);
    if (!files) return std::nullopt;
    std::vector<std::filesystem::path> found;
    std::error_code none;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_, none)) {
        const auto path = entry.path().lexically_relative(folder_);
        const auto series = entry.is_regular_file() ? series_of(path) : std::nullopt;
        if (series && wanted.means(*series)) found.push_back(path);
    }
    std::int64_t erased = 0;
    for (const auto& path : found)
        erased += files->erase(path, wanted.from.value_or(senml::Time::min()),
                               wanted.to.value_or(senml::Time::max()));
    return erased;
}

}  // namespace courant::csv
