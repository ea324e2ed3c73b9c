#include "proxy-core/federation/coalesce.hpp"

#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "proxy-core/federation/notice.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/body.hpp"
#include "senml/codec.hpp"

namespace courant {
namespace {

// More than this does not come together unless the federation thread was held up; it then stays as
// it is.
constexpr PageLimit at_once{.messages = 4096, .bytes = std::int64_t{16} << 20};

std::int64_t size_of(const Message& message) {
    return static_cast<std::int64_t>(message.body.size());
}

/// Messages that may become one.
class Group {
  public:
    explicit Group(const CoalesceBounds& bounds) : bounds_(bounds) {}

    bool takes(const Message& message) const {
        if (messages_.empty()) return true;
        if (is_notice(message.body) || is_notice(messages_.front().body)) return false;
        const Message& first = messages_.front();
        if (!first.void_reason.empty() || !message.void_reason.empty()) return false;
        const auto overhead =
            static_cast<std::int64_t>(stanza_overhead(first.envelope, first.peer));
        return message.envelope == first.envelope &&
               records_ + message.records <= bounds_.records &&
               overhead + bytes_ + size_of(message) <= bounds_.stanza_bytes;
    }
    void add(Message message) {
        records_ += message.records;
        bytes_ += size_of(message);
        messages_.push_back(std::move(message));
    }
    // As one message, or as they are where one of them cannot be read.
    void move_to(std::vector<Message>& out) {
        if (messages_.size() > 1) {
            if (auto body = joint_body()) {
                messages_.front().body = std::move(*body);
                messages_.front().records = records_;
                messages_.resize(1);
            }
        }
        out.insert(out.end(), std::move_iterator(messages_.begin()),
                   std::move_iterator(messages_.end()));
        messages_.clear();
        records_ = bytes_ = 0;
    }

  private:
    // Packs are read and written anew: base fields of one must not reach the next. In either form
    // it must fit, and the shorter one is kept.
    std::optional<std::string> joint_body() const {
        BodyReader reader(stored_body_limits);
        senml::Pack pack;
        senml::Pack joint;
        for (const Message& message : messages_) {
            if (!reader.read(message.body, message.stored_at, pack)) return std::nullopt;
            for (std::size_t i = 0; i < pack.size(); ++i) joint.add_from(pack, i);
        }
        auto xml = senml::write(senml::Format::xml, joint);
        const Message& first = messages_.front();
        const std::size_t overhead = stanza_overhead(first.envelope, first.peer);
        if (!xml || static_cast<std::int64_t>(overhead + xml->size()) > bounds_.stanza_bytes)
            return std::nullopt;
        auto compact = BodyWriter().compact(joint);
        return compact && pack_bytes(*compact) < xml->size() ? std::move(*compact)
                                                             : std::move(*xml);
    }

    CoalesceBounds bounds_;
    std::vector<Message> messages_;
    std::int64_t records_ = 0;
    std::int64_t bytes_ = 0;
};

}  // namespace

std::optional<Seq> coalesce(Mailboxes& mailboxes, const LaneId& lane, Seq from,
                            const CoalesceBounds& bounds) {
    std::vector<Message> found = mailboxes.outbox(lane, from - 1, at_once);
    if (found.empty() || found.front().seq != from) return std::nullopt;
    const Seq last = found.back().seq;
    std::vector<Message> joined;
    Group group(bounds);
    for (Message& message : found) {
        if (!group.takes(message)) group.move_to(joined);
        group.add(std::move(message));
    }
    group.move_to(joined);
    const bool fewer = joined.size() < found.size();
    if (!fewer || !mailboxes.replace_tail(lane, from, last, joined)) return std::nullopt;
    return from - 1 + static_cast<Seq>(joined.size());
}

}  // namespace courant
