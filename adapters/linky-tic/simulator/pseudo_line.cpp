#include "adapters/linky-tic/simulator/pseudo_line.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace courant::linky {

namespace {

int checked(int result, const char* what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
}

}  // namespace

PseudoLine::PseudoLine()
    : master_(checked(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK), "posix_openpt")) {
    checked(::grantpt(master_), "grantpt");
    checked(::unlockpt(master_), "unlockpt");
    std::array<char, 128> name{};
    if (const int error = ::ptsname_r(master_, name.data(), name.size()); error != 0)
        throw std::system_error(error, std::generic_category(), "ptsname_r");
    device_ = name.data();
    slave_ = checked(::open(device_.c_str(), O_RDWR | O_NOCTTY), device_.c_str());
    termios line{};
    checked(::tcgetattr(slave_, &line), "tcgetattr");
    ::cfmakeraw(&line);  // or the terminal echoes, and waits for ends of lines
    checked(::tcsetattr(slave_, TCSANOW, &line), "tcsetattr");
}

PseudoLine::~PseudoLine() {
    ::close(slave_);
    ::close(master_);
}

std::size_t PseudoLine::send(std::string_view bytes, std::chrono::milliseconds at_most) const {
    const auto count = ::write(master_, bytes.data(), bytes.size());
    if (count > 0) return static_cast<std::size_t>(count);
    if (count < 0 && errno != EAGAIN && errno != EINTR)
        throw std::system_error(errno, std::generic_category(), "write");
    pollfd wait{.fd = master_, .events = POLLOUT, .revents = 0};
    ::poll(&wait, 1, static_cast<int>(at_most.count()));
    return 0;
}

bool PseudoLine::has_unread() const {
    int waiting = 0;
    return ::ioctl(slave_, FIONREAD, &waiting) == 0 && waiting > 0;
}

}  // namespace courant::linky
