// `courant senml …`: look at, check and rewrite SenML at the command line.
//
// The tool that people reach for when a peer sends something odd. It needs no configuration, no
// store and no network.
#pragma once

#include <iosfwd>
#include <span>
#include <string_view>

namespace courant::cli {

/// Runs `senml validate|resolve|convert|fetch|patch|name` with the words that follow `senml`. Data
/// goes to `out`, talk to `err`; the answer is the exit code: 0 done, 1 failed, 2 usage.
int run_senml_command(std::span<const std::string_view> args, std::istream& in, std::ostream& out,
                      std::ostream& err);

}  // namespace courant::cli
