#include "proxy-core/federation/notice.hpp"

#include <fmt/format.h>

#include <charconv>

#include "proxy-core/config/duration.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/word_table.hpp"

namespace courant {
namespace {

using Unreadable = tl::unexpected<std::string>;
using Outcome = OutcomeNotice::Outcome;
using Kind = CorrectionNotice::Kind;

constexpr std::string_view open_body = "<notice>";
constexpr std::size_t longest_word = 256;   // ids, purposes, durations
constexpr std::size_t longest_text = 1024;  // series, reasons, what a consent says

constexpr WordTable<GrantState, 5> changes{{{GrantState::active, "lift"},
                                            {GrantState::limited, "limit"},
                                            {GrantState::objected, "object"},
                                            {GrantState::withdrawn, "withdraw"},
                                            {GrantState::erased, "erase"}}};
constexpr WordTable<Kind, 2> kinds{{{Kind::rectified, "rectified"}, {Kind::erased, "erased"}}};
constexpr WordTable<Outcome, 3> outcomes{
    {{Outcome::erased, "erased"}, {Outcome::partly, "partly"}, {Outcome::kept, "kept"}}};

constexpr WordTable<PersonsRight, 6> rights{{{PersonsRight::access, "access"},
                                             {PersonsRight::rectify, "rectify"},
                                             {PersonsRight::erase, "erase"},
                                             {PersonsRight::limit, "limit"},
                                             {PersonsRight::port, "port"},
                                             {PersonsRight::object, "object"}}};

/// Writes one element.
class Writing {
  public:
    explicit Writing(std::string_view name) { out_.append(1, '<').append(name); }
    Writing& with(std::string_view key, std::string_view value) {
        if (!value.empty()) append_attribute(out_, key, value);
        return *this;
    }
    Writing& with(std::string_view key, const std::optional<Time>& time) {
        return time ? with(key, to_timestamp(*time)) : *this;
    }
    std::string closed() { return out_ + "/>"; }
    std::string around(std::string_view content) {
        return content.empty() ? closed() : fmt::format("{}>{}", out_, content);
    }

  private:
    std::string out_;
};

std::string written(const Consent& consent) {
    return Writing("consent")
        .with("mode", to_word(consent.mode))
        .with("collected-by", consent.collected_by)
        .with("collected-at", consent.collected_at)
        .with("method", consent.method)
        .with("text-version", consent.text_version)
        .with("proof", consent.proof)
        .with("guardian", consent.guardian)
        .closed();
}

std::string written(const OfferNotice& offer) {
    const Grant& grant = offer.grant;
    const std::string consent = grant.consent ? written(*grant.consent) + "</offer>" : "";
    return Writing("offer")
        .with("grant", grant.id)
        .with("role", to_word(offer.role))
        .with("subject", grant.subject)
        .with("series", grant.series)
        .with("purpose", grant.purpose)
        .with("basis", to_word(grant.basis))
        .with("retain", grant.retain)
        .with("history", grant.history)
        .with("resolution", grant.resolution)
        .with("pseudonym", grant.pseudonym ? "true" : "")
        .with("hidden", grant.hidden)
        .with("from", grant.from)
        .with("until", grant.until)
        .around(consent);
}

std::string written(const AnswerToOffer& answer) {
    return Writing(answer.accepted ? "accept" : "decline")
        .with("grant", answer.grant)
        .with("reason", answer.reason)
        .closed();
}

std::string written(const StateNotice& change) {
    return Writing(word_of(changes, change.state))
        .with("grant", change.grant)
        .with("at", change.at)
        .with("reason", change.reason)
        .closed();
}

std::string written(const ExpiryNotice& expiry) {
    return Writing("expires").with("grant", expiry.grant).with("until", expiry.until).closed();
}

std::string written(const CorrectionNotice& correction) {
    return Writing("correction")
        .with("id", correction.id)
        .with("kind", word_of(kinds, correction.kind))
        .with("series", correction.series)
        .with("from", correction.from)
        .with("to", correction.to)
        .with("reason", correction.reason)
        .closed();
}

std::string written(const OutcomeNotice& outcome) {
    return Writing("outcome")
        .with("about", outcome.about)
        .with("outcome", to_word(outcome.outcome))
        .with("readings", outcome.readings ? std::to_string(*outcome.readings) : "")
        .with("reason", outcome.reason)
        .closed();
}

std::string written(const RightsRequest& request) {
    return Writing("request")
        .with("grant", request.grant)
        .with("right", to_word(request.right))
        .with("subject", request.subject)
        .with("reason", request.reason)
        .closed();
}

/// Reads the attributes of one element; the first fault stands.
class Reading {
  public:
    explicit Reading(const Element& element) : element_(element) {}

    /// At most `most` bytes; nothing longer is cut, for what it means would be another thing.
    std::string text(std::string_view key, std::size_t most = longest_text) {
        const auto value = element_.attribute(key);
        if (value.size() > most) fail(fmt::format("{}= is longer than {} bytes", key, most));
        return std::string(value.substr(0, most));
    }
    std::string word(std::string_view key) {
        auto value = text(key, longest_word);
        if (value.empty()) fail(fmt::format("{}= is missing", key));
        return value;
    }
    std::string duration(std::string_view key) {
        auto value = text(key, longest_word);
        if (!value.empty() && !is_iso_duration(value))
            fail(fmt::format("{}= is no ISO 8601 duration", key));
        return value;
    }
    std::optional<Time> maybe_time(std::string_view key) {
        if (element_.attribute(key).empty()) return std::nullopt;
        const auto time = from_timestamp(element_.attribute(key));
        if (!time) fail(fmt::format("{}= is no time", key));
        return time;
    }
    Time time(std::string_view key) {
        const auto time = maybe_time(key);
        if (!time) fail(fmt::format("{}= is missing", key));
        return time.value_or(Time{});
    }
    template <class Value>
    Value one_of(std::string_view key, const std::optional<Value>& value) {
        if (!value) fail(fmt::format("{}= is none that we know", key));
        return value.value_or(Value{});
    }
    void fail(const std::string& why) {
        if (fault_.empty()) fault_ = fmt::format("<{}>: {}", element_.name, why);
    }
    tl::expected<Notice, std::string> result(Notice notice) const {
        if (!fault_.empty()) return Unreadable(fault_);
        return notice;
    }

  private:
    const Element& element_;
    std::string fault_;
};

Consent consent_of(Reading& reading, const Element& element) {
    return {.mode = reading.one_of("mode", consent_mode_from(element.attribute("mode"))),
            .collected_by = reading.text("collected-by"),
            .collected_at = reading.time("collected-at"),
            .method = reading.text("method"),
            .text_version = reading.text("text-version"),
            .proof = reading.text("proof"),
            .guardian = reading.text("guardian")};
}

tl::expected<Notice, std::string> offer_of(const Element& element) {
    Reading reading(element);
    OfferNotice offer;
    Grant& grant = offer.grant;
    grant.id = reading.word("grant");
    const auto role = element.attribute("role");
    offer.role = reading.one_of("role", legal_link_from(role));
    grant.subject = reading.word("subject");
    grant.series = reading.text("series");
    if (grant.series.empty()) reading.fail("series= is missing");
    grant.purpose = reading.word("purpose");
    grant.basis = reading.one_of("basis", legal_basis_from(element.attribute("basis")));
    grant.retain = reading.duration("retain");
    if (grant.retain.empty()) reading.fail("retain= is missing");
    grant.history = reading.duration("history");
    grant.resolution = reading.duration("resolution");
    grant.pseudonym = element.attribute("pseudonym") == "true";
    grant.hidden = reading.text("hidden", longest_word);
    grant.from = reading.time("from");
    grant.until = reading.maybe_time("until");
    if (const Element* consent = element.child("consent", courant_namespace)) {
        Reading inner(*consent);
        grant.consent = consent_of(inner, *consent);
        if (const auto read = inner.result(offer); !read) return read;
    }
    return reading.result(std::move(offer));
}

tl::expected<Notice, std::string> answer_of(const Element& element) {
    Reading reading(element);
    AnswerToOffer answer{.grant = reading.word("grant"),
                         .accepted = element.name == "accept",
                         .reason = reading.text("reason")};
    return reading.result(std::move(answer));
}

tl::expected<Notice, std::string> change_of(const Element& element, GrantState state) {
    Reading reading(element);
    StateNotice change{.grant = reading.word("grant"),
                       .state = state,
                       .at = reading.time("at"),
                       .reason = reading.text("reason")};
    return reading.result(std::move(change));
}

tl::expected<Notice, std::string> expiry_of(const Element& element) {
    Reading reading(element);
    ExpiryNotice expiry{.grant = reading.word("grant"), .until = reading.time("until")};
    return reading.result(std::move(expiry));
}

tl::expected<Notice, std::string> correction_of(const Element& element) {
    Reading reading(element);
    CorrectionNotice correction{
        .id = reading.word("id"),
        .kind = reading.one_of("kind", value_of(kinds, element.attribute("kind"))),
        .series = reading.text("series"),
        .from = reading.time("from"),
        .to = reading.time("to"),
        .reason = reading.text("reason")};
    if (correction.series.empty()) reading.fail("series= is missing");
    if (correction.to <= correction.from) reading.fail("to= is not after from=");
    return reading.result(std::move(correction));
}

tl::expected<Notice, std::string> outcome_of(const Element& element) {
    Reading reading(element);
    OutcomeNotice outcome{
        .about = reading.word("about"),
        .outcome = reading.one_of("outcome", outcome_from(element.attribute("outcome"))),
        .readings = {},
        .reason = reading.text("reason")};
    if (const auto text = element.attribute("readings"); !text.empty()) {
        std::int64_t readings = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), readings);
        if (error != std::errc{} || end != text.data() + text.size() || readings < 0)
            reading.fail("readings= is no number");
        outcome.readings = readings;
    }
    return reading.result(std::move(outcome));
}

tl::expected<Notice, std::string> request_of(const Element& element) {
    Reading reading(element);
    RightsRequest request{
        .grant = reading.word("grant"),
        .right = reading.one_of("right", persons_right_from(element.attribute("right"))),
        .subject = reading.word("subject"),
        .reason = reading.text("reason")};
    return reading.result(std::move(request));
}

}  // namespace

std::string_view word_of(const Notice& notice) {
    struct Words {
        std::string_view operator()(const OfferNotice&) const { return "offer"; }
        std::string_view operator()(const AnswerToOffer& answer) const {
            return answer.accepted ? "accept" : "decline";
        }
        std::string_view operator()(const StateNotice& change) const {
            return courant::word_of(changes, change.state);
        }
        std::string_view operator()(const ExpiryNotice&) const { return "expires"; }
        std::string_view operator()(const CorrectionNotice&) const { return "correction"; }
        std::string_view operator()(const OutcomeNotice&) const { return "outcome"; }
        std::string_view operator()(const RightsRequest&) const { return "request"; }
    };
    return std::visit(Words{}, notice);
}

std::string_view subject_of(const Notice& notice) {
    struct Subjects {
        std::string_view operator()(const OfferNotice& offer) const { return offer.grant.id; }
        std::string_view operator()(const AnswerToOffer& answer) const { return answer.grant; }
        std::string_view operator()(const StateNotice& change) const { return change.grant; }
        std::string_view operator()(const ExpiryNotice& expiry) const { return expiry.grant; }
        std::string_view operator()(const CorrectionNotice& it) const { return it.id; }
        std::string_view operator()(const OutcomeNotice& outcome) const { return outcome.about; }
        std::string_view operator()(const RightsRequest& request) const { return request.grant; }
    };
    return std::visit(Subjects{}, notice);
}

std::string_view to_word(Outcome outcome) {
    return word_of(outcomes, outcome);
}
std::optional<Outcome> outcome_from(std::string_view word) {
    return value_of(outcomes, word);
}

std::string_view to_word(PersonsRight right) {
    return word_of(rights, right);
}
std::optional<PersonsRight> persons_right_from(std::string_view word) {
    return value_of(rights, word);
}

std::string notice_body(const Notice& notice) {
    return fmt::format("{}{}</notice>", open_body,
                       std::visit([](const auto& one) { return written(one); }, notice));
}

bool is_notice(std::string_view body) {
    return body.starts_with(open_body);
}

tl::expected<Notice, std::string> read_notice(std::string_view body) {
    if (!is_notice(body)) return Unreadable("this is no notice");
    const auto element = read_stanza(
        fmt::format("<notice xmlns='{}'>{}", courant_namespace, body.substr(open_body.size())));
    if (!element) return Unreadable(element.error());
    return notice_of(*element);
}

tl::expected<Notice, std::string> notice_of(const Element& element) {
    for (const Element& child : element.children) {
        if (child.space != courant_namespace) continue;
        if (child.name == "offer") return offer_of(child);
        if (child.name == "accept" || child.name == "decline") return answer_of(child);
        if (const auto state = value_of(changes, child.name)) return change_of(child, *state);
        if (child.name == "expires") return expiry_of(child);
        if (child.name == "correction") return correction_of(child);
        if (child.name == "outcome") return outcome_of(child);
        if (child.name == "request") return request_of(child);
        return Unreadable(fmt::format("<{}> is no notice that we know", child.name));
    }
    return Unreadable("there is no notice in it");
}

}  // namespace courant
