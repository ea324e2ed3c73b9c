// Dead letters for other programs: a line of JSON or CSV for each letter with all that is known of
// it, or one SenML pack of the readings that they hold.
#pragma once

#include <iosfwd>
#include <memory>
#include <string_view>

#include "proxy-core/mailbox/message.hpp"

namespace courant::cli {

/// Writes letters in one format, one after the other.
class DeadExport {
  public:
    virtual ~DeadExport() = default;
    virtual void write(const DeadLetter& letter) = 0;
    /// What stands behind the last one.
    virtual void end() {}
    /// Letters that have no image in this format.
    std::int64_t left_out() const { return left_out_; }

  protected:
    std::int64_t left_out_ = 0;
};

/// "ndjson", "csv" or "senml" to `out`; throws UsageError for another word.
std::unique_ptr<DeadExport> make_dead_export(std::string_view format, std::ostream& out);

}  // namespace courant::cli
