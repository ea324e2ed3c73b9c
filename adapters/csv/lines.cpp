#include "adapters/csv/lines.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/csv/row_format.hpp"
#include "proxy-core/error.hpp"

namespace courant::csv {

namespace {

constexpr std::size_t block_size = 4096;
constexpr std::size_t chunk_size = std::size_t{64} * 1024;

}  // namespace

senml::Time time_of_line(const File& file, std::string_view line, char separator) {
    if (const auto time = time_of_row(line, separator)) return *time;
    throw Error(fmt::format("{} has a line that this adapter did not write: \"{}\". Mend the file, "
                            "or move it away.",
                            file.path().string(), line.substr(0, 100)),
                Retry::useless);
}

std::uint64_t line_begin(const File& file, std::uint64_t first, std::uint64_t at) {
    std::string block;
    while (at > first) {
        const std::uint64_t begin = at - std::min<std::uint64_t>(block_size, at - first);
        block.clear();
        file.read_at(begin, static_cast<std::size_t>(at - begin), block);
        const std::size_t line_break = block.rfind('\n');
        if (line_break != std::string::npos) return begin + line_break + 1;
        at = begin;
    }
    return first;
}

std::string line_at(const File& file, std::uint64_t begin) {
    LineReader reader(file, begin);
    return std::string(reader.next().value_or(""));
}

std::uint64_t first_line_from(const File& file, std::uint64_t first, std::uint64_t end,
                              senml::Time time, char separator) {
    while (first < end) {
        const std::uint64_t middle = line_begin(file, first, first + (end - first) / 2);
        const std::string line = line_at(file, middle);
        if (time_of_line(file, line, separator) < time)
            first = middle + line.size() + 1;
        else
            end = middle;
    }
    return first;
}

std::optional<std::string_view> LineReader::next() {
    for (std::size_t searched = begin_;;) {
        const std::size_t line_break = buffer_.find('\n', searched);
        if (line_break != std::string::npos) {
            const std::string_view line(buffer_.data() + begin_, line_break - begin_);
            begin_ = line_break + 1;
            return line;
        }
        buffer_.erase(0, begin_);
        begin_ = 0;
        searched = buffer_.size();
        // The first piece is small: a binary search asks for one line only.
        const std::size_t size = buffer_.capacity() < block_size ? block_size : chunk_size;
        const std::size_t count = file_.read_at(offset_, size, buffer_);
        if (count == 0) return std::nullopt;
        offset_ += count;
    }
}

void LineWriter::add(std::string_view line) {
    buffer_ += line;
    buffer_ += '\n';
    if (buffer_.size() >= chunk_size) flush();
}

void LineWriter::copy(const File& from, std::uint64_t size) {
    for (std::uint64_t done = 0; done < size;) {
        const auto piece =
            static_cast<std::size_t>(std::min<std::uint64_t>(chunk_size, size - done));
        const std::size_t count = from.read_at(done, piece, buffer_);
        if (count == 0)
            throw Error(from.path().string() + " was cut while it was read", Retry::worthwhile);
        done += count;
        flush();
    }
}

void LineWriter::finish() {
    flush();
    file_.sync();
}

void LineWriter::flush() {
    file_.write_at(offset_, buffer_);
    offset_ += buffer_.size();
    buffer_.clear();
}

Replacement::Replacement(const std::filesystem::path& target)
    : target_(target),
      path_(target.parent_path() / ("." + target.filename().string() + ".tmp")),
      file_(path_, File::Mode::fresh) {}

Replacement::~Replacement() {
    std::error_code gone_already;
    if (!path_.empty()) std::filesystem::remove(path_, gone_already);
}

void Replacement::commit() {
    replace_file(path_, target_);
    path_.clear();
}

void make_folder(const std::filesystem::path& folder) {
    if (folder.empty() || std::filesystem::is_directory(folder)) return;
    make_folder(folder.parent_path());
    std::error_code error;
    std::filesystem::create_directory(folder, error);
    if (error) throw_file_error("make the folder", folder, error.value());
    sync_folder(folder.has_parent_path() ? folder.parent_path() : ".");
}

}  // namespace courant::csv
