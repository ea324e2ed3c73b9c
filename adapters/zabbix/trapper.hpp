// Zabbix's trapper ("sender") protocol: how the sink hands values over.
//
//     'Z' 'B' 'X' 'D' | flags | length, 32 bits LE | reserved, 32 bits LE | JSON
//
// One request per connection. The answer counts: "processed: 6; failed: 2; …", without saying
// which. `failed` are the values whose item is unknown, disabled or no trapper item; `processed` is
// "taken into memory", not "stored".
//
// Every value is sent with clock and ns. Without ns it would be 0, and the second value of a second
// would be dropped as a duplicate of the first.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "adapters/zabbix/connection.hpp"
#include "adapters/zabbix/paging.hpp"

namespace courant::zabbix {

/// What Zabbix says about a request.
struct Tally {
    std::size_t processed = 0;
    std::size_t failed = 0;

    bool operator==(const Tally&) const = default;
};

/// JSON in its frame.
std::string frame(std::string_view json);

/// The JSON of a frame; nothing while it is not whole; a fault, for a person, where it will never
/// be a frame we know.
tl::expected<std::optional<std::string_view>, std::string> unframe(std::string_view bytes);

/// The counters of an answer's JSON, or what is wrong with it.
tl::expected<Tally, std::string> read_answer(std::string_view json);

/// One value as a member of a request's `data`; nothing where the text is no UTF-8.
std::optional<std::string> request_entry(std::string_view host, std::string_view key,
                                         std::string_view value, const Stamp& stamp);

/// Sends entries to one trapper port.
class Trapper {
  public:
    /// `address` is "host:port".
    explicit Trapper(std::string address) : address_(std::move(address)) {}
    /// Sends the entries in one request and gives the counters of the answer; a worthwhile Error
    /// where none comes.
    Tally send(std::span<const std::string_view> entries, const Patience& patience) const;
    const std::string& address() const { return address_; }

  private:
    std::string address_;
};

}  // namespace courant::zabbix
