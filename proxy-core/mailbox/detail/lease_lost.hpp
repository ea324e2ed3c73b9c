// One wording of a lost lease for all stores.
#pragma once

#include <string>
#include <string_view>

#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant::detail {

/// What insist_held and confirm_held throw.
inline LeaseLost lease_lost(std::string_view what) {
    return {"the lease of \"" + std::string(what) +
                "\" ran out before this was done: another worker may have gone on with it. Nothing "
                "of this was stored",
            Retry::worthwhile};
}

}  // namespace courant::detail
