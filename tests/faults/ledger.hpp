// A source of known readings: a CSV file that grows, and the account of what arrived of it.
//
//     Ledger ledger(home / "meter.csv", "meter", home.jid(), 2);
//     home.configure(ledger.adapter("100ms"));
//     ledger.grow(1000);                          // 1000 rows, a reading of each series in each
//     …
//     CHECK(ledger.audit(mailboxes, home.jid()) == ledger.all_once());
//
// It knows every reading by time and value, and looks at the inbox itself: a sink that drops
// repetitions, as a good one does, would hide what is looked for here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/mailbox/mailboxes.hpp"
#include "senml/pack.hpp"

namespace courant::test {

/// What an inbox holds of a ledger.
struct Audit {
    std::int64_t once = 0;      ///< readings that are there
    std::int64_t lost = 0;      ///< that are not
    std::int64_t twice = 0;     ///< copies beyond the first
    std::int64_t disorder = 0;  ///< that came after a later one of their series
    std::int64_t strange = 0;   ///< with a time or value that was never written
    bool last = false;          ///< whether the last row that was written is there

    bool operator==(const Audit&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Audit& audit);

/// Calls back for every message of the inbox, in order, with its readings.
void each_arrival(Mailboxes& m,
                  const std::function<void(const Arrival&, const senml::Pack&)>& callback);

/// The file and what was ever written to it.
class Ledger {
  public:
    /// `tag` names the adapter and begins the series' last level but one; `jid` may speak them.
    Ledger(std::filesystem::path file, std::string tag, std::string jid, int series);

    /// TOML that reads the file as it grows, at this interval ("100ms").
    std::string adapter(const std::string& every) const;
    /// Series in people's spelling, as a subscription wants them.
    std::string pattern() const;

    /// Appends rows, in one write, with times a second apart that begin long ago.
    void grow(int rows);
    /// Appends a row whose time is now, to the millisecond (or later, if that one is taken).
    void grow_now();
    /// Readings written so far.
    std::int64_t readings() const;

    /// What the inbox holds of it from that peer.
    Audit audit(Mailboxes& m, const std::string& peer) const;
    /// What it should hold.
    Audit all_once() const { return {.once = readings(), .last = true}; }
    /// Seconds from each reading's time to its commit in the inbox, of those in [from, to); for
    /// rows that grew by grow_now().
    std::vector<double> delays(Mailboxes& m, Time from, Time to) const;

  private:
    int series_of(std::string_view senml_name) const;
    void append(const std::vector<std::int64_t>& times);
    std::string series_name(int series) const;

    std::filesystem::path file_;
    std::string tag_;
    std::string jid_;
    int series_;
    std::map<std::string, int, std::less<>> names_;  ///< by SenML spelling
    std::vector<std::int64_t> times_;                ///< of each row, in ms, ascending
};

}  // namespace courant::test
