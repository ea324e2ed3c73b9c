#include "proxy-core/mailbox/detail/store_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>

#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant::detail {
namespace {

pid_t pid_in(int file) {
    std::array<char, 32> text{};
    const auto size = pread(file, text.data(), text.size(), 0);
    pid_t pid = 0;
    if (size > 0) std::from_chars(text.data(), text.data() + size, pid);
    return pid;
}

std::string path_of_lock(const std::filesystem::path& store) {
    return store.string() + ".lock";
}

// False where another process has it, with the reason in errno.
bool taken(int file) {
    constexpr int tries = 20;
    for (int i = 1; flock(file, LOCK_EX | LOCK_NB) != 0; ++i) {
        if (errno != EWOULDBLOCK || i == tries) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

}  // namespace

StoreLock::StoreLock(const std::filesystem::path& store) {
    const std::string path = path_of_lock(store);
    file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0)
        throw StoreError(
            fmt::format(
                "{}: cannot make the lock of the store: {}. Check that the folder exists and "
                "that this user may write in it.",
                path, std::system_category().message(errno)),
            Retry::useless);
    if (!taken(file_)) {
        const int reason = errno;
        const pid_t pid = pid_in(file_);
        const std::string by = pid == 0 ? "another process" : fmt::format("process {}", pid);
        close(file_);
        if (reason == EWOULDBLOCK)
            throw StoreError(
                fmt::format("{}: {} runs on this store already. Stop it first, or give this "
                            "one a store of its own.",
                            store.string(), by),
                Retry::worthwhile);
        throw StoreError(
            fmt::format("{}: cannot lock the store: {}. Its folder must lie on a file system with "
                        "locks.",
                        path, std::system_category().message(reason)),
            Retry::useless);
    }
    // For people only: a pid that cannot be written takes nothing from the lock.
    const std::string pid = fmt::format("{}\n", getpid());
    if (ftruncate(file_, 0) != 0 || pwrite(file_, pid.data(), pid.size(), 0) < 0) errno = 0;
}

StoreLock::~StoreLock() {
    close(file_);
}

std::optional<pid_t> StoreLock::holder(const std::filesystem::path& store) {
    const int file = open(path_of_lock(store).c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    std::optional<pid_t> holder;
    if (flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) holder = pid_in(file);
    close(file);
    return holder;
}

}  // namespace courant::detail
