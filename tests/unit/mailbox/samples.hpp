// Messages, peers and times for the mailboxes' tests, and short ways to ask a store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant::test {

/// A JID that must be one.
inline Jid jid(std::string_view text) {
    return Jid::parse(text).value();
}

/// A moment, so many seconds after some day in 2026.
inline Time at(std::int64_t seconds) {
    return senml::from_unix_seconds(1'780'000'000 + seconds);
}

/// An envelope in which nothing has its default.
inline Envelope envelope() {
    return {"P3Y",
            "grant-7",
            Quality::validated,
            {jid("zabbix@lorient.example"), jid("relay@middle.example")}};
}

/// A message that waits to be numbered.
inline Outgoing outgoing(std::string_view peer, std::string body, std::int64_t records = 1) {
    return {jid(peer), envelope(), std::move(body), records};
}

/// A message that arrives.
inline Message incoming(Seq seq, std::string_view lane = "L",
                        std::string_view peer = "zabbix@lorient.example") {
    return {jid(peer),  LaneId{std::string(lane)},     seq,
            envelope(), "body " + std::to_string(seq), seq,
            at(0)};
}

/// What a work that only reads answers.
template <class F>
auto ask(Store& store, F question) {
    std::optional<std::invoke_result_t<F, Mailboxes&>> answer;
    store.read([&](Mailboxes& m) { answer.emplace(question(m)); });
    return *std::move(answer);
}

/// What a committed work answers.
template <class F>
auto commit(Store& store, F step) {
    std::optional<std::invoke_result_t<F, Mailboxes&>> answer;
    store.commit([&](Mailboxes& m) { answer.emplace(step(m)); });
    return *std::move(answer);
}

/// Puts messages with these bodies into the lane to one peer; the lane.
inline LaneId fill(Store& store, std::string_view peer, std::int64_t messages,
                   const std::string& body = "body") {
    LaneId lane;
    store.commit([&](Mailboxes& m) {
        for (std::int64_t i = 0; i < messages; ++i)
            lane = m.enqueue(outgoing(peer, body), at(i)).first;
    });
    return lane;
}

/// The numbers of these messages, in their order.
inline std::vector<Seq> numbers(const std::vector<Message>& messages) {
    std::vector<Seq> seqs;
    for (const auto& message : messages) seqs.push_back(message.seq);
    return seqs;
}

/// The same for the inbox.
inline std::vector<Seq> numbers(const std::vector<Arrival>& arrivals) {
    std::vector<Seq> seqs;
    for (const auto& arrival : arrivals) seqs.push_back(arrival.message.seq);
    return seqs;
}

/// first, first + 1, … last.
inline std::vector<Seq> run(Seq first, Seq last) {
    std::vector<Seq> seqs;
    for (; first <= last; ++first) seqs.push_back(first);
    return seqs;
}

/// Limits that no test reaches.
inline constexpr PageLimit everything{1'000'000, std::int64_t{1} << 40};

}  // namespace courant::test
