// Two invented adapters and a short way to load a text or to get its faults.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "proxy-core/adapter.hpp"
#include "proxy-core/config/loader.hpp"

namespace courant::test {

/// What stands in the environment of a test.
using Environment = std::map<std::string, std::string>;

/// "roof" can be read and written and has a property of every type; "bell" pushes and needs
/// nothing.
const Adapter& roof_adapter();
const Adapter& bell_adapter();

/// An [identity] that is right, in four lines, so that what follows begins in line 5.
inline const std::string identity =
    "[identity]\n"
    "jid = 'town@town.test'\n"
    "password = 'pomme'\n"
    "\n";

/// The context with both adapters; a cron expression is wrong if it contains '!'.
LoaderContext context(const Environment& environment = {});

/// The Config of a text that stands in /etc/courant/town.toml.
Config load(const std::string& text, const Environment& environment = {});

/// What ConfigError says about it, line by line; empty if nothing is wrong.
std::vector<std::string> faults_of(const std::string& text, const Environment& environment = {});

}  // namespace courant::test

namespace doctest {

/// Lines of faults as a failing test shows them.
template <>
struct StringMaker<std::vector<std::string>> {
    static String convert(const std::vector<std::string>& lines) {
        std::string text;
        for (const auto& line : lines) text += '\n' + line;
        return text.c_str();
    }
};

}  // namespace doctest
