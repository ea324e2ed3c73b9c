// The commands of `courant senml`, each made anew for one run.
#pragma once

#include "cli/senml/words.hpp"

namespace courant::cli::senml_words {

/// What is wrong with a pack.
Command validate_command();
/// A pack, or a part of it, or a stream, in full records.
Command resolve_command();
/// A pack in another format.
Command convert_command();
/// The records of a pack that a Fetch Pack asks for.
Command fetch_command();
/// A pack after the changes that a Patch Pack asks for.
Command patch_command();
/// A federated name, taken apart.
Command name_command();

/// `resolve --stream`: what comes in, as it comes in.
Outcome<void> resolve_stream(const Words& words, const Streams& io);

}  // namespace courant::cli::senml_words
