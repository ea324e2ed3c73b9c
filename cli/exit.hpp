// How the program and its commands answer the shell; scripts rely on it.
#pragma once

namespace courant::cli {

/// Exit codes.
enum Exit : int { done = 0, failed = 1, usage = 2, configuration = 3 };

}  // namespace courant::cli
