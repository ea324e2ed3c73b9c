#include "adapters/csv/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "proxy-core/error.hpp"

namespace courant::csv {

namespace {

int open_descriptor(const std::filesystem::path& path, File::Mode mode) {
    constexpr mode_t rights = 0640;
    int flags = O_CLOEXEC | O_NOCTTY;
    if (mode == File::Mode::read) flags |= O_RDONLY;
    if (mode == File::Mode::update) flags |= O_RDWR | O_CREAT;
    if (mode == File::Mode::fresh) flags |= O_RDWR | O_CREAT | O_TRUNC;
    return ::open(path.c_str(), flags, rights);
}

Retry retry_for(int error_number) {
    const bool a_person_must_act = error_number == EACCES || error_number == EPERM ||
                                   error_number == EROFS || error_number == EISDIR ||
                                   error_number == ENOTDIR || error_number == ENAMETOOLONG;
    return a_person_must_act ? Retry::useless : Retry::worthwhile;
}

FileStatus status_from(const struct stat& found) {
    const auto modified = std::chrono::seconds{found.st_mtim.tv_sec} +
                          std::chrono::nanoseconds{found.st_mtim.tv_nsec};
    return {.inode = found.st_ino,
            .size = static_cast<std::uint64_t>(found.st_size),
            .modified = senml::Time{modified}};
}

}  // namespace

std::optional<FileStatus> regular_file_status(const std::filesystem::path& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) {
        if (errno == ENOENT) return std::nullopt;
        throw_file_error("examine", path, errno);
    }
    if (!S_ISREG(found.st_mode)) return std::nullopt;
    return status_from(found);
}

void throw_file_error(std::string_view action, const std::filesystem::path& path,
                      int error_number) {
    const auto reason = std::error_code(error_number, std::generic_category()).message();
    throw Error(fmt::format("cannot {} {}: {}", action, path.string(), reason),
                retry_for(error_number));
}

File::File(const std::filesystem::path& path, Mode mode)
    : path_(path), descriptor_(open_descriptor(path, mode)) {
    if (descriptor_ < 0) throw_file_error("open", path, errno);
}

std::optional<File> File::find(const std::filesystem::path& path) {
    const int descriptor = open_descriptor(path, Mode::read);
    if (descriptor >= 0) return File(path, descriptor);
    if (errno == ENOENT) return std::nullopt;
    throw_file_error("open", path, errno);
}

File::~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

File::File(File&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

File& File::operator=(File&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

FileStatus File::status() const {
    struct stat found {};
    if (::fstat(descriptor_, &found) != 0) throw_file_error("examine", path_, errno);
    return status_from(found);
}

std::size_t File::read_at(std::uint64_t offset, std::size_t size, std::string& out) const {
    const std::size_t before = out.size();
    out.resize(before + size);
    std::size_t done = 0;
    while (done < size) {
        const auto count = ::pread(descriptor_, out.data() + before + done, size - done,
                                   static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw_file_error("read", path_, errno);
        if (count == 0) break;
        done += static_cast<std::size_t>(count);
    }
    out.resize(before + done);
    return done;
}

void File::write_at(std::uint64_t offset, std::string_view bytes) const {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto count = ::pwrite(descriptor_, bytes.data() + done, bytes.size() - done,
                                    static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw_file_error("write", path_, errno);
        done += static_cast<std::size_t>(count);
    }
}

void File::truncate(std::uint64_t size) const {
    if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0)
        throw_file_error("shorten", path_, errno);
}

void File::sync() const {
    if (::fdatasync(descriptor_) != 0) throw_file_error("sync", path_, errno);
}

void sync_folder(const std::filesystem::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) throw_file_error("open", folder, errno);
    const int result = ::fsync(descriptor);
    const int error_number = errno;
    ::close(descriptor);
    if (result != 0) throw_file_error("sync", folder, error_number);
}

void replace_file(const std::filesystem::path& finished, const std::filesystem::path& target) {
    if (::rename(finished.c_str(), target.c_str()) != 0)
        throw_file_error("put in place", target, errno);
    sync_folder(target.parent_path());
}

std::uint64_t fingerprint(std::string_view bytes, std::uint64_t seed) {
    constexpr std::uint64_t prime = 1099511628211ULL;
    std::uint64_t hash = seed;
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * prime;
    return hash;
}

}  // namespace courant::csv
