#include "jobs/quoalise_subscriptions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/admission.hpp"
#include "proxy-core/access/series_pattern.hpp"

namespace courant {
namespace {

using Kind = CommandRefusal::Kind;
using Refusal = std::optional<CommandRefusal>;
using Names = std::vector<QuoaliseName>;

/// Does what was asked, in the store's transaction; why it did not.
using Change = Refusal (*)(Mailboxes&, const Names&, const Jid& self, const Jid& asker,
                           const std::string& identifier, Time now);

CommandRefusal refusal(Kind kind, std::string text) {
    return {.kind = kind, .text = std::move(text)};
}

// Of several grants the one that ends last.
const Grant* longest(const std::vector<Grant>& grants, const Jid& asker, const NamedSeries& series,
                     Time now) {
    const Grant* best = nullptr;
    const auto lasts_to = [](const Grant& grant) { return grant.until.value_or(Time::max()); };
    for (const Grant& grant : grants) {
        if (grant.peer != asker || !covers(grant, series) || !obstacle(grant, now).empty())
            continue;
        if (!best || lasts_to(grant) > lasts_to(*best)) best = &grant;
    }
    return best;
}

// In the words of the deployed servers, which their users may look for.
std::string why_not(const std::vector<Grant>& grants, const Jid& self, const Jid& asker,
                    const NamedSeries& series, const std::string& identifier, Time now) {
    const std::string hint = fmt::format(". Ask the administrator of {}", self.to_string());
    bool later = false;
    bool earlier = false;
    for (const Grant& grant : grants) {
        if (grant.peer != asker || !covers(grant, series)) continue;
        (now < grant.from ? later : earlier) = true;
    }
    if (later) return fmt::format("Consent registered for {} is not valid yet", identifier) + hint;
    if (earlier)
        return fmt::format("Consent registered for {} is no longer valid", identifier) + hint;
    return fmt::format("No consent registered for {}", identifier) + hint;
}

// Our own protocol's messages would mean nothing to a client.
Refusal wrong_dialect(Mailboxes& m, const Jid& self, const Jid& asker) {
    const auto peer = m.find_peer(asker);
    if (peer && peer->dialect == Dialect::quoalise) return std::nullopt;
    return refusal(
        Kind::not_authorized,
        fmt::format("{0} is known here as something else than a Quoalise client. Ask the "
                    "administrator of {1} for: courant peer add {0} --dialect quoalise",
                    asker.to_string(), self.to_string()));
}

Refusal subscribe(Mailboxes& m, const Names& names, const Jid& self, const Jid& asker,
                  const std::string& identifier, Time now) {
    const auto name = std::ranges::find(names, identifier, &QuoaliseName::identifier);
    if (name == names.end())
        return refusal(Kind::bad_request, fmt::format("Subscription to {} is not supported",
                                                      identifier.empty() ? "nothing" : identifier));
    if (auto wrong = wrong_dialect(m, self, asker)) return wrong;
    const NamedSeries series = named_series(name->series);
    const auto grants = m.access().grants();
    for (const Subscription& one : m.subscriptions()) {
        if (one.peer != asker || one.series != series.name) continue;
        const auto grant = std::ranges::find(grants, one.grant, &Grant::id);
        if (grant != grants.end() && covers(*grant, series) && obstacle(*grant, now).empty())
            return std::nullopt;
    }
    const Grant* grant = longest(grants, asker, series, now);
    if (!grant)
        return refusal(Kind::not_authorized, why_not(grants, self, asker, series, identifier, now));
    m.put_subscription({.id = 0,
                        .peer = asker,
                        .series = series.name,
                        .retain = grant->retain,
                        .grant = grant->id,
                        .added_at = now});
    return std::nullopt;
}

// A name is below another one behind what ends a device ("_") or a level ("/"): prm:1 is none of
// prm:12.
bool is_at_or_below(std::string_view identifier, std::string_view asked) {
    if (asked.empty() || !identifier.starts_with(asked)) return false;
    return identifier.size() == asked.size() || identifier[asked.size()] == '_' ||
           identifier[asked.size()] == '/';
}

Refusal unsubscribe(Mailboxes& m, const Names& names, const Jid& self, const Jid& asker,
                    const std::string& identifier, Time) {
    std::vector<std::string> ended;
    for (const QuoaliseName& name : names)
        if (is_at_or_below(name.identifier, identifier))
            ended.push_back(named_series(name.series).name);
    if (ended.empty())
        return refusal(Kind::bad_request,
                       fmt::format("{} measurement is not known",
                                   identifier.empty() ? "an unnamed" : identifier));
    std::vector<std::int64_t> ids;
    for (const Subscription& one : m.subscriptions()) {
        if (one.peer != asker) continue;
        if (std::ranges::find(ended, one.series) != ended.end()) {
            ids.push_back(one.id);
            continue;
        }
        // "Success" would be a lie: it would still get them.
        const auto covered = std::ranges::find_if(
            ended, [&](const std::string& name) { return series_matches(one.series, name); });
        if (covered != ended.end())
            return refusal(Kind::bad_request,
                           fmt::format("{} comes with more, as {}: the administrator of {} made "
                                       "that subscription and can end it",
                                       identifier, one.series, self.to_string()));
    }
    for (const std::int64_t id : ids) m.remove_subscription(id);
    return std::nullopt;
}

CommandAnswer success(std::string_view title, std::string_view identifier) {
    return {.form = {.type = Form::Type::result,
                     .title = std::string(title),
                     .fields = {{.var = "result",
                                 .label = fmt::format("{} to {}", title, identifier),
                                 .values = {"Success"},
                                 .type = "fixed"}}},
            .payload = {}};
}

Command command(std::string_view node, std::string title, Change change, StoreThread& store,
                const Jid& self, const std::shared_ptr<const Names>& names) {
    return {
        .node = std::string(node),
        .title = title,
        .may_run = peers_only(self, Kind::not_authorized),
        .form =
            [title, names](Time) {
                return Form{.title = title,
                            .fields = {{.var = "identifier",
                                        .label = "Identifier",
                                        .values = {names->empty() ? "" : names->front().identifier},
                                        .required = true}}};
            },
        .run =
            [title, change, &store, self, names](const CommandQuestion& question,
                                                 const CommandReply& reply) {
                const std::string identifier(question.form.value("identifier"));
                auto refused = std::make_shared<Refusal>();
                store.post(
                    [=, asker = question.asker.bare(), now = question.now](Mailboxes& m) {
                        *refused = change(m, *names, self, asker, identifier, now);
                    },
                    [=](const std::exception_ptr& failure) {
                        if (failure)
                            reply(tl::unexpected(
                                CommandRefusal{.kind = Kind::upstream,
                                               .text = "the proxy's store is away; ask again later",
                                               .issuer = "courant",
                                               .code = "store-away"}));
                        else if (*refused)
                            reply(tl::unexpected(**refused));
                        else
                            reply(success(title, identifier));
                    });
            }};
}

}  // namespace

std::vector<Command> quoalise_subscription_commands(StoreThread& store, const Jid& self,
                                                    const std::vector<QuoaliseName>& names) {
    const auto shared = std::make_shared<const Names>(names);
    return {command(quoalise_subscribe_node, "Subscribe", subscribe, store, self, shared),
            command(quoalise_unsubscribe_node, "Unsubscribe", unsubscribe, store, self, shared)};
}

QuoaliseNames quoalise_names(const std::vector<QuoaliseName>& names) {
    QuoaliseNames by_series;
    for (const QuoaliseName& name : names) by_series.try_emplace(name.series, name.identifier);
    return by_series;
}

}  // namespace courant
