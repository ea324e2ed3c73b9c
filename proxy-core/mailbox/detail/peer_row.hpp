// A peer as both stores have it in a row.
#pragma once

#include <sstream>
#include <string>

#include "proxy-core/mailbox/message.hpp"

namespace courant::detail {

/// Purposes as one text, separated by spaces.
inline std::string purposes_text(const PeerTerms& terms) {
    std::string text;
    for (const std::string& purpose : terms.purposes) text += (text.empty() ? "" : " ") + purpose;
    return text;
}

/// Columns, from `first` on: link, agreement, agreed_from, agreed_until, code, purposes, suspended.
/// `Query` is either store's.
template <class Query>
PeerTerms terms_of(const Query& query, int first) {
    PeerTerms terms;
    terms.link = legal_link_from(query.text(first)).value_or(LegalLink::none);
    terms.agreement = query.text(first + 1);
    terms.from = query.maybe_time(first + 2);
    terms.until = query.maybe_time(first + 3);
    terms.code = query.text(first + 4);
    std::istringstream purposes(query.text(first + 5));
    for (std::string purpose; purposes >> purpose;) terms.purposes.push_back(purpose);
    terms.suspended = query.text(first + 6);
    return terms;
}

}  // namespace courant::detail
