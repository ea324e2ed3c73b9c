// Answers who asks what there is.
//
//     CatalogDesk desk(rules, self, store);
//     desk.ask({.asker = coop, .question = {.pattern = "*/pv/*"}, .now = now}, [](CatalogOutcome)
//     { … });
//
// The book of series is looked at in portions, each a work of its own and all but the first at
// leisure, so that a long search holds up nobody else's work, however often it is asked for. What
// an asker may know is decided once, when it asks (catalog/catalog.hpp).
//
// Thread: ask() may be called from any; it is answered on the store's thread, or before it returns.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <tl/expected.hpp>

#include "proxy-core/catalog/catalog.hpp"
#include "proxy-core/federation/commands.hpp"
#include "proxy-core/mailbox/store_thread.hpp"

namespace courant {

/// What somebody asks.
struct CatalogAsked {
    Jid asker;
    CatalogQuestion question;
    Time now;
    /// Requested when nobody waits for the answer any more.
    std::stop_token stop = {};
};

using CatalogOutcome = tl::expected<CatalogPage, CommandRefusal>;
using CatalogDone = std::function<void(CatalogOutcome)>;

/// The catalog of one proxy.
class CatalogDesk {
  public:
    /// The most series of one page.
    static constexpr std::size_t most_on_a_page = 200;

    /// `self` is for those who are told that they may not.
    CatalogDesk(std::shared_ptr<const CatalogRules> rules, Jid self, StoreThread& store);
    /// Ends what is under way and waits for it.
    ~CatalogDesk();
    CatalogDesk(const CatalogDesk&) = delete;
    CatalogDesk& operator=(const CatalogDesk&) = delete;

    /// As whom somebody may ask; why not otherwise. In the store's transaction. Remembers a
    /// stranger, unless there is something for strangers.
    tl::expected<CatalogAsker, CommandRefusal> standing(Mailboxes& mailboxes, const Jid& asker,
                                                        Time now) const;
    /// Asks; returns at once.
    void ask(CatalogAsked asked, CatalogDone done) const;
    const CatalogRules& rules() const { return *rules_; }

  private:
    struct Search;
    void look(const std::shared_ptr<Search>& search) const;

    std::shared_ptr<const CatalogRules> rules_;
    Jid self_;
    StoreThread& store_;
    std::stop_source ending_;
};

}  // namespace courant
