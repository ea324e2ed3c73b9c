// The address of a peer: an XMPP JID (RFC 7622), held in normal form.
//
// Local part and domain are lower-cased (ASCII), as servers do before they compare; a resource is
// kept as it is. Peers are known by their bare JID, everywhere: resources come and go with
// sessions.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace courant {

/// A JID with a local part: "zabbix@lorient.example" or "zabbix@lorient.example/courant"; or that
/// of a service, which has none: "pubsub.lorient.example".
class Jid {
  public:
    /// Reads a JID; nothing if the local part or domain is missing, holds a forbidden character, or
    /// a part is over 1023 bytes.
    static std::optional<Jid> parse(std::string_view text);
    /// The same, and also a domain alone: a server or a service.
    static std::optional<Jid> parse_any(std::string_view text);

    /// Empty for a service.
    const std::string& local() const { return local_; }
    const std::string& domain() const { return domain_; }
    /// Empty for a bare JID.
    const std::string& resource() const { return resource_; }

    /// The same without the resource.
    Jid bare() const;
    /// "local@domain" or "local@domain/resource"; without "local@" for a service.
    std::string to_string() const;

    auto operator<=>(const Jid&) const = default;

  private:
    std::string local_, domain_, resource_;
};

}  // namespace courant
