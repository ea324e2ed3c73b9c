#include "proxy-core/federation/xmpp_login.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "proxy-core/federation/base64.hpp"

namespace courant {

namespace {

constexpr std::string_view tls_space = "urn:ietf:params:xml:ns:xmpp-tls";
constexpr std::string_view sasl_space = "urn:ietf:params:xml:ns:xmpp-sasl";
constexpr std::string_view bind_space = "urn:ietf:params:xml:ns:xmpp-bind";
constexpr std::string_view stream_error_space = "urn:ietf:params:xml:ns:xmpp-streams";

const Element* find(const Element& parent, std::string_view name, std::string_view space) {
    const auto found = std::ranges::find_if(parent.children, [&](const Element& child) {
        return child.name == name && child.space == space;
    });
    return found == parent.children.end() ? nullptr : &*found;
}

/// The element that names the condition of an error, and the server's own words where it has any.
struct Condition {
    std::string name;
    std::string text;

    std::string to_string() const { return text.empty() ? name : name + ": " + text; }
};

Condition condition_of(const Element& error) {
    Condition condition;
    for (const Element& child : error.children) {
        if (child.name == "text") {
            condition.text = child.text;
        } else if (condition.name.empty()) {
            condition.name = child.name;
        }
    }
    if (condition.name.empty()) condition.name = "no reason given";
    return condition;
}

SessionLoss misconfigured(std::string reason) {
    return {.reason = std::move(reason), .needs_operator = true};
}

SessionLoss unexpected(const std::string& domain, const Element& element,
                       std::string_view awaited) {
    return {.reason = fmt::format("{} answered the login with <{}/> where {} was due", domain,
                                  element.name, awaited)};
}

}  // namespace

XmppLogin::XmppLogin(const Jid& account, std::string password, std::string resource)
    : account_(account.bare()), password_(std::move(password)), resource_(std::move(resource)) {}

LoginStep XmppLogin::take(const Element& element) {
    switch (stage_) {
        case Stage::plain:
            return begin_tls(element);
        case Stage::proceed:
            if (element.name == "proceed" && element.space == tls_space) {
                stage_ = Stage::secured;
                return LoginStartTls{};
            }
            return SessionLoss{.reason = account_.domain() +
                                         " offers TLS but refused to begin it just now"};
        case Stage::secured:
            return begin_scram(element);
        case Stage::challenge:
            return answer_challenge(element);
        case Stage::success:
            return finish_scram(element);
        case Stage::authenticated:
            return begin_bind(element);
        case Stage::bind:
            return finish_bind(element);
    }
    return unexpected(account_.domain(), element, "nothing");
}

LoginStep XmppLogin::begin_tls(const Element& features) {
    if (features.name != "features") return unexpected(account_.domain(), features, "<features/>");
    if (find(features, "starttls", tls_space) == nullptr) {
        return misconfigured(account_.domain() +
                             " offers no TLS to clients, and nothing is said in clear. Enable "
                             "STARTTLS and a certificate on the server.");
    }
    stage_ = Stage::proceed;
    return LoginSay{"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"};
}

LoginStep XmppLogin::begin_scram(const Element& features) {
    if (features.name != "features") return unexpected(account_.domain(), features, "<features/>");
    const Element* mechanisms = find(features, "mechanisms", sasl_space);
    std::string offered;
    if (mechanisms != nullptr) {
        for (const Element& mechanism : mechanisms->children) {
            offered += (offered.empty() ? "" : ", ") + mechanism.text;
        }
        for (const ScramHash hash : {ScramHash::sha512, ScramHash::sha256, ScramHash::sha1}) {
            const bool known = std::ranges::any_of(
                mechanisms->children,
                [&](const Element& mechanism) { return mechanism.text == mechanism_name(hash); });
            if (!known) continue;
            scram_.emplace(hash, account_.local(), std::move(password_), random_nonce());
            stage_ = Stage::challenge;
            return LoginSay{fmt::format(
                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='{}'>{}</auth>",
                mechanism_name(hash), encode_base64(scram_->first()))};
        }
    }
    return misconfigured(fmt::format(
        "{} offers no SCRAM login ({}), and other ways would show it the password. Have the server "
        "store passwords hashed (Prosody: authentication = \"internal_hashed\"; ejabberd: "
        "auth_password_format: scram).",
        account_.domain(), offered.empty() ? "no mechanism at all" : "only " + offered));
}

LoginStep XmppLogin::answer_challenge(const Element& element) {
    if (element.name == "failure") return refused(element);
    const auto challenge = decode_base64(element.text);
    const auto answer =
        element.name == "challenge" && challenge ? scram_->final(*challenge) : std::nullopt;
    if (!answer) return unexpected(account_.domain(), element, "a SCRAM challenge");
    stage_ = Stage::success;
    return LoginSay{fmt::format("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{}</response>",
                                encode_base64(*answer))};
}

LoginStep XmppLogin::finish_scram(const Element& element) {
    if (element.name == "failure") return refused(element);
    const auto outcome = decode_base64(element.text);
    if (element.name != "success" || !outcome || !scram_->verify(*outcome)) {
        return misconfigured(fmt::format(
            "{} let us in without proving that it knows the password of {}: it may be an impostor. "
            "Check which server answers.",
            account_.domain(), account_.to_string()));
    }
    scram_.reset();
    stage_ = Stage::authenticated;
    return LoginReopen{};
}

LoginStep XmppLogin::begin_bind(const Element& features) {
    if (features.name != "features" || find(features, "bind", bind_space) == nullptr) {
        return unexpected(account_.domain(), features, "an offer to bind a resource");
    }
    stage_ = Stage::bind;
    std::string text =
        "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>";
    append_escaped(text, resource_);
    return LoginSay{text + "</resource></bind></iq>"};
}

LoginStep XmppLogin::finish_bind(const Element& element) {
    const Element* bind = find(element, "bind", bind_space);
    const auto given = bind == nullptr || bind->children.empty()
                           ? std::nullopt
                           : Jid::parse(bind->children.front().text);
    if (given) return LoginBound{*given};
    for (const Element& child : element.children) {
        if (child.name != "error") continue;
        return SessionLoss{.reason =
                               fmt::format("{} refused a session for {} ({})", account_.domain(),
                                           account_.to_string(), condition_of(child).to_string())};
    }
    return unexpected(account_.domain(), element, "a bound resource");
}

SessionLoss XmppLogin::refused(const Element& failure) const {
    const Condition condition = condition_of(failure);
    if (condition.name == "temporary-auth-failure") {
        return {.reason = fmt::format("{} cannot check passwords just now ({})", account_.domain(),
                                      condition.to_string())};
    }
    if (condition.name == "not-authorized") {
        return misconfigured(
            fmt::format("{} refused the password of {} ({}). Check the account and its password.",
                        account_.domain(), account_.to_string(), condition.to_string()));
    }
    return misconfigured(fmt::format("{} refused the login of {} ({}). Ask its administrator.",
                                     account_.domain(), account_.to_string(),
                                     condition.to_string()));
}

SessionLoss stream_error_loss(const std::string& domain, const Element& error) {
    Condition condition = condition_of(error);
    for (const Element& child : error.children) {
        if (child.space == stream_error_space && child.name != "text") condition.name = child.name;
    }
    const std::string said = condition.to_string();
    if (condition.name == "policy-violation") {
        return {.reason = fmt::format(
                    "{} closed the session: {}. A stanza was larger, or there were more of them, "
                    "than the server takes: lower the limits of what is sent, or raise the "
                    "server's (c2s_stanza_size_limit, max_stanza_size, shapers).",
                    domain, said)};
    }
    if (condition.name == "conflict") {
        return misconfigured(fmt::format(
            "{} closed the session: {}. Another program took its place with the same account and "
            "resource; give every program an account of its own.",
            domain, said));
    }
    if (condition.name == "host-unknown" || condition.name == "host-gone") {
        return misconfigured(fmt::format(
            "the server that we reached does not serve {} ({}). Check the server address.", domain,
            said));
    }
    if (condition.name == "system-shutdown") {
        return {.reason = domain + " shuts down (" + said + ")"};
    }
    return {.reason = domain + " closed the session: " + said};
}

}  // namespace courant
