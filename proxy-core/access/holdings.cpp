#include "proxy-core/access/holdings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "proxy-core/access/subject_book.hpp"
#include "proxy-core/catalog/series_book.hpp"
#include "proxy-core/mailbox/archive.hpp"
#include "proxy-core/mailbox/body.hpp"
#include "proxy-core/mailbox/reading_archive.hpp"
#include "senml/codec.hpp"
#include "senml/name.hpp"

namespace courant {
namespace {

using Place = Holding::Place;

constexpr PageLimit page{.messages = 200, .bytes = std::int64_t{8} << 20};

/// Goes through the mailboxes, place after place and page after page. A value: whoever has to
/// repeat a step goes on from a copy.
class Walk {
  public:
    explicit Walk(Place last) : last_(last) {}

    /// What the next page has about somebody; false when everything was seen.
    bool next(Mailboxes& m, const SubjectNames& who, std::vector<Holding>& found);

  private:
    bool outbox(Mailboxes& m);
    bool inbox(Mailboxes& m);
    bool waiting(Mailboxes& m);
    bool dead(Mailboxes& m);
    bool archive(Mailboxes& m);
    bool next_lane(std::size_t lanes);
    void see(Place place, Message message, std::int64_t id);
    void see(const DeadLetter& letter);

    Place last_;
    Place place_ = Place::outbox;
    std::size_t lane_ = 0;
    std::int64_t after_ = 0;
    const SubjectNames* who_ = nullptr;
    std::vector<Holding>* found_ = nullptr;
};

// The readings of a pack, those about the subject apart; nothing where there are none.
std::optional<Holding> sifted(const senml::Pack& pack, const SubjectNames& who) {
    std::vector<bool> means(pack.name_count());
    for (std::size_t i = 0; i < means.size(); ++i)
        means[i] = who.means(pack.name(senml::NameId{static_cast<std::uint32_t>(i)}));
    if (std::find(means.begin(), means.end(), true) == means.end()) return std::nullopt;
    Holding holding;
    for (std::size_t i = 0; i < pack.size(); ++i)
        (means[static_cast<std::size_t>(pack[i].name)] ? holding.about : holding.others)
            .add_from(pack, i);
    holding.others.set_version(pack.version());
    if (holding.about.empty()) return std::nullopt;
    return holding;
}

// Without readings no form has an image of a pack: nothing is left of the body, either.
std::string body_of(const senml::Pack& pack, BodyForm form) {
    if (pack.empty()) return {};
    if (form == BodyForm::compact)
        if (auto compact = BodyWriter().compact(pack)) return *std::move(compact);
    const auto xml = senml::write(senml::Format::xml, pack);
    if (!xml) throw StoreError(xml.error().to_string(), Retry::useless);
    return *xml;
}

std::string_view without_tail(std::string_view text, std::string_view tail) {
    return text.ends_with(tail) ? text.substr(0, text.size() - tail.size()) : text;
}

}  // namespace

std::string_view to_word(Place place) {
    switch (place) {
        case Place::outbox:
            return "outbox";
        case Place::inbox:
            return "inbox";
        case Place::waiting:
            return "waiting";
        case Place::dead:
            return "dead";
        case Place::archive:
            break;
    }
    return "archive";
}

SubjectNames::SubjectNames(std::string subject, const std::vector<GivenName>& pseudonyms)
    : subject_(std::move(subject)) {
    // A name of which only the middle matters.
    const auto name = senml::Name::parse("a@a.example/" + subject_ + "/x");
    spellings_.push_back("/" + subject_ + "/");
    if (name) {
        const std::string spelled = name->senml();
        spellings_.emplace_back(
            without_tail(std::string_view(spelled).substr(spelled.find('/')), "x"));
    }
    for (const GivenName& given : pseudonyms) {
        pseudonyms_.insert(given.pseudonym);
        spellings_.push_back("/" + given.pseudonym);
    }
}

bool SubjectNames::means(std::string_view series) const {
    const auto name = senml::Name::parse(series);
    if (!name) return false;
    return pseudonyms_.contains(name->subject()) ||
           name->subject() + "@" + name->subject_server() == subject_;
}

bool SubjectNames::mentioned_in(std::string_view text) const {
    return std::any_of(spellings_.begin(), spellings_.end(), [&](const std::string& spelling) {
        return text.find(spelling) != std::string_view::npos;
    });
}

// --- the walk

void Walk::see(Place place, Message message, std::int64_t id) {
    senml::Pack pack;
    // What cannot be read was let in by nobody; the body of a void is empty.
    if (message.body.empty() ||
        !BodyReader(stored_body_limits).read(message.body, message.stored_at, pack))
        return;
    auto holding = sifted(pack, *who_);
    if (!holding) return;
    holding->place = place;
    holding->message = std::move(message);
    holding->id = id;
    found_->push_back(*std::move(holding));
}

void Walk::see(const DeadLetter& letter) {
    senml::Pack pack;
    std::optional<Holding> holding;
    if (BodyReader(stored_body_limits).read(letter.payload, letter.at, pack)) {
        holding = sifted(pack, *who_);
    } else if (who_->mentioned_in(letter.payload) || who_->mentioned_in(letter.reason)) {
        holding.emplace();
        holding->illegible = true;
    }
    if (!holding) return;
    holding->place = Place::dead;
    holding->id = letter.id;
    holding->message.envelope = letter.envelope;
    holding->message.stored_at = letter.at;
    holding->message.body = letter.payload;
    if (auto peer = Jid::parse(letter.whom)) holding->message.peer = *std::move(peer);
    if (letter.lane) holding->message.lane = *letter.lane;
    holding->message.seq = letter.seq.value_or(0);
    found_->push_back(*std::move(holding));
}

bool Walk::next_lane(std::size_t lanes) {
    after_ = 0;
    return ++lane_ < lanes;
}

bool Walk::outbox(Mailboxes& m) {
    const auto lanes = m.outgoing_lanes();
    if (lane_ >= lanes.size()) return false;
    auto messages = m.outbox(lanes[lane_].lane, after_, page);
    if (messages.empty()) return next_lane(lanes.size());
    after_ = messages.back().seq;
    for (Message& message : messages) see(Place::outbox, std::move(message), 0);
    return true;
}

bool Walk::inbox(Mailboxes& m) {
    auto arrivals = m.inbox(after_, page);
    if (arrivals.empty()) return false;
    after_ = arrivals.back().position;
    for (Arrival& arrival : arrivals)
        see(Place::inbox, std::move(arrival.message), arrival.position);
    return true;
}

bool Walk::waiting(Mailboxes& m) {
    const auto lanes = m.incoming_lanes();
    if (lane_ >= lanes.size()) return false;
    auto numbers = m.archive().waiting(lanes[lane_].peer, lanes[lane_].lane, after_, 50);
    if (numbers.empty()) return next_lane(lanes.size());
    after_ = numbers.back().message.seq;
    for (Waiting& number : numbers) see(Place::waiting, std::move(number.message), 0);
    return true;
}

bool Walk::dead(Mailboxes& m) {
    const auto letters = m.dead(after_, page);
    if (letters.empty()) return false;
    after_ = letters.back().id;
    for (const DeadLetter& letter : letters) see(letter);
    return true;
}

// A page of one series, apart by quality.
bool Walk::archive(Mailboxes& m) {
    const auto all = m.past().series();
    while (lane_ < all.size() && !who_->means(all[lane_].name)) next_lane(all.size());
    if (lane_ >= all.size()) return false;
    const KeptSeries& series = all[lane_];
    const Time from = after_ == 0 ? series.first : Time(std::chrono::nanoseconds(after_));
    const KeptPage kept = m.past().read(series.name, from, Time::max(), page.messages);
    std::map<Quality, Holding> by_quality;
    for (std::size_t i = 0; i < kept.readings.size(); ++i) {
        Holding& holding = by_quality[kept.known[i].quality];
        holding.place = Place::archive;
        holding.message.envelope.quality = kept.known[i].quality;
        holding.message.stored_at = kept.readings[i].time;
        holding.about.add_from(kept.readings, i);
    }
    for (auto& [quality, holding] : by_quality) found_->push_back(std::move(holding));
    if (kept.readings.empty()) return next_lane(all.size());
    after_ = kept.readings[kept.readings.size() - 1].time.time_since_epoch().count() + 1;
    return true;
}

bool Walk::next(Mailboxes& m, const SubjectNames& who, std::vector<Holding>& found) {
    who_ = &who;
    found_ = &found;
    const auto step = [&] {
        switch (place_) {
            case Place::outbox:
                return outbox(m);
            case Place::inbox:
                return inbox(m);
            case Place::waiting:
                return waiting(m);
            case Place::dead:
                return dead(m);
            case Place::archive:
                break;
        }
        return archive(m);
    };
    if (step()) return true;
    if (place_ == last_) return false;
    place_ = static_cast<Place>(static_cast<int>(place_) + 1);
    lane_ = 0;
    after_ = 0;
    return true;
}

namespace {

void rewrite(Mailboxes& m, const std::vector<Holding>& found, std::string_view reason) {
    std::vector<Rewritten> inbox;
    for (const Holding& one : found) {
        const Message& message = one.message;
        const auto left = static_cast<std::int64_t>(one.others.size());
        if (one.place == Place::dead && left == 0) {
            m.remove_dead(one.id);
            continue;
        }
        const std::string body = body_of(one.others, form_of(message.body));
        switch (one.place) {
            case Place::outbox:
                m.subjects().rewrite_outgoing(message.lane, message.seq, body, left, reason);
                break;
            case Place::inbox:
                inbox.push_back({one.id, body, left});
                break;
            case Place::waiting:
                m.subjects().rewrite_waiting(message.peer, message.lane, message.seq, body, left);
                break;
            case Place::dead:
                m.subjects().rewrite_dead(one.id, body);
                break;
            case Place::archive:
                break;  // goes by name (clear_archive)
        }
    }
    m.subjects().rewrite_inbox(inbox);
}

// What was kept of sent readings, and what the catalog remembers.
void clear_archive(Store& store, const SubjectNames& who) {
    constexpr std::int64_t at_once = 1'000;
    std::vector<std::string> names;
    store.commit([&](Mailboxes& m) {
        names.clear();
        for (const KeptSeries& series : m.past().series())
            if (who.means(series.name)) names.push_back(named_series(series.name).name);
        for (const SeriesSeen& series :
             m.series().page("", std::numeric_limits<std::int64_t>::max()))
            if (who.means(series.name)) m.series().forget(series.name);
    });
    for (const std::string& name : names)
        for (std::int64_t erased = at_once; erased != 0;)
            store.commit([&](Mailboxes& m) { erased = m.past().erase(name, at_once); });
}

}  // namespace

void walk_holdings(Store& store, const SubjectNames& who,
                   const std::function<void(const Holding&)>& use) {
    Walk walk(Place::archive);
    for (bool more = true; more;) {
        std::vector<Holding> found;
        store.read([&](Mailboxes& m) { more = walk.next(m, who, found); });
        for (const Holding& one : found) use(one);
    }
}

TakenOut take_out(Store& store, const SubjectNames& who, Scope scope, std::string_view reason) {
    TakenOut taken;
    Walk walk(scope == Scope::outbox ? Place::outbox : Place::dead);
    for (bool more = true; more;) {
        std::vector<Holding> found;
        Walk gone = walk;
        // Most pages have nothing: they cost no transaction that writes.
        store.read([&](Mailboxes& m) { more = gone.next(m, who, found); });
        if (!found.empty())
            store.commit([&](Mailboxes& m) {
                gone = walk;
                found.clear();
                more = gone.next(m, who, found);
                rewrite(m, found, reason);
            });
        walk = gone;
        for (const Holding& one : found) {
            ++(one.place == Place::dead ? taken.dead_letters : taken.messages);
            taken.readings += static_cast<std::int64_t>(one.about.size());
        }
    }
    if (scope == Scope::everything) clear_archive(store, who);
    return taken;
}

}  // namespace courant
