// A file by its descriptor: what the CSV adapter needs of POSIX, with errors that a person can act
// on.
//
// Not std::fstream: it neither syncs to the disk, nor reads at a place without moving, nor says why
// it failed. A File belongs to one thread; it closes what it opened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "senml/time.hpp"

namespace courant::csv {

/// What the system says about a file.
struct FileStatus {
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    senml::Time modified;
};

/// The status of a regular file; nothing where there is none of that name.
std::optional<FileStatus> regular_file_status(const std::filesystem::path& path);

/// An open file.
class File {
  public:
    /// How a file is opened.
    enum class Mode {
        read,    ///< must exist
        update,  ///< read and write; made where it does not exist
        fresh,   ///< read and write; made, or emptied
    };

    /// Opens; throws Error, worth retrying unless a person must change rights.
    File(const std::filesystem::path& path, Mode mode);
    /// Opens to read; nothing where there is no such file.
    static std::optional<File> find(const std::filesystem::path& path);
    ~File();
    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;

    const std::filesystem::path& path() const { return path_; }
    FileStatus status() const;
    /// Appends up to `size` bytes from `offset` on to `out`; returns how many there were.
    std::size_t read_at(std::uint64_t offset, std::size_t size, std::string& out) const;
    /// Writes all of it at `offset`.
    void write_at(std::uint64_t offset, std::string_view bytes) const;
    /// Cuts the file off.
    void truncate(std::uint64_t size) const;
    /// Returns once the content is on the disk.
    void sync() const;

  private:
    File(const std::filesystem::path& path, int descriptor)
        : path_(path), descriptor_(descriptor) {}

    std::filesystem::path path_;
    int descriptor_ = -1;
};

/// Returns once the names in a folder are on the disk.
void sync_folder(const std::filesystem::path& folder);

/// Puts a finished file in place of another in one step, and returns once that is on the disk.
void replace_file(const std::filesystem::path& finished, const std::filesystem::path& target);

/// Throws the Error for an errno: "cannot open roof.csv: No such file or directory".
[[noreturn]] void throw_file_error(std::string_view action, const std::filesystem::path& path,
                                   int error_number);

/// FNV-1a, 64 bits, continued from `seed`: tells files apart, protects nothing.
std::uint64_t fingerprint(std::string_view bytes, std::uint64_t seed = 14695981039346656037ULL);

}  // namespace courant::csv
