// The login's state machine against the words of servers, and SCRAM against the vectors of its
// RFCs.
#include "proxy-core/federation/xmpp_login.hpp"

#include <doctest/doctest.h>

#include "proxy-core/federation/xmpp_scram.hpp"
#include "proxy-core/federation/xmpp_trust.hpp"

using namespace courant;

namespace {

const Jid account = Jid::parse("zabbix@coop.example").value();

constexpr auto tls = "urn:ietf:params:xml:ns:xmpp-tls";
constexpr auto sasl = "urn:ietf:params:xml:ns:xmpp-sasl";
constexpr auto binding = "urn:ietf:params:xml:ns:xmpp-bind";
constexpr auto streams = "http://etherx.jabber.org/streams";

Element element(std::string name, std::string space, std::vector<Element> children = {},
                std::string text = "") {
    Element made;
    made.name = std::move(name);
    made.space = std::move(space);
    made.children = std::move(children);
    made.text = std::move(text);
    return made;
}

Element features(std::vector<Element> offered) {
    return element("features", streams, std::move(offered));
}

Element mechanisms(const std::vector<std::string>& names) {
    Element all = element("mechanisms", sasl);
    for (const std::string& name : names) {
        all.children.push_back(element("mechanism", sasl, {}, name));
    }
    return all;
}

XmppLogin secured() {
    XmppLogin login(account, "pencil", "courant-1");
    login.take(features({element("starttls", tls)}));
    CHECK(std::holds_alternative<LoginStartTls>(login.take(element("proceed", tls))));
    return login;
}

}  // namespace

TEST_CASE("SCRAM says what RFC 7677 and RFC 5802 say") {
    Scram sha256(ScramHash::sha256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO");
    CHECK(sha256.first() == "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    CHECK(sha256.final("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                       "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096") ==
          "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
          "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    CHECK(sha256.verify("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    CHECK(!sha256.verify("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    CHECK(!sha256.verify("e=other-error"));

    Scram sha1(ScramHash::sha1, "user", "pencil", "fyko+d2lbbFgONRv9qkxdawL");
    CHECK(sha1.final("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096") ==
          "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
    CHECK(sha1.verify("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));
}

TEST_CASE("SCRAM refuses a challenge that it cannot trust") {
    for (const char* challenge :
         {"r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "r=abc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
          "r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1", "r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096x",
          "r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999", "r=abcdef,s=?,i=4096",
          "m=new,r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", ""}) {
        CAPTURE(challenge);
        Scram scram(ScramHash::sha256, "user", "pencil", "abc");
        CHECK(!scram.final(challenge));
        CHECK(!scram.verify("v="));
    }
    CHECK(Scram(ScramHash::sha1, "a,b=c", "x", "n").first() == "n,,n=a=2Cb=3Dc,r=n");
}

TEST_CASE("the strongest SCRAM is taken, and PLAIN never") {
    XmppLogin login = secured();
    const LoginStep step =
        login.take(features({mechanisms({"PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"})}));
    REQUIRE(std::holds_alternative<LoginSay>(step));
    CHECK(std::get<LoginSay>(step).text.find("mechanism='SCRAM-SHA-256'") != std::string::npos);

    XmppLogin plain = secured();
    const LoginStep refusal = plain.take(features({mechanisms({"PLAIN", "DIGEST-MD5"})}));
    REQUIRE(std::holds_alternative<SessionLoss>(refusal));
    CHECK(std::get<SessionLoss>(refusal).needs_operator);
    CHECK(std::get<SessionLoss>(refusal).reason.find("only PLAIN, DIGEST-MD5") !=
          std::string::npos);
}

TEST_CASE("a server that does not prove that it knows the password is not let in either") {
    XmppLogin login = secured();
    login.take(features({mechanisms({"SCRAM-SHA-256"})}));
    const LoginStep early = login.take(element("success", sasl));
    CHECK(std::holds_alternative<SessionLoss>(early));
}

TEST_CASE("a refusal carries the server's reason and tells whose matter it is") {
    const auto refused = [](const std::string& condition) {
        XmppLogin login = secured();
        login.take(features({mechanisms({"SCRAM-SHA-256"})}));
        return std::get<SessionLoss>(login.take(element(
            "failure", sasl, {element(condition, sasl), element("text", sasl, {}, "as it is")})));
    };
    CHECK(refused("not-authorized").needs_operator);
    CHECK(refused("not-authorized").reason ==
          "coop.example refused the password of zabbix@coop.example (not-authorized: as it is). "
          "Check the account and its password.");
    CHECK(refused("account-disabled").needs_operator);
    CHECK(!refused("temporary-auth-failure").needs_operator);
}

TEST_CASE("stream errors become sentences") {
    const auto sentence = [](const std::string& condition) {
        return stream_error_loss(
            "coop.example",
            element("error", streams, {element(condition, "urn:ietf:params:xml:ns:xmpp-streams")}));
    };
    CHECK(sentence("conflict").needs_operator);
    CHECK(sentence("conflict").reason.find("account of its own") != std::string::npos);
    CHECK(sentence("host-unknown").needs_operator);
    CHECK(!sentence("policy-violation").needs_operator);
    CHECK(!sentence("system-shutdown").needs_operator);
    CHECK(sentence("reset").reason == "coop.example closed the session: reset");
}

TEST_CASE("a resource is asked for, and the server's word counts") {
    XmppLogin login(account, "pencil", "a'b");
    CHECK(std::holds_alternative<SessionLoss>(login.take(element("iq", "jabber:client"))));
    const Element jid = element("jid", binding, {}, "zabbix@coop.example/other");
    const Element result = element("iq", "jabber:client", {element("bind", binding, {jid})});
    CHECK(std::holds_alternative<SessionLoss>(login.take(result)));
}
