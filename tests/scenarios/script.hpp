// Plays scenarios: scripts that a reader of schemas/PROTOCOL.md understands without our code.
// README.md in this folder has the words.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/scenarios/past.hpp"
#include "tests/scenarios/path.hpp"
#include "tests/scenarios/shelf.hpp"
#include "tests/unit/federation/proxies.hpp"

namespace courant::test {

/// One scenario: a proxy with a real store, and those who speak with it.
class Script {
  public:
    /// Plays a file; what does not come true fails the test with the file's line.
    static void play(const std::filesystem::path& file);

  private:
    struct Actor {
        std::unique_ptr<Client> client;
        std::size_t read = 0;       ///< stanzas that the script has already spoken of
        std::string heard_id;       ///< of the last one that it received
        std::string heard_session;  ///< of the last one that had one (XEP-0050)
    };
    struct Line {
        int number = 0;
        std::string text;
    };
    static std::vector<Line> lines_of(const std::filesystem::path& file);

    void step(const std::string& line);
    bool declares(const std::string& who, const std::string& what, const std::string& rest);
    void proxy_does(const std::string& verb, const std::string& rest);
    void publishes(const Jid& service, int messages);
    void client_does(Actor& actor, const std::string& verb, const std::string& rest);
    void sends(Actor& actor, const std::string& elements);
    void receives(Actor& actor, const std::string& path);
    void receives_no(Actor& actor, const std::string& path);
    std::string filled_in(const Actor& actor, std::string text);
    void settle();

    MemoryNetwork network_;
    std::string proxy_name_;
    std::unique_ptr<Proxy> proxy_;
    std::unique_ptr<Past> past_;
    std::unique_ptr<Shelf> shelf_;
    std::map<std::string, Actor> actors_;
};

}  // namespace courant::test
