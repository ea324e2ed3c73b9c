// A grant for tests and benchmarks that are about something else: everything, for ever.
#pragma once

#include <string>
#include <utility>

#include "proxy-core/access/access_book.hpp"

namespace courant::test {

/// Lets a peer have everything.
inline Grant open_grant(Jid peer, std::string id) {
    Grant grant;
    grant.id = std::move(id);
    grant.subject = grant.series = "*";
    grant.peer = std::move(peer);
    grant.purpose = "test";
    grant.basis = LegalBasis::not_personal;
    grant.retain = "P9Y";
    grant.history = "P999Y";
    return grant;
}

}  // namespace courant::test
