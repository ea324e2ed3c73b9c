// What `courant grant` does between two sides: grants that others gave us, and what is told.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "proxy-core/access/exchange.hpp"

namespace courant::cli {

/// `held`: what others gave us, and what is to be done about it.
int list_held(const cxxopts::ParseResult& given, Store& store, Console& console);
/// `accept PEER ID`, `decline PEER ID`.
int answer_to_offer(const cxxopts::ParseResult& given, const std::vector<std::string>& words,
                    OfferAnswer answer, Store& store, Console& console);
/// `informed PEER ID`: the persons know that we have their data.
int note_persons_informed(const std::vector<std::string>& words, Store& store, Console& console);
/// `answer PEER ID erased|partly|kept`: what became of what was had.
int answer_outcome(const cxxopts::ParseResult& given, const std::vector<std::string>& words,
                   Store& store, Console& console);
/// `request PEER ID RIGHT --subject WHO`: what a person asked of us goes to who gave the data.
int pass_on_request(const cxxopts::ParseResult& given, const std::vector<std::string>& words,
                    Store& store, Console& console);
/// `tell rectified|erased SERIES`: whoever has it hears that it is wrong, or has to go (Art. 19).
int tell(const cxxopts::ParseResult& given, const std::vector<std::string>& words, Store& store,
         Console& console);

}  // namespace courant::cli
