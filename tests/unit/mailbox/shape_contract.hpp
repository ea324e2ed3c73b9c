// What is remembered of shaped series in every store, and of subscriptions that were asked for.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/shape_book.hpp"
#include "tests/support/open_grant.hpp"
#include "tests/unit/mailbox/samples.hpp"

namespace courant::test {

TEST_CASE_TEMPLATE_DEFINE("the shape of a subscription is kept, and changes with it", Home,
                          the_shape_of_a_subscription) {
    Home home;
    const auto store = home.open({});
    const Jid peer = jid("bmhs@coop.example");
    Subscription wanted{0, peer, "a@b/c@d/*", "P1Y", "g", at(1)};
    wanted.shape = {.every = "PT15M", .dead_band = 0.1, .heartbeat = "PT1H"};
    store->commit([&](Mailboxes& m) { m.put_subscription(wanted); });
    const auto kept = [&] {
        return ask(*store, [](Mailboxes& m) { return m.subscriptions().at(0).shape; });
    };
    CHECK(kept() == wanted.shape);
    wanted.shape = {.quality = Quality::validated};
    store->commit([&](Mailboxes& m) { m.put_subscription(wanted); });
    CHECK(kept() == wanted.shape);
}

TEST_CASE_TEMPLATE_DEFINE("a memory is of one peer and series, and goes with its permission", Home,
                          a_memory_goes_with_its_permission) {
    Home home;
    const auto store = home.open({});
    const Jid peer = jid("bmhs@coop.example");
    const Jid other = jid("dash@analyst.example");
    const ShapeState first{peer, "a:b/c:d/e", "g", "1"};
    const ShapeState second{peer, "a:b/c:d/f", "h", "2"};
    const ShapeState others{other, "a:b/c:d/e", "i", "3"};
    const auto all = [&] { return ask(*store, [](Mailboxes& m) { return m.shapes().states(); }); };
    std::int64_t id = 0;
    store->commit([&](Mailboxes& m) {
        for (const Jid& one : {peer, other}) m.put_peer({.jid = one});
        m.access().add_grant(open_grant(peer, "g"));
        m.access().add_grant(open_grant(peer, "h"));
        m.access().add_grant(open_grant(other, "i"));
        CHECK(m.shapes().state(peer, "a:b/c:d/e").state.empty());
        for (const auto& state : {others, second, first}) m.shapes().set_state(state);
        m.put_subscription({0, peer, "*/f", "P1Y", "h", at(1)});
        id = m.put_subscription({0, peer, "*/g", "P1Y", "h", at(1)});
    });
    CHECK(all() == std::vector{first, second, others});
    CHECK(ask(*store, [&](Mailboxes& m) { return m.shapes().state(peer, second.series); }) ==
          second);

    store->commit([&](Mailboxes& m) { m.shapes().set_state({peer, first.series, "g", "new"}); });
    CHECK(all().at(0).state == "new");
    store->commit(
        [&](Mailboxes& m) { m.access().set_grant_state("g", GrantState::limited, "why", at(2)); });
    CHECK(all() == std::vector{second, others});
    store->commit([&](Mailboxes& m) { m.remove_subscription(id); });
    CHECK(all().size() == 2);
    store->commit([&](Mailboxes& m) { m.remove_subscription(m.subscriptions().at(0).id); });
    CHECK(all() == std::vector{others});
    store->commit([&](Mailboxes& m) { m.shapes().set_state({other, others.series, "i", ""}); });
    CHECK(all().empty());
}

TEST_CASE_TEMPLATE_DEFINE("of a peer one request for a series waits, the last one", Home,
                          one_request_for_a_series) {
    Home home;
    const auto store = home.open({});
    const Jid peer = jid("bmhs@coop.example");
    SubscriptionRequest request{.id = "1",
                                .peer = peer,
                                .series = "a@b/c@d/*",
                                .shape = {.every = "PT1H",
                                          .dead_band = 1e-9,
                                          .heartbeat = "P1D",
                                          .quality = Quality::corrected},
                                .retain = "P1M",
                                .asked_at = at(5)};
    const SubscriptionRequest others{
        .id = "2", .peer = jid("dash@analyst.example"), .series = "a@b/c@d/*", .asked_at = at(6)};
    store->commit([&](Mailboxes& m) {
        m.shapes().put_request(others);
        m.shapes().put_request(request);
    });
    const auto all = [&] {
        return ask(*store, [](Mailboxes& m) { return m.shapes().requests(); });
    };
    CHECK(all() == std::vector{request, others});
    request.id = "3";
    request.shape = {};
    request.asked_at = at(7);
    request.refusal = "no";
    store->commit([&](Mailboxes& m) { m.shapes().put_request(request); });
    CHECK(all() == std::vector{others, request});
    store->commit([&](Mailboxes& m) {
        CHECK_FALSE(m.shapes().remove_request("1"));
        CHECK(m.shapes().remove_request("3"));
    });
    CHECK(all() == std::vector{others});
}

}  // namespace courant::test
