#include "tests/scenarios/script.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "jobs/exchange.hpp"
#include "jobs/quoalise_subscriptions.hpp"
#include "jobs/subscription_commands.hpp"
#include "proxy-core/federation/base64.hpp"
#include "proxy-core/federation/pubsub.hpp"
#include "proxy-core/mailbox/body.hpp"
#include "tests/support/open_grant.hpp"

namespace courant::test {

namespace {

constexpr std::string_view ellipsis = "…";
constexpr std::string_view packed_ellipsis = ">…</pack>";

[[noreturn]] void not_understood(const std::string& text) {
    throw std::invalid_argument("no line of a scenario: " + text);
}

std::string first_word(std::string& text) {
    const auto end = std::min(text.find(' '), text.size());
    std::string word = text.substr(0, end);
    text.erase(0, std::min(text.find_first_not_of(' ', end), text.size()));
    return word;
}

void replace(std::string& text, std::string_view what, const std::string& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
}

// The elements of a list "<a>…</a>, <b/>".
std::vector<std::string> elements_of(const std::string& text) {
    std::vector<std::string> elements;
    int depth = 0;
    std::size_t begin = 0;
    for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at + 1)) {
        const auto end = text.find('>', at);
        if (end == std::string::npos) not_understood(text);
        if (depth == 0) begin = at;
        const bool closing = text[at + 1] == '/';
        const bool empty = text[end - 1] == '/';
        depth += closing ? -1 : empty ? 0 : 1;
        if (depth == 0) elements.push_back(text.substr(begin, end + 1 - begin));
    }
    if (depth != 0 || elements.empty()) not_understood(text);
    return elements;
}

std::string attribute_of(const std::string& element, std::string_view name) {
    const std::string key = fmt::format(" {}='", name);
    const auto begin = element.find(key);
    if (begin == std::string::npos) return {};
    const auto value = begin + key.size();
    return element.substr(value, element.find('\'', value) - value);
}

// The same pack as the text of a <pack>.
std::string packed(const std::string& xml) {
    return encode_base64(compact_of(xml));
}

// A gigabyte of zeros as the text of a <pack>: one frame of 8192 blocks that each repeat a byte.
std::string bomb() {
    constexpr unsigned blocks = 8192;
    constexpr unsigned block_size = 128 * 1024;
    std::string frame("\x28\xB5\x2F\xFD\x00\x88", 6);  // no size; a window of 128 MiB
    for (unsigned i = 1; i <= blocks; ++i) {
        const unsigned head = block_size << 3 | 1U << 1 | (i == blocks ? 1U : 0U);
        for (int byte = 0; byte < 3; ++byte) frame += static_cast<char>(head >> (8 * byte));
        frame += '\0';
    }
    return encode_base64(frame);
}

// "is client", "is service": peers of other dialects.
std::optional<Dialect> dialect_named(const std::string& what) {
    if (what == "client") return Dialect::quoalise;
    if (what == "service") return Dialect::pubsub;
    return std::nullopt;
}

// Writes an attribute into the first tag, if it has none of that name.
void complete(std::string& element, std::string_view name, std::string_view value) {
    const std::string tag = element.substr(0, element.find('>'));
    if (tag.find(fmt::format(" {}=", name)) != std::string::npos) return;
    element.insert(
        tag.find_first_of(" />", 1) == std::string::npos ? tag.size() : tag.find_first_of(" />", 1),
        fmt::format(" {}='{}'", name, value));
}

}  // namespace

std::vector<Script::Line> Script::lines_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    REQUIRE(in);
    std::vector<Line> lines;
    int number = 0;
    for (std::string text; std::getline(in, text);) {
        ++number;
        const auto begin = text.find_first_not_of(' ');
        if (begin == std::string::npos || text[begin] == '#') continue;
        if (begin > 0 && !lines.empty())
            lines.back().text += ' ' + text.substr(begin);
        else
            lines.push_back({number, text.substr(begin)});
    }
    return lines;
}

void Script::play(const std::filesystem::path& file) {
    Script script;
    for (const Line& line : lines_of(file)) {
        INFO(file.filename().string() << ":" << line.number << ": " << line.text);
        try {
            script.step(line.text);
        } catch (const std::invalid_argument& error) {
            FAIL(error.what());
        }
    }
    REQUIRE(script.proxy_);
}

void Script::step(const std::string& line) {
    std::string rest = line;
    const std::string who = first_word(rest);
    const std::string verb = first_word(rest);
    if (verb == "is") return declares(who, first_word(rest), rest) ? void() : not_understood(line);
    if (!proxy_) not_understood(line);
    if (who == proxy_name_) return proxy_does(verb, rest);
    const auto actor = actors_.find(who);
    if (actor == actors_.end()) not_understood(line);
    client_does(actor->second, verb, rest);
}

// "town is proxy meter@town.example", "coop is peer zabbix@coop.example"
bool Script::declares(const std::string& who, const std::string& what, const std::string& rest) {
    std::string options = rest;
    const std::string jid = first_word(options);
    if (what == "proxy") {
        proxy_name_ = who;
        FederationSettings settings = options == "impatient" ? quick() : patient();
        settings.quoalise_names = quoalise_names(client_names(address(jid)));
        if (options == "xml-only") settings.encodings = Encodings::xml_only;
        if (options == "open") {
            settings.hears_strangers = true;
            settings.description = card_form(Shelf::card("Town"));
        }
        proxy_ = std::make_unique<Proxy>(network_, jid, settings);
        return options.empty() || options == "impatient" || options == "xml-only" ||
               options == "open";
    }
    if (!proxy_ || !options.empty()) return false;
    const auto dialect = dialect_named(what);
    if (!dialect && what != "peer" && what != "relay" && what != "stranger") return false;
    Actor& actor = actors_[who];
    actor.client = std::make_unique<Client>(network_, jid);
    if (dialect)
        proxy_->knows(actor.client->jid(), *dialect);
    else if (what != "stranger")
        proxy_->knows(actor.client->jid(), what == "relay");
    settle();
    return true;
}

void Script::proxy_does(const std::string& verb, const std::string& rest) {
    if (verb == "sends") {  // "3 to coop"
        std::istringstream words(rest);
        int messages = 0;
        std::string to, whom;
        words >> messages >> to;
        const BodyForm form = to == "packed" ? BodyForm::compact : BodyForm::xml;
        if (form == BodyForm::compact) words >> to;
        if (!(words >> whom) || to != "to" || !actors_.contains(whom)) not_understood(rest);
        proxy_->sends(actors_.at(whom).client->jid(), messages, form);
    } else if (verb == "holds") {
        settle();
        CHECK(rest == (proxy_->values().empty()
                           ? "nothing"
                           : fmt::format("{}", fmt::join(proxy_->values(), " "))));
    } else if (verb == "keeps") {  // in its outbox
        settle();
        CHECK(std::stoll(rest) == proxy_->waiting());
    } else if (verb == "buries") {  // "nothing", or the reasons of its dead letters, with | between
        settle();
        std::string reasons;
        for (const DeadLetter& letter : proxy_->dead())
            reasons += (reasons.empty() ? "" : " | ") + letter.reason;
        CHECK(rest == (reasons.empty() ? "nothing" : reasons));
    } else if (verb == "cannot" && rest == "commit") {
        proxy_->faults().fail();
    } else if (verb == "can" && rest == "commit") {
        proxy_->faults().mend();
    } else if (verb == "restarts") {
        proxy_->restart();
    } else if (verb == "loses" && rest == "its store") {
        proxy_->lose_store();
        for (const auto& [name, actor] : actors_) proxy_->knows(actor.client->jid());
    } else if (verb == "offers" && rest == "history") {
        past_ = std::make_unique<Past>(proxy_->jid(), proxy_->store());
        for (Command& command : past_->commands()) proxy_->federation().offer(std::move(command));
    } else if (verb == "offers" && rest == "a catalog") {
        shelf_ = std::make_unique<Shelf>(proxy_->jid(), proxy_->store());
        for (Command& command : shelf_->commands()) proxy_->federation().offer(std::move(command));
    } else if (verb == "remembers") {  // "coop as Coop", "coop as Coop, who is shy"
        std::istringstream words(rest);
        std::string whom, as, name, shy;
        if (!(words >> whom >> as >> name) || !actors_.contains(whom)) not_understood(rest);
        Card card = Shelf::card(name.substr(0, name.find(',')));
        card.listed = !name.ends_with(',');
        proxy_->ask([&](Mailboxes& m) {
            m.set_card(actors_.at(whom).client->jid(), to_json({card, Time{}}));
        });
    } else if (verb == "suspends") {
        if (!actors_.contains(rest)) not_understood(rest);
        proxy_->ask([&](Mailboxes& m) {
            Peer peer = m.find_peer(actors_.at(rest).client->jid()).value();
            peer.terms.suspended = "audit";
            m.put_peer(peer);
        });
    } else if (verb == "offers" && rest == "subscriptions") {
        const Logger logger(LogLevel::error, LogFormat::text, std::cerr);
        proxy_->federation().offer(
            subscribe_command(proxy_->store(), proxy_->jid(), "UTC", logger));
        proxy_->federation().offer(unsubscribe_command(proxy_->store(), proxy_->jid(), logger));
    } else if (verb == "shares") {  // "*/pv/* with coop"
        std::istringstream words(rest);
        std::string pattern, with, whom, as, resolution;
        if (!(words >> pattern >> with >> whom) || !actors_.contains(whom)) not_understood(rest);
        words >> as >> resolution;  // "as PT1H"
        proxy_->ask([&](Mailboxes& m) {
            Grant grant = open_grant(actors_.at(whom).client->jid(), "G " + whom + pattern);
            grant.series = pattern;
            grant.resolution = resolution;
            m.access().add_grant(grant);
        });
    } else if (verb == "grants") {  // "*/pv/* to coop as G"
        std::istringstream words(rest);
        std::string pattern, to, whom, as, id;
        if (!(words >> pattern >> to >> whom >> as >> id) || !actors_.contains(whom))
            not_understood(rest);
        proxy_->ask([&](Mailboxes& m) {
            Grant grant = open_grant(actors_.at(whom).client->jid(), id);
            grant.series = pattern;
            give_grant(m, grant, Time{});
        });
    } else if (verb == "withdraws") {  // "G"
        proxy_->ask([&](Mailboxes& m) {
            CHECK(change_grant(m, rest, GrantState::withdrawn, "moved", Time{}));
        });
    } else if (verb == "takes" && rest == "notices") {
        const Logger logger(LogLevel::error, LogFormat::text, std::cerr);
        Counters counters;
        ExchangeJob job({}, proxy_->store(), logger, counters);
        while (job.run({.now = Time{},
                        .deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1),
                        .stop = {}}) == Progress::more)
            continue;
    } else if (verb == "publishes") {  // "3 on open"
        std::istringstream words(rest);
        int messages = 0;
        std::string on, whom;
        if (!(words >> messages >> on >> whom) || !actors_.contains(whom)) not_understood(rest);
        publishes(actors_.at(whom).client->jid(), messages);
    } else if (verb == "offers" && rest == "client subscriptions") {
        for (Command& command : quoalise_subscription_commands(proxy_->store(), proxy_->jid(),
                                                               client_names(proxy_->jid())))
            proxy_->federation().offer(std::move(command));
    } else if (verb == "lists") {  // "2 subscriptions"
        CHECK(rest == fmt::format("{} subscriptions", proxy_->ask([](Mailboxes& m) {
                  return m.subscriptions().size();
              })));
    } else if (verb == "subscribes") {  // "alice to */pv/*"
        std::istringstream words(rest);
        std::string whom, to, pattern;
        if (!(words >> whom >> to >> pattern) || !actors_.contains(whom)) not_understood(rest);
        proxy_->ask([&](Mailboxes& m) {
            m.put_subscription({.id = 0,
                                .peer = actors_.at(whom).client->jid(),
                                .series = pattern,
                                .retain = "P1Y",
                                .grant = m.access().grants().front().id,
                                .added_at = Time{}});
        });
    } else if (verb == "gives") {  // "nothing", or its subscriptions, with | between
        std::string all;
        proxy_->ask([&](Mailboxes& m) {
            for (const Subscription& one : m.subscriptions())
                all += fmt::format("{}{} to {}{}{}", all.empty() ? "" : " | ", one.series,
                                   one.peer.to_string(), one.shape.every.empty() ? "" : " as ",
                                   one.shape.every);
        });
        CHECK(rest == (all.empty() ? "nothing" : all));
    } else if (verb == "logs") {
        settle();
        CHECK(proxy_->log().find(rest) != std::string::npos);
    } else {
        not_understood(verb + ' ' + rest);
    }
}

// One reading each, on the node "school-roof".
void Script::publishes(const Jid& service, int messages) {
    const std::string grant = "G publication";
    proxy_->ask([&](Mailboxes& m) {
        if (m.access().find_grant(grant)) return;
        m.access().add_grant(open_grant(service, grant));
        put_publication(m, grant,
                        {.node = "school-roof",
                         .series = "meter@town.example/school@town.example/pv/power",
                         .licence = "CC-BY-4.0"});
    });
    std::vector<std::string> packs;
    for (int value = 1; value <= messages; ++value) packs.push_back(pack_of(proxy_->jid(), value));
    proxy_->sends(service, packs, grant);
}

void Script::client_does(Actor& actor, const std::string& verb, const std::string& rest) {
    if (verb == "sends") {
        sends(actor, filled_in(actor, rest));
    } else if (verb == "receives" && rest == "nothing") {
        settle();
        CHECK(actor.client->heard().size() == actor.read);
    } else if (verb == "receives" && rest.starts_with("no ")) {
        receives_no(actor, filled_in(actor, rest.substr(3)));
    } else if (verb == "receives") {
        receives(actor, filled_in(actor, rest));
    } else if (verb == "leaves") {
        actor.client->leave();
    } else if (verb == "returns") {
        actor.client->come_back();
        settle();
    } else {
        not_understood(verb + ' ' + rest);
    }
}

void Script::sends(Actor& actor, const std::string& elements) {
    const std::string to = proxy_->jid().to_string();
    for (std::string element : elements_of(elements)) {
        if (element.starts_with("<message") || element.starts_with("<iq")) {
            complete(element, "to", element.starts_with("<iq") ? to + "/courant" : to);
            actor.client->says(element);
            continue;
        }
        const std::string seq = attribute_of(element, "seq");
        complete(element, "xmlns", courant_namespace);
        const std::string pack = pack_of(actor.client->jid(), seq.empty() ? 0 : std::stod(seq));
        if (element.find(packed_ellipsis) != std::string::npos)
            replace(element, packed_ellipsis, ">" + packed(pack) + "</pack>");
        replace(element, "{bomb}", bomb());
        replace(element, ellipsis, pack);
        actor.client->says(proxy_->jid(), element, "s" + seq);
    }
}

void Script::receives(Actor& actor, const std::string& path) {
    const Path wanted(path);
    run_until(
        [&] {
            const auto& heard = actor.client->heard();
            while (actor.read < heard.size())
                if (wanted.fits(heard[actor.read++])) {
                    actor.heard_id = heard[actor.read - 1].attribute("id");
                    if (const auto* command =
                            heard[actor.read - 1].child("command", commands_namespace))
                        actor.heard_session = command->attribute("sessionid");
                    return true;
                }
            return false;
        },
        *proxy_, *actor.client);
}

void Script::receives_no(Actor& actor, const std::string& path) {
    settle();
    const Path unwanted(path);
    const auto& heard = actor.client->heard();
    for (std::size_t i = actor.read; i < heard.size(); ++i) CHECK_FALSE(unwanted.fits(heard[i]));
}

// {lane} is the lane from the proxy to this actor, {lane to coop} to another one, {id} that of the
// stanza it has spoken of last.
std::string Script::filled_in(const Actor& actor, std::string text) {
    replace(text, "{id}", actor.heard_id);
    replace(text, "{session}", actor.heard_session);
    for (const auto& [name, other] : actors_)
        if (const std::string lane = "{lane to " + name + "}"; text.find(lane) != std::string::npos)
            replace(text, lane, proxy_->lane_to(other.client->jid()).lane.value);
    if (text.find("{lane}") != std::string::npos)
        replace(text, "{lane}", proxy_->lane_to(actor.client->jid()).lane.value);
    return text;
}

void Script::settle() {
    const auto turn = [&] {
        proxy_->turn();
        for (auto& [name, actor] : actors_) actor.client->turn();
        try {
            proxy_->ask([](Mailboxes&) {});
        } catch (const StoreError&) {
            // The script wants it so; what was posted before has been tried.
        }
    };
    for (int i = 0; i < 8; ++i) turn();
}

}  // namespace courant::test
