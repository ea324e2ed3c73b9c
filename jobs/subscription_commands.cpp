#include "jobs/subscription_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/period.hpp"
#include "proxy-core/access/subscribing.hpp"
#include "proxy-core/config/duration.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/lane_id.hpp"
#include "proxy-core/word_table.hpp"
#include "senml/name.hpp"
#include "senml/number.hpp"

namespace courant {
namespace {

using Kind = CommandRefusal::Kind;
using Status = SubscriptionAnswer::Status;

constexpr WordTable<Status, 4> status_words{{{Status::active, "active"},
                                             {Status::waiting, "waiting"},
                                             {Status::refused, "refused"},
                                             {Status::ended, "ended"}}};

tl::unexpected<CommandRefusal> refused(Kind kind, std::string text) {
    return tl::unexpected(CommandRefusal{.kind = kind, .text = std::move(text)});
}

// --- the form

/// The wish in a form, or what is wrong with it.
tl::expected<SubscriptionWish, std::string> wish_in(const CommandQuestion& question) {
    const Form& form = question.form;
    SubscriptionWish wish{.peer = question.asker.bare(),
                          .series = std::string(form.value("series")),
                          .shape = {.every = std::string(form.value("every")),
                                    .heartbeat = std::string(form.value("heartbeat"))},
                          .retain = std::string(form.value("retain")),
                          .grant = std::string(form.value("grant"))};
    // A name may come in either spelling; a pattern is in people's.
    if (const auto name = senml::Name::parse(wish.series)) wish.series = name->people();
    if (auto fault = fault_of_pattern(wish.series); !fault.empty()) return tl::unexpected(fault);
    if (const auto text = form.value("dead_band"); !text.empty()) {
        const auto read =
            std::from_chars(text.data(), text.data() + text.size(), wish.shape.dead_band);
        if (read.ec != std::errc{} || read.ptr != text.data() + text.size())
            return tl::unexpected(fmt::format("dead_band: \"{}\" is no number", text));
    }
    if (const auto word = form.value("quality"); !word.empty()) {
        const auto quality = quality_from(word);
        if (!quality)
            return tl::unexpected(fmt::format(
                "quality: \"{}\" is none of missing, estimated, raw, corrected, validated, "
                "invoiced",
                word));
        wish.shape.quality = *quality;
    }
    if (auto fault = fault_of(wish.shape); !fault.empty()) return tl::unexpected(fault);
    if (!wish.retain.empty() && !is_iso_duration(wish.retain))
        return tl::unexpected(
            fmt::format("retain: \"{}\" is no ISO 8601 duration, such as P3Y", wish.retain));
    return wish;
}

CommandAnswer answer_of(const SubscriptionAnswer& answer) {
    const Subscription& one = answer.subscription;
    std::string dead_band;
    if (one.shape.dead_band > 0) senml::append_number(dead_band, one.shape.dead_band);
    CommandAnswer out{.form = {.type = Form::Type::result, .title = "Subscription"}};
    out.payload = "<subscription";
    append_attribute(out.payload, "xmlns", courant_namespace);
    append_attribute(out.payload, "status", to_word(answer.status));
    for (const auto& [name, value] :
         {std::pair<std::string_view, std::string_view>{"series", one.series},
          {"every", one.shape.every},
          {"dead-band", dead_band},
          {"heartbeat", one.shape.heartbeat},
          {"quality", one.shape.quality == Quality::missing ? "" : to_word(one.shape.quality)},
          {"retain", one.retain},
          {"grant", one.grant}})
        if (!value.empty()) append_attribute(out.payload, name, value);
    out.payload += "/>";
    out.form.fields.push_back({.var = "status",
                               .label = answer.note,
                               .values = {std::string(to_word(answer.status))},
                               .type = "fixed"});
    return out;
}

// --- decisions

std::int64_t subscriptions_beside(Mailboxes& m, const SubscriptionWish& wish) {
    const auto all = m.subscriptions();
    return std::count_if(all.begin(), all.end(), [&](const Subscription& one) {
        return one.peer == wish.peer && one.series != wish.series;
    });
}

SubscriptionOutcome let_wait(Mailboxes& m, const SubscriptionWish& wish, Time now) {
    std::int64_t waiting = 0;
    const Subscription as_asked{.peer = wish.peer,
                                .series = wish.series,
                                .retain = wish.retain,
                                .grant = {},
                                .added_at = now,
                                .shape = wish.shape};
    for (const SubscriptionRequest& request : m.shapes().requests()) {
        if (request.peer != wish.peer) continue;
        if (request.series != wish.series) {
            waiting += request.refusal.empty() ? 1 : 0;
        } else if (!request.refusal.empty()) {
            return SubscriptionAnswer{Status::refused, as_asked, request.refusal};
        }
    }
    if (waiting >= most_subscription_requests)
        return refused(Kind::busy, fmt::format("{} of your requests wait for our administrator "
                                               "already; more can be asked once they are answered",
                                               waiting));
    m.shapes().put_request({.id = make_lane_id(now).value,
                            .peer = wish.peer,
                            .series = wish.series,
                            .shape = wish.shape,
                            .retain = wish.retain,
                            .asked_at = now});
    return SubscriptionAnswer{Status::waiting, as_asked,
                              "No grant of yours covers this. It waits for our administrator; ask "
                              "again to hear what has become of it."};
}

void forget_request(Mailboxes& m, const Jid& peer, std::string_view series) {
    for (const SubscriptionRequest& request : m.shapes().requests())
        if (request.peer == peer && request.series == series && request.refusal.empty())
            m.shapes().remove_request(request.id);
}

/// Has a decision made by the store and told.
template <class Decide, class Told>
void decide(StoreThread& store, CommandReply reply, Decide work, Told told) {
    auto outcome = std::make_shared<SubscriptionOutcome>();
    store.post([outcome, work = std::move(work)](Mailboxes& m) { *outcome = work(m); },
               [outcome, told = std::move(told),
                reply = std::move(reply)](const std::exception_ptr& failure) {
                   if (failure)
                       return reply(refused(Kind::busy, "the proxy's store is away; ask again"));
                   if (!*outcome) return reply(tl::unexpected(std::move(outcome->error())));
                   told(**outcome);
                   reply(answer_of(**outcome));
               });
}

FormField field(std::string var, std::string label, std::string description) {
    return {
        .var = std::move(var), .label = std::move(label), .description = std::move(description)};
}

}  // namespace

std::string_view to_word(SubscriptionAnswer::Status status) {
    return word_of(status_words, status);
}

SubscriptionOutcome subscribe(Mailboxes& m, const SubscriptionWish& wish,
                              const date::time_zone& zone, Time now) {
    auto grants = grants_for(wish.peer, wish.series, m.access().grants(), now);
    if (!wish.grant.empty())
        std::erase_if(grants, [&](const Grant& grant) { return grant.id != wish.grant; });
    if (grants.empty()) return let_wait(m, wish, now);
    // For what the readings may be used hangs on the grant: the peer says which one it means.
    if (grants.size() > 1) {
        std::string ids;
        for (const Grant& grant : grants) ids += fmt::format(" {} ({})", grant.id, grant.purpose);
        return refused(Kind::bad_request,
                       "grant: several of your grants cover this; say which one you mean:" + ids);
    }
    const Grant& grant = grants.front();
    const auto shape = granted_shape(wish.shape, grant, zone, now);
    if (!shape) return refused(Kind::bad_request, shape.error());
    if (subscriptions_beside(m, wish) >= most_asked_subscriptions)
        return refused(Kind::busy, fmt::format("you have {} subscriptions here, and more are not "
                                               "given; a pattern covers many series",
                                               most_asked_subscriptions));
    const Subscription subscription{.peer = wish.peer,
                                    .series = wish.series,
                                    .retain = granted_retention(wish.retain, grant),
                                    .grant = grant.id,
                                    .added_at = now,
                                    .shape = *shape};
    m.put_subscription(subscription);
    forget_request(m, wish.peer, wish.series);
    return SubscriptionAnswer{
        Status::active, subscription,
        *shape == wish.shape ? "What comes from now on goes to you."
                             : "What comes from now on goes to you, no finer than is granted."};
}

SubscriptionAnswer unsubscribe(Mailboxes& m, const Jid& peer, std::string_view series) {
    for (const Subscription& one : m.subscriptions())
        if (one.peer == peer.bare() && one.series == series) m.remove_subscription(one.id);
    forget_request(m, peer.bare(), series);
    return {Status::ended,
            {.peer = peer.bare(), .series = std::string(series)},
            "Nothing more goes to you under this."};
}

Command subscribe_command(StoreThread& store, const Jid& self, const std::string& time_zone,
                          Logger logger) {
    return {.node = std::string(subscribe_node),
            .title = "Subscribe",
            .may_run = peers_only(self),
            .form =
                [](Time) {
                    Form form{.title = "Subscribe"};
                    form.fields = {
                        field("series", "Series", "A series or a pattern: app@server/*/power"),
                        field("every", "Period", "ISO 8601, as PT15M; empty: every value"),
                        field("dead_band", "Dead band", "Only what moved by this much; empty: all"),
                        field("heartbeat", "Heartbeat", "But one after this long, as PT1H"),
                        field("quality", "Least quality", "As validated; empty: any"),
                        field("retain", "Kept for", "ISO 8601; empty: as long as is granted"),
                        field("grant", "Grant", "Where several cover it")};
                    form.fields.front().required = true;
                    return form;
                },
            .run =
                [&store, &zone = zone_named(time_zone), logger = std::move(logger)](
                    const CommandQuestion& question, CommandReply reply) {
                    auto wish = wish_in(question);
                    if (!wish) return reply(refused(Kind::bad_request, std::move(wish.error())));
                    decide(
                        store, std::move(reply),
                        [wish = *wish, &zone, now = question.now](Mailboxes& m) {
                            return subscribe(m, wish, zone, now);
                        },
                        [logger, peer = wish->peer](const SubscriptionAnswer& answer) {
                            logger.info("a peer asked for a subscription",
                                        {{"peer", peer.to_string()},
                                         {"series", answer.subscription.series},
                                         {"status", to_word(answer.status)}});
                        });
                }};
}

Command unsubscribe_command(StoreThread& store, const Jid& self, Logger logger) {
    return {.node = std::string(unsubscribe_node),
            .title = "Unsubscribe",
            .may_run = peers_only(self),
            .form =
                [](Time) {
                    Form form{.title = "Unsubscribe"};
                    form.fields = {field("series", "Series", "As it was subscribed to")};
                    form.fields.front().required = true;
                    return form;
                },
            .run =
                [&store, logger = std::move(logger)](const CommandQuestion& question,
                                                     CommandReply reply) {
                    auto wish = wish_in(question);
                    if (!wish) return reply(refused(Kind::bad_request, std::move(wish.error())));
                    decide(
                        store, std::move(reply),
                        [wish = *wish](Mailboxes& m) -> SubscriptionOutcome {
                            return unsubscribe(m, wish.peer, wish.series);
                        },
                        [logger, peer = wish->peer](const SubscriptionAnswer& answer) {
                            logger.info("a peer ended a subscription",
                                        {{"peer", peer.to_string()},
                                         {"series", answer.subscription.series}});
                        });
                }};
}

}  // namespace courant
