// The one root of Courant's exceptions.
//
// Expected outcomes are values (tl::expected, verdicts, optionals). What is thrown is what a caller
// cannot decide on the spot, and whoever catches it at a room's border needs three answers: what
// happened, where in the code, and whether trying again later can help. A person reads what(): it
// names the file, key, peer or series and what to do.
#pragma once

#include <source_location>
#include <stdexcept>
#include <string>

namespace courant {

/// Whether the same call may succeed later without anybody changing anything.
enum class Retry { useless, worthwhile };

/// Root of everything that Courant throws.
class Error : public std::runtime_error {
  public:
    Error(const std::string& what, Retry retry,
          std::source_location where = std::source_location::current())
        : std::runtime_error(what), retry_(retry), where_(where) {}

    /// Whether trying again later can help.
    bool worth_retrying() const noexcept { return retry_ == Retry::worthwhile; }
    /// The place in the code that threw.
    const std::source_location& where() const noexcept { return where_; }

  private:
    Retry retry_;
    std::source_location where_;
};

/// The configuration is wrong; what() is "file:line: key: what is wrong. What to do."
class ConfigError : public Error {
  public:
    explicit ConfigError(const std::string& what,
                         std::source_location where = std::source_location::current())
        : Error(what, Retry::useless, where) {}
};

}  // namespace courant
