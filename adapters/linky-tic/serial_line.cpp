#include "adapters/linky-tic/serial_line.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "proxy-core/error.hpp"

namespace courant::linky {

namespace {

std::string reason(int error_number) {
    return std::error_code(error_number, std::generic_category()).message();
}

}  // namespace

SerialLine::SerialLine(const std::filesystem::path& device)
    : device_(device),
      // Without O_NONBLOCK, opening waits for a carrier that the meter does not have.
      descriptor_(::open(device.c_str(), O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) {
    if (descriptor_ >= 0) return;
    if (errno == EACCES)
        throw Error(
            fmt::format(
                "{}: {}. Add the user of this program to the group that owns the device (dialout).",
                device.string(), reason(EACCES)),
            Retry::useless);
    throw Error(fmt::format("{}: {}", device.string(), reason(errno)), Retry::worthwhile);
}

SerialLine::~SerialLine() {
    ::close(descriptor_);
}

void SerialLine::set_speed(Speed speed) const {
    termios line{};
    if (::tcgetattr(descriptor_, &line) != 0) return;  // a pipe
    ::cfmakeraw(&line);
    line.c_cflag &= ~static_cast<tcflag_t>(CSIZE | PARODD | CSTOPB | CRTSCTS);
    line.c_cflag |= CS7 | PARENB | CREAD | CLOCAL;
    // The checksum has six bits and misses a flipped seventh; the parity does not. A byte with
    // wrong parity is read as zero, and the checksum then sees it.
    line.c_iflag |= ISTRIP | INPCK;
    const speed_t baud = speed == Speed::baud_1200 ? B1200 : B9600;
    ::cfsetispeed(&line, baud);
    ::cfsetospeed(&line, baud);
    if (::tcsetattr(descriptor_, TCSANOW, &line) != 0)
        throw Error(fmt::format("{}: cannot set up the line: {}", device_.string(), reason(errno)),
                    Retry::worthwhile);
}

std::size_t SerialLine::read(std::span<char> into, std::chrono::milliseconds at_most) const {
    pollfd wait{.fd = descriptor_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(at_most.count()));
    if (ready == 0 || (ready < 0 && errno == EINTR)) return 0;
    const auto count = ::read(descriptor_, into.data(), into.size());
    if (count > 0) return static_cast<std::size_t>(count);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    throw Error(fmt::format("{}: the line is gone{}", device_.string(),
                            count < 0 ? ": " + reason(errno) : std::string{}),
                Retry::worthwhile);
}

}  // namespace courant::linky
