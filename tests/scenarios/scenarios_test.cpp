// The scenarios of this folder, one test each.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/scenarios/script.hpp"

using courant::test::Script;

namespace {

const std::filesystem::path folder = COURANT_SCENARIOS;

void play(const std::string& name) {
    Script::play(folder / (name + ".txt"));
}

}  // namespace

TEST_CASE("messages in order are acknowledged through one number") {
    play("in-order");
}

TEST_CASE("a hole is told, and filled") {
    play("hole");
}

TEST_CASE("a repetition changes nothing and is acknowledged again") {
    play("repetition");
}

TEST_CASE("a void takes its number and leaves nothing there") {
    play("void");
}

TEST_CASE("a stranger is told so, and leaves no trace") {
    play("stranger");
}

TEST_CASE("a peer speaks its own names only") {
    play("foreign-name");
}

TEST_CASE("one record in another's name costs that record") {
    play("foreign-record");
}

TEST_CASE("a relay passes on what others said") {
    play("relay");
}

TEST_CASE("what has passed here before is not taken again") {
    play("loop");
}

TEST_CASE("readings without a retention are not taken") {
    play("retain");
}

TEST_CASE("one broken record refuses its message") {
    play("broken-pack");
}

TEST_CASE("a bounce is no data and silences its lane") {
    play("bounce");
}

TEST_CASE("a silent peer gets the first message again, alone") {
    play("silence");
}

TEST_CASE("a restarted proxy says where it stands and sends the rest again") {
    play("resume");
}

TEST_CASE("what a peer misses goes again") {
    play("missing");
}

TEST_CASE("a peer that lost its store gets voids") {
    play("lost-store");
}

TEST_CASE("a sender that lost its store begins a new lane") {
    play("new-lane");
}

TEST_CASE("a receipt for what was never sent changes nothing") {
    play("beyond");
}

TEST_CASE("no receipt without a commit") {
    play("commit");
}

TEST_CASE("what a peer refuses becomes a dead letter here") {
    play("reject");
}

TEST_CASE("a peer that was away gets the rest at once") {
    play("away");
}

TEST_CASE("a proxy says who it is and that it is alive") {
    play("discovery");
}

TEST_CASE("an ordinary client gets its XEP-0184 receipt") {
    play("ordinary-client");
}

TEST_CASE("a packed pack is taken like any other") {
    play("packed");
}

TEST_CASE("a packed pack that is none is refused with its reason, and costs its lane nothing") {
    play("packed-broken");
}

TEST_CASE("a packed gigabyte is refused") {
    play("packed-bomb");
}

TEST_CASE("packed packs go to a peer that announces them, from its answer on") {
    play("packed-discovery");
}

TEST_CASE("a proxy that is told to speak XML only asks nobody, and reads both") {
    play("packed-xml-only");
}

TEST_CASE("a proxy lists the commands that the asker may run, and describes them") {
    play("commands");
}

TEST_CASE("the past of a series is asked for page by page") {
    play("history");
}

TEST_CASE("an app's quota is told with the time when to come again") {
    play("history-quota");
}

TEST_CASE("who may not read a series is told why, and not whether there is one") {
    play("history-refused");
}

TEST_CASE("the Quoalise client gets a history in one stage, and a person in two") {
    play("quoalise-history");
}

TEST_CASE("the Quoalise client gets every error in the shape that it reads") {
    play("quoalise-errors");
}

TEST_CASE("a Quoalise client subscribes to what it is granted, and ends that again") {
    play("quoalise-subscribe");
}

TEST_CASE("a Quoalise client gets what it can read, and one bad push costs that push") {
    play("quoalise-push");
}

TEST_CASE("open data goes onto a node, item by item, and is acknowledged by the service") {
    play("pubsub-publish");
}

TEST_CASE("a proxy says where it is, to those whom it knows") {
    play("where");
}

TEST_CASE("the catalog shows what is granted or offered, page by page, as an answer and as items") {
    play("catalog");
}

TEST_CASE("nobody finds out what is not shown to it") {
    play("catalog-hostile");
}

TEST_CASE("a card is for everybody, the directory for peers, and in it who wants to be") {
    play("directory");
}

TEST_CASE("R4.2: a grant is offered in the lane, accepted, and taken back behind what was sent") {
    play("notices-giver");
}
TEST_CASE(
    "R4.2: what a grant brought goes from a processor when it is taken back, and stays gone") {
    play("notices-holder");
}

TEST_CASE("every script of the folder is played") {
    std::ostringstream here;
    here << std::ifstream(folder / "scenarios_test.cpp").rdbuf();
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        const std::string name = file.path().stem().string();
        if (file.path().extension() != ".txt" || name == "CMakeLists") continue;
        CAPTURE(name);
        CHECK(here.str().find("play(\"" + name + "\")") != std::string::npos);
    }
}

TEST_CASE("a peer gets itself what its grant covers, as coarse as that lets it go, and ends it") {
    play("subscribe");
}

TEST_CASE("who asks for a subscription learns nothing of what exists, and a stranger gets none") {
    play("subscribe-refused");
}
