// Who shall do what, where several workers run on one store.
//
// Every worker works this out for itself, from the same leases and by the same rules, and does its
// own part: it gives back what is no longer for it, and takes what is for it and free. Nobody
// leads, so nobody can be missed. What a worker holds stays with it as long as nobody has two
// things less of that kind: a worker more takes its share from the others, and nothing else moves.
//
// A pure function; no clock, no store.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace courant {

/// What there is to be done, and who holds it at present: nobody where the text is empty. The first
/// word of a name is its kind ("lane 01JD…", "source roof"); each kind is shared out by itself.
using Holdings = std::map<std::string, std::string>;

/// Whether a worker can do a thing at all: an adapter may be configured for one machine only.
using Able = std::function<bool(const std::string& worker, const std::string& what)>;

/// Who shall hold what. A thing that nobody is able to do is for nobody.
Holdings share_out(const Holdings& held, const std::set<std::string>& workers, const Able& able);

/// "lane" of "lane 01JD…".
std::string_view kind_of(std::string_view what);

}  // namespace courant
