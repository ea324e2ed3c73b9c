// What a Linky says of a household: its frames, as bytes.
#pragma once

#include <string>
#include <string_view>

#include "adapters/linky-tic/simulator/household.hpp"
#include "adapters/linky-tic/tic.hpp"

namespace courant::linky {

/// Appends a group of historique mode, LF to CR.
void append_historique(std::string& out, std::string_view label, std::string_view data);

/// Appends a group of standard mode, LF to CR; `horodate` empty: without.
void append_standard(std::string& out, std::string_view label, std::string_view horodate,
                     std::string_view data);

/// A whole frame, STX to ETX, at the household's time, in the time of metropolitan France.
std::string frame_of(const Household& household, Mode mode);

/// The horodate of a time in metropolitan France.
std::string horodate_of(senml::Time time);

}  // namespace courant::linky
