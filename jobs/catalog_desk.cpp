#include "jobs/catalog_desk.hpp"

#include <algorithm>
#include <utility>

#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/admission.hpp"

namespace courant {
namespace {

using Kind = CommandRefusal::Kind;

// Looked at in one work: that takes a millisecond.
constexpr std::int64_t portion = 512;
// Each star of a pattern is another run through every name.
constexpr std::size_t longest_pattern = 512;
constexpr std::ptrdiff_t most_stars = 8;

std::string fault_of(const CatalogQuestion& question) {
    if (question.pattern.size() > longest_pattern ||
        std::count(question.pattern.begin(), question.pattern.end(), '*') > most_stars)
        return "pattern: at most 512 bytes with 8 times *";
    return {};
}

}  // namespace

/// A search under way.
struct CatalogDesk::Search {
    CatalogAsked asked;
    CatalogDone done;
    std::optional<CatalogSearch> search = {};
    bool is_long = false;
};

CatalogDesk::CatalogDesk(std::shared_ptr<const CatalogRules> rules, Jid self, StoreThread& store)
    : rules_(std::move(rules)), self_(std::move(self)), store_(store) {}

// Of each search one work at most is in the store, and none follows it now.
CatalogDesk::~CatalogDesk() {
    ending_.request_stop();
    try {
        store_.ask([](Mailboxes&) {});
    } catch (const Error&) {
        // Then they have failed; either way they are done.
    }
}

tl::expected<CatalogAsker, CommandRefusal> CatalogDesk::standing(Mailboxes& mailboxes,
                                                                 const Jid& asker, Time now) const {
    if (rules_->has_open_data() && !mailboxes.find_peer(asker.bare()))
        return CatalogAsker::stranger;
    auto refusal = admission(mailboxes, self_, asker, now).refusal;
    if (refusal.empty()) return CatalogAsker::peer;
    return tl::unexpected(CommandRefusal{.kind = Kind::forbidden, .text = std::move(refusal)});
}

void CatalogDesk::ask(CatalogAsked asked, CatalogDone done) const {
    asked.question.most = std::clamp<std::size_t>(asked.question.most, 1, most_on_a_page);
    if (auto fault = fault_of(asked.question); !fault.empty())
        return done(
            tl::unexpected(CommandRefusal{.kind = Kind::bad_request, .text = std::move(fault)}));
    auto search = std::make_shared<Search>(Search{std::move(asked), std::move(done)});
    auto refusal = std::make_shared<std::optional<CommandRefusal>>();
    store_.post(
        [this, search, refusal](Mailboxes& m) {
            const auto& [asker, question, now, stop] = search->asked;
            const auto as = standing(m, asker, now);
            if (!as) {
                *refusal = as.error();
                return;
            }
            search->search.emplace(CatalogView(rules_, asker, *as, m.access().grants(),
                                               m.subjects().objections(), now),
                                   question);
        },
        [this, search, refusal](const std::exception_ptr& failure) {
            if (failure)
                return search->done(tl::unexpected(CommandRefusal{
                    .kind = Kind::busy, .text = "the proxy's store is away; ask again"}));
            if (*refusal) return search->done(tl::unexpected(**refusal));
            look(search);
        });
}

void CatalogDesk::look(const std::shared_ptr<Search>& search) const {
    if (search->asked.stop.stop_requested() || ending_.stop_requested())
        return search->done(
            tl::unexpected(CommandRefusal{.kind = Kind::failed, .text = "cancelled"}));
    // A work may be run again, and then begins where this one did.
    auto next = std::make_shared<std::pair<std::optional<CatalogSearch>, bool>>();
    Work work = [search, next](Mailboxes& m) {
        next->first = search->search;
        next->second = next->first->look(m.series(), portion);
    };
    Done done = [this, search, next](const std::exception_ptr& failure) {
        if (failure)
            return search->done(tl::unexpected(CommandRefusal{
                .kind = Kind::busy, .text = "the proxy's store is away; ask again"}));
        search->search = std::move(next->first);
        if (next->second) return look(search);
        search->done(search->search->found());
    };
    // Who has much looked through waits for it, and not the others for him.
    if (std::exchange(search->is_long, true))
        store_.post_at_leisure(std::move(work), std::move(done));
    else
        store_.post(std::move(work), std::move(done));
}

}  // namespace courant
