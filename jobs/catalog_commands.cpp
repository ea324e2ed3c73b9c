#include "jobs/catalog_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "proxy-core/catalog/catalog_element.hpp"

namespace courant {
namespace {

using Kind = CommandRefusal::Kind;

constexpr std::size_t usual_most = 50;
constexpr std::size_t most_in_directory = 200;

// The number that a field holds; nothing where it holds none that can be.
std::optional<std::size_t> number_in(std::string_view text) {
    std::size_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || number == 0)
        return std::nullopt;
    return number;
}

tl::expected<std::size_t, CommandRefusal> most_of(const Form& form) {
    const auto text = form.value("max");
    if (text.empty()) return usual_most;
    if (const auto most = number_in(text)) return *most;
    return tl::unexpected(CommandRefusal{
        .kind = Kind::bad_request, .text = fmt::format("max: \"{}\" is no number above 0", text)});
}

Form counted(std::string title, std::string_view what, std::size_t count) {
    return {
        .type = Form::Type::result,
        .title = std::move(title),
        .fields = {{.var = std::string(what), .values = {std::to_string(count)}, .type = "fixed"}}};
}

std::vector<FormField> paging_fields() {
    return {{.var = "after", .label = "Behind", .description = "The last one of the page before"},
            {.var = "max", .label = "At most", .values = {std::to_string(usual_most)}}};
}

void run_catalog(const CatalogDesk& desk, PageBytes bytes, const CommandQuestion& question,
                 CommandReply reply) {
    const auto most = most_of(question.form);
    if (!most) return reply(tl::unexpected(most.error()));
    CatalogQuestion wanted{.after = std::string(question.form.value("after")), .most = *most};
    if (const auto pattern = question.form.value("pattern"); !pattern.empty())
        wanted.pattern = pattern;
    desk.ask({.asker = question.asker,
              .question = std::move(wanted),
              .now = question.now,
              .stop = question.stop},
             [bytes, reply = std::move(reply)](CatalogOutcome outcome) {
                 if (!outcome) return reply(tl::unexpected(std::move(outcome.error())));
                 reply(CommandAnswer{.form = counted("Catalog", "series", outcome->entries.size()),
                                     .payload = catalog_element(*outcome, bytes.most)});
             });
}

// Every item is the catalog's node and a name; what is to be said of it, the command says.
std::vector<CommandItem> items_of(const CatalogPage& page) {
    std::vector<CommandItem> items;
    for (const CatalogEntry& entry : page.entries)
        items.push_back({.id = entry.series,
                         .node = fmt::format("{}/{}", catalog_node, entry.series),
                         .name = entry.title.empty() ? entry.series : entry.title});
    return items;
}

// Ours and those of peers that want to be listed, in the order of the JIDs.
DirectoryPage directory(Mailboxes& m, const Listed& own, const std::string& after,
                        std::size_t most) {
    std::vector<Listed> all;
    if (!own.card.empty()) all.push_back(own);
    for (const Peer& peer : m.peers()) {
        const auto remembered = card_from_json(peer.card);
        if (remembered && remembered->card.listed && peer.terms.suspended.empty())
            all.push_back({peer.jid, remembered->card});
    }
    std::erase_if(all, [&](const Listed& one) { return one.jid.to_string() <= after; });
    std::sort(all.begin(), all.end(), [](const Listed& a, const Listed& b) {
        return a.jid.to_string() < b.jid.to_string();
    });
    DirectoryPage page;
    page.more = all.size() > most;
    if (page.more) all.resize(most);
    page.organisations = std::move(all);
    return page;
}

}  // namespace

Command catalog_command(const CatalogDesk& desk, PageBytes page) {
    return {.node = std::string(catalog_node),
            .title = "Catalog",
            .may_run = [&desk](Mailboxes& m, const Jid& asker,
                               Time now) -> std::optional<CommandRefusal> {
                const auto as = desk.standing(m, asker, now);
                return as ? std::nullopt : std::optional(as.error());
            },
            .form =
                [](Time) {
                    Form form{.title = "Catalog",
                              .fields = {{.var = "pattern",
                                          .label = "Which series",
                                          .values = {"*"},
                                          .description = "* stands for any run of characters"}}};
                    for (FormField& field : paging_fields()) form.fields.push_back(field);
                    return form;
                },
            .run = [&desk, page](
                       const CommandQuestion& question,
                       CommandReply reply) { run_catalog(desk, page, question, std::move(reply)); },
            .items =
                [&desk](ItemsQuestion question, ItemsReply reply) {
                    desk.ask({.asker = std::move(question.asker),
                              .question = {.after = std::move(question.after),
                                           .most = question.most.value_or(usual_most)},
                              .now = question.now},
                             [reply = std::move(reply)](CatalogOutcome outcome) {
                                 if (!outcome) return reply(tl::unexpected(outcome.error()));
                                 reply(items_of(*outcome));
                             });
                }};
}

Command about_command(const Card& card) {
    return {.node = std::string(about_node),
            .title = "About",
            .may_run = [](Mailboxes&, const Jid&, Time) { return std::nullopt; },
            .form = [](Time) { return Form{.title = "About", .fields = {}}; },
            .run =
                [card](const CommandQuestion&, const CommandReply& reply) {
                    reply(CommandAnswer{.form = card_form(card), .payload = card_element(card)});
                }};
}

Command directory_command(const Jid& self, const Card& card, StoreThread& store, PageBytes bytes) {
    return {.node = std::string(directory_node),
            .title = "Directory",
            .may_run = peers_only(self),
            .form = [](Time) { return Form{.title = "Directory", .fields = paging_fields()}; },
            .run =
                [own = Listed{self, card}, &store, bytes](const CommandQuestion& question,
                                                          const CommandReply& reply) {
                    const auto most = most_of(question.form);
                    if (!most) return reply(tl::unexpected(most.error()));
                    auto page = std::make_shared<DirectoryPage>();
                    store.post(
                        [page, own, after = std::string(question.form.value("after")),
                         most = std::min(*most, most_in_directory)](Mailboxes& m) {
                            *page = directory(m, own, after, most);
                        },
                        [page, reply, bytes](const std::exception_ptr& failure) {
                            if (failure)
                                return reply(tl::unexpected(CommandRefusal{
                                    .kind = Kind::busy,
                                    .text = "the proxy's store is away; ask again"}));
                            reply(CommandAnswer{.form = counted("Directory", "organisations",
                                                                page->organisations.size()),
                                                .payload = directory_element(*page, bytes.most)});
                        });
                }};
}

}  // namespace courant
