// A text that must not show: a password, a token.
//
// Secrets leak where values are printed by habit: a log line, an error, a dump of the
// configuration. So a Secret prints as
// "***" wherever it is formatted, compares without being shown, and gives its text only to who asks
// by name: `reveal()`, which a reviewer can search for.
//
// Why no wiping of memory: the text passes through the XML and TLS libraries, which copy it; wiping
// one copy would promise what we cannot hold.
#pragma once

#include <fmt/format.h>

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace courant {

/// A secret text.
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}

    /// The text itself; only for who must hand it on.
    const std::string& reveal() const noexcept { return text_; }
    /// Whether there is none.
    bool empty() const noexcept { return text_.empty(); }

    bool operator==(const Secret&) const = default;

    /// Prints "***".
    friend std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

  private:
    std::string text_;
};

}  // namespace courant

/// Formats as "***".
template <>
struct fmt::formatter<courant::Secret> : fmt::formatter<std::string_view> {
    template <typename Context>
    auto format(const courant::Secret&, Context& context) const {
        return fmt::formatter<std::string_view>::format("***", context);
    }
};
