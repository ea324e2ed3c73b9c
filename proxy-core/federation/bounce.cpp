#include "proxy-core/federation/bounce.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "proxy-core/federation/protocol.hpp"

namespace courant {
namespace {

constexpr std::size_t longest_reason = 1024;

// What somebody has to change before it can be otherwise.
constexpr std::array<std::string_view, 12> lasting_conditions{"bad-request",
                                                              "forbidden",
                                                              "gone",
                                                              "item-not-found",
                                                              "jid-malformed",
                                                              "not-acceptable",
                                                              "not-allowed",
                                                              "not-authorized",
                                                              "policy-violation",
                                                              "redirect",
                                                              "registration-required",
                                                              "subscription-required"};

bool lasts(std::string_view condition) {
    return std::find(lasting_conditions.begin(), lasting_conditions.end(), condition) !=
           lasting_conditions.end();
}

}  // namespace

BounceReason bounce_reason(const Element& message) {
    BounceReason reason{.text = "it came back"};
    const Element* error = message.child("error", client_namespace);
    if (!error) return reason;
    for (const Element& child : error->children) {
        if (child.name == "text") {
            reason.text += ": " + child.text;
        } else {
            reason.text += " as " + child.name;
            if (lasts(child.name) && error->attribute("type") != "wait")
                reason.kind = Bounce::lasting;
        }
    }
    reason.text.resize(std::min(reason.text.size(), longest_reason));
    return reason;
}

}  // namespace courant
