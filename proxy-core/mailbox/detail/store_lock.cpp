#include "proxy-core/mailbox/detail/store_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant::detail {
namespace {

std::string holder(int file) {
    std::array<char, 32> text{};
    const auto size = pread(file, text.data(), text.size(), 0);
    std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    pid.erase(pid.find_last_not_of('\n') + 1);
    return pid.empty() ? "another process" : "process " + pid;
}

}  // namespace

StoreLock::StoreLock(const std::filesystem::path& store) {
    const std::string path = store.string() + ".lock";
    file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0)
        throw StoreError(
            fmt::format(
                "{}: cannot make the lock of the store: {}. Check that the folder exists and "
                "that this user may write in it.",
                path, std::system_category().message(errno)),
            Retry::useless);
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
        const int reason = errno;
        const std::string by = holder(file_);
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

}  // namespace courant::detail
