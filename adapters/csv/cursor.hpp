// How far the files have been read: the cursor of a CSV source, as text.
//
// A file is known by its name, its inode and a fingerprint of what has been read of it (its first
// bytes and those just before the place where reading stopped). None of the three is enough alone:
// logs are rotated under new names, editors and exporters replace a file by a longer copy with
// another inode, and copy-and-truncate keeps both and changes the content.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/csv/rows.hpp"
#include "adapters/csv/zone.hpp"

namespace courant::csv {

/// The memory of `ambiguous = "sequence"`, by key of a long file ("" in a wide one); only keys
/// within the double hour.
using Passes = std::map<std::string, Pass, std::less<>>;

/// How far one file has been read.
struct FileProgress {
    std::string name;
    std::uint64_t inode = 0;
    /// The first byte not read yet.
    Position next;
    /// Over what was read, see fingerprint_of.
    std::uint64_t fingerprint = 0;
    Passes passes;

    bool operator==(const FileProgress&) const = default;
};

/// The fingerprint of a file's first `size` bytes: of their beginning and their end.
std::uint64_t fingerprint_of(const File& file, std::uint64_t size);

/// Reads a cursor; empty text is the very beginning. Throws Error where it is no cursor of this
/// adapter.
std::vector<FileProgress> parse_cursor(std::string_view cursor);

/// The same as text.
std::string cursor_text(const std::vector<FileProgress>& files);

}  // namespace courant::csv
