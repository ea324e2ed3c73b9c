// The incoming half of the federation: stanzas become mail in the inbox, and receipts.
#include <fmt/format.h>

#include <algorithm>

#include "proxy-core/access/admission.hpp"
#include "proxy-core/access/exchange_book.hpp"
#include "proxy-core/federation/bounce.hpp"
#include "proxy-core/federation/federation.hpp"
#include "proxy-core/federation/intake.hpp"
#include "proxy-core/federation/iq_reply.hpp"

namespace courant {
namespace {

// Lanes that are told to go on; of more a peer may think what it likes, and they go on by
// themselves.
constexpr std::size_t most_deferred = 4096;

std::vector<Reject> rejects_of(const Message& message, const Refusal& refusal) {
    if (!refusal.whole.empty())
        return {{.seq = message.seq, .record = {}, .reason = refusal.whole}};
    std::vector<Reject> rejects;
    rejects.reserve(refusal.records.size());
    for (const RecordFault& fault : refusal.records)
        rejects.push_back({.seq = message.seq, .record = fault.record, .reason = fault.reason});
    return rejects;
}

// What comes in of a message of which some records do not.
Message without(Message message, const std::vector<RecordFault>& records) {
    message.body = without_records(message.body, records, message.stored_at);
    message.records -= static_cast<std::int64_t>(records.size());
    return message;
}

}  // namespace

void Federation::on_stanza(std::string_view text) {
    const auto stanza = read_stanza(text, settings_.stanzas);
    if (!stanza) {
        counters_.get("courant_stanzas_refused_total").add();
        if (may_complain()) logger_.warning("stanza refused", {{"reason", stanza.error()}});
        return;
    }
    if (stanza->name == "message")
        handle_message(*stanza);
    else if (stanza->name == "iq")
        take_iq(*stanza);
}

void Federation::handle_message(const Element& message) {
    const auto from = Jid::parse(message.attribute("from"));
    if (!from) return;  // our own server speaks in its own name; nothing of that concerns us
    if (requester_.take(message, steady_now())) return;
    if (message.attribute("type") == "error") return handle_bounce(message, from->bare());
    auto payload = payload_of(message);
    if (!payload) {
        counters_.get("courant_stanzas_refused_total").add();
        if (may_complain())
            logger_.warning("message refused",
                            {{"peer", from->bare().to_string()}, {"reason", payload.error()}});
        return;
    }
    if (!*payload) return;
    if (auto* readings = std::get_if<Readings>(&**payload))
        take(std::move(*readings), from->bare(), message);
    else if (auto* notice = std::get_if<NoticeMessage>(&**payload))
        take(std::move(*notice), from->bare(), message);
    else if (const auto* gap = std::get_if<Void>(&**payload))
        take(*gap, from->bare(), message);
    else if (const auto* receipt = std::get_if<Receipt>(&**payload))
        take(*receipt, *from);
    else if (const auto* resume = std::get_if<Resume>(&**payload))
        take(*resume, *from);
    else if (const auto* where = std::get_if<Where>(&**payload))
        take(*where, *from);
}

// A bounce tells the lane to pause. Whatever it carries is our own message coming back, and never
// data.
void Federation::handle_bounce(const Element& message, const Jid& from) {
    if (take_push_bounce(message, from)) return;
    const auto id = from_stanza_id(message.attribute("id"));
    const auto found = id ? routes_.find(id->first.value) : routes_.end();
    if (found == routes_.end() || found->second.lane.peer() != from) {
        // Anybody can send these: they get no counter of their own.
        counters_.get("courant_stray_errors_total").add();
        return;
    }
    counters_.get("courant_bounces_total", {{"peer", from.to_string()}}).add();
    Route& route = found->second;
    if (!route.ours) return;
    const BounceReason reason = bounce_reason(message);
    route.lane.bounced(id->second, reason.kind, steady_now());
    follow_circuit(route, reason.text);
    schedule(route);
}

/// A message on its way into the store, and what became of it there.
struct Federation::Intaken {
    Message message;
    Inspection inspection;
    std::string
        stanza_id;       ///< of the message, for who asked for an XEP-0184 receipt or gets an error
    std::string sender;  ///< full JID as the stanza gave it
    bool wants_receipt = false;  ///< XEP-0184
    bool is_void = false;
    std::string void_reason;

    bool no_room = false;
    Admission admission;
    bool too_many_lanes = false;
    std::vector<Reject> rejects;  ///< the whole message, or records of it
    std::int64_t readings = 0;    ///< that came in
    Intake intake;

    /// About what it takes while it waits for the store.
    std::size_t bytes() const {
        std::size_t hops = 0;
        for (const Jid& hop : message.envelope.hops)
            hops += hop.domain().size() + hop.local().size();
        return 1024 + message.body.size() + stanza_id.size() + sender.size() + hops;
    }
};

// What both kinds of numbered message have in common.
std::shared_ptr<Federation::Intaken> Federation::arrived(const Jid& from, const Element& message) {
    constexpr std::size_t longest_id = 1024;  // echoed to the sender, so not at any length
    auto intaken = std::make_shared<Intaken>();
    intaken->sender = message.attribute("from");
    if (message.attribute("id").size() <= longest_id) intaken->stanza_id = message.attribute("id");
    intaken->wants_receipt = message.child("request", receipts_namespace) != nullptr;
    intaken->message.peer = from;
    intaken->message.stored_at = settings_.clock();
    return intaken;
}

void Federation::take(Readings readings, const Jid& from, const Element& message) {
    auto intaken = arrived(from, message);
    intaken->inspection =
        inspect(readings, from, settings_.self, settings_.clock(), bodies_, pack_);
    intaken->message.lane = std::move(readings.lane);
    intaken->message.seq = readings.seq;
    intaken->message.envelope = std::move(readings.envelope);
    intaken->message.body = std::move(readings.body);
    intaken->message.records = intaken->inspection.records;
    store_intake(intaken);
}

void Federation::take(NoticeMessage notice, const Jid& from, const Element& message) {
    auto intaken = arrived(from, message);
    intaken->inspection.fault = std::move(notice.fault);
    intaken->message.lane = std::move(notice.lane);
    intaken->message.seq = notice.seq;
    intaken->message.body = std::move(notice.body);
    store_intake(intaken);
}

void Federation::take(const Void& gap, const Jid& from, const Element& message) {
    auto intaken = arrived(from, message);
    intaken->is_void = true;
    intaken->void_reason = gap.reason;
    intaken->message.lane = gap.lane;
    intaken->message.seq = gap.seq;
    store_intake(intaken);
}

void Federation::store_intake(const std::shared_ptr<Intaken>& intaken) {
    const std::size_t bytes = intaken->bytes();
    intake_waiting_ += bytes;
    // The settings are as old as this object, which outlives its works (see the destructor).
    post([intaken, &settings = settings_,
          now = settings_.clock()](Mailboxes& m) { take_in(*intaken, m, settings, now); },
         [this, intaken, bytes](const std::exception_ptr& failure) {
             intake_waiting_ -= bytes;
             intake_stored(*intaken, failure);
         });
}

// Whether the inbox has had this message.
bool Federation::is_here(Mailboxes& m, const Message& message) {
    for (const IncomingLane& lane : m.incoming_lanes(message.peer))
        if (lane.lane == message.lane) return message.seq < lane.next;
    return false;
}

// Inside the transaction: what the peer may is asked where it cannot be out of date.
void Federation::take_in(Intaken& intaken, Mailboxes& m, const FederationSettings& settings,
                         Time now) {
    const Message& message = intaken.message;
    intaken.admission = admission(m, settings.self, message.peer, now);
    if (!intaken.admission.refusal.empty()) return;
    intaken.too_many_lanes = !m.knows_lane(message.peer, message.lane) &&
                             m.lanes_from(message.peer) >= settings.lanes_per_peer;
    if (intaken.too_many_lanes) return;
    // Voids and repetitions store nothing to speak of, and their receipts make room elsewhere.
    intaken.no_room = !settings.admits(m, static_cast<std::int64_t>(intaken.bytes()), now) &&
                      !intaken.is_void && !is_here(m, message);
    if (intaken.no_room) return;
    Refusal refused =
        intaken.is_void ? Refusal{} : refusal(intaken.inspection, *intaken.admission.peer);
    // A grant that both sides know to be over carries nothing, whoever still sends under it.
    if (refused.whole.empty() && message.records > 0)
        refused.whole = m.exchange().why_held_no_more(message.peer, message.envelope.grant);
    intaken.rejects = rejects_of(message, refused);
    intaken.readings =
        intaken.inspection.records - static_cast<std::int64_t>(refused.records.size());
    if (intaken.is_void || !refused.whole.empty())
        intaken.intake = m.take_in_nothing(message.peer, message.lane, message.seq, now);
    else if (refused.records.empty())
        intaken.intake = m.take_in(message, now);
    else
        intaken.intake = m.take_in(without(message, refused.records), now);
    // A repetition is refused again only if it was refused the first time: the peer's rights may
    // have changed in between.
    if (intaken.intake.repeated)
        std::erase_if(intaken.rejects, [&](const Reject& reject) {
            return !m.has_dead(DeadOrigin::arrived, message.lane, message.seq, reject.record);
        });
    if (intaken.intake.repeated || intaken.intake.dropped) return;
    for (const Reject& reject : intaken.rejects) bury_arrived(m, message, reject, now);
}

void Federation::bury_arrived(Mailboxes& m, const Message& message, const Reject& reject,
                              Time now) {
    m.bury({.id = 0,
            .at = now,
            .origin = DeadOrigin::arrived,
            .whom = message.peer.to_string(),
            .lane = message.lane,
            .seq = message.seq,
            .record = reject.record,
            .reason = reject.reason,
            .payload = reject.record ? single_record(message.body, *reject.record, now)
                                     : payload_text(message.body, now),
            .envelope = message.envelope});
}

void Federation::intake_stored(const Intaken& intaken, const std::exception_ptr& failure) {
    const Message& message = intaken.message;
    const std::string peer = message.peer.to_string();
    if (failure) {
        // No receipt: the sender keeps it and sends it again.
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& error) {
            store_fault_.failed(error.what(), settings_.clock());
        }
        return;
    }
    store_fault_.succeeded(settings_.clock());
    if (!intaken.admission.refusal.empty() || intaken.too_many_lanes) return refuse_sender(intaken);
    if (intaken.no_room) return defer(intaken);
    Owed& owed = owed_[{message.peer, message.lane}];
    owed.to = Jid::parse(intaken.sender).value_or(message.peer);
    owed.next = std::max(owed.next, intaken.intake.next);
    owed.missing = intaken.intake.missing;
    if (intaken.intake.dropped) return;  // it counts as missing, and comes again
    owed.rejects.insert(owed.rejects.end(), intaken.rejects.begin(), intaken.rejects.end());
    tell_refused(intaken);
    if (intaken.intake.repeated) {
        counters_.get("courant_messages_repeated_total", {{"peer", peer}}).add();
    } else if (intaken.is_void) {
        logger_.info("number voided by its sender", {{"peer", peer},
                                                     {"lane", message.lane.value},
                                                     {"seq", message.seq},
                                                     {"reason", intaken.void_reason}});
    } else if (intaken.rejects.empty() || intaken.rejects.front().record) {
        counters_.get("courant_messages_received_total", {{"peer", peer}}).add();
        counters_.get("courant_readings_received_total", {{"peer", peer}})
            .add(static_cast<std::uint64_t>(intaken.readings));
        callbacks_.inbox_grew();
    }
    if (intaken.wants_receipt && !intaken.stanza_id.empty())
        answer(delivery_receipt(intaken.stanza_id, intaken.sender));
}

void Federation::tell_refused(const Intaken& intaken) {
    if (intaken.rejects.empty()) return;
    const Message& message = intaken.message;
    const std::string peer = message.peer.to_string();
    const Reject& first = intaken.rejects.front();
    if (first.record)
        counters_.get("courant_records_refused_total", {{"peer", peer}})
            .add(intaken.rejects.size());
    else
        counters_.get("courant_messages_refused_total", {{"peer", peer}}).add();
    if (!may_complain()) return;
    if (first.record)
        logger_.warning("records refused", {{"peer", peer},
                                            {"lane", message.lane.value},
                                            {"seq", message.seq},
                                            {"records", intaken.rejects.size()},
                                            {"first", *first.record},
                                            {"reason", first.reason}});
    else
        logger_.warning("message refused", {{"peer", peer},
                                            {"lane", message.lane.value},
                                            {"seq", message.seq},
                                            {"reason", first.reason}});
}

// No receipt: the sender keeps it, and is told where to go on once there is room.
void Federation::defer(const Intaken& intaken) {
    const Message& message = intaken.message;
    counters_.get("courant_messages_deferred_total", {{"peer", message.peer.to_string()}}).add();
    if (deferred_.size() < most_deferred) deferred_.insert({message.peer, message.lane});
}

void Federation::resume_deferred() {
    if (deferred_.empty() || !online_) return;
    auto resumes = std::make_shared<std::vector<IncomingLane>>();
    post(
        [resumes, lanes = deferred_, &settings = settings_, now = settings_.clock()](Mailboxes& m) {
            resumes->clear();
            if (!settings.admits(m, 0, now)) return;
            for (const auto& [peer, id] : lanes) {
                IncomingLane lane{.peer = peer, .lane = id};
                for (const IncomingLane& known : m.incoming_lanes(peer))
                    if (known.lane == id) lane = known;
                resumes->push_back(lane);
            }
        },
        [this, resumes](const std::exception_ptr& failure) {
            if (failure) return;
            for (const IncomingLane& lane : *resumes) {
                transport_.send(to_stanza(Resume{lane.lane, lane.next}, lane.peer));
                deferred_.erase({lane.peer, lane.lane});
            }
        });
}

// Who is no peer, or begins lanes without end, gets an answer that its operator can read, and
// leaves no trace in the store.
void Federation::refuse_sender(const Intaken& intaken) {
    const std::string peer = intaken.message.peer.to_string();
    if (intaken.too_many_lanes) {
        counters_.get("courant_lanes_refused_total", {{"peer", peer}}).add();
        if (may_complain())
            logger_.error("a peer begins more lanes than it may",
                          {{"peer", peer}, {"most", settings_.lanes_per_peer}});
    } else if (!intaken.admission.peer) {
        counters_.get("courant_messages_from_strangers_total").add();
        if (may_complain())
            logger_.warning("message from a stranger refused",
                            {{"from", intaken.sender},
                             {"hint", "courant peer add " + peer + " makes it a peer"}});
    } else {
        counters_.get("courant_messages_barred_total", {{"peer", peer}}).add();
        if (may_complain())
            logger_.warning("message refused",
                            {{"peer", peer}, {"reason", intaken.admission.reason}});
    }
    std::string error = "<message type='error'";
    append_attribute(error, "to", intaken.sender);
    append_attribute(error, "id", intaken.stanza_id);
    error += '>';
    error += intaken.too_many_lanes
                 ? stanza_error("wait", "resource-constraint", "you have begun too many lanes")
                 : stanza_error("auth", "forbidden", intaken.admission.refusal);
    answer(error + "</message>");
}

void Federation::flush_receipts() {
    if (!online_ || room_to_send() == 0) return;
    constexpr std::size_t most_ranges = 16;
    constexpr std::size_t most_rejects = 64;  // a receipt is a stanza too
    for (auto& [key, owed] : owed_) {
        if (owed.missing.size() > most_ranges) owed.missing.resize(most_ranges);
        Receipt receipt;
        receipt.lane = key.second;
        receipt.at = settings_.clock();
        // A sender looks for a refused message before it lets go of it: the number comes last.
        for (auto& rejects = owed.rejects; rejects.size() > most_rejects;
             rejects.erase(rejects.begin(), rejects.begin() + most_rejects)) {
            receipt.rejects.assign(rejects.begin(), rejects.begin() + most_rejects);
            transport_.send(to_stanza(receipt, owed.to));
        }
        receipt.through = owed.next - 1;
        receipt.missing = owed.missing;
        receipt.rejects = owed.rejects;
        transport_.send(to_stanza(receipt, owed.to));
    }
    owed_.clear();
}

}  // namespace courant
