// What this proxy knows of a subject, as `show` prints it and `export` takes it along.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/subject/request.hpp"

namespace courant::cli {

/// One grant with the record of its consent and what its peer has, by its receipts.
nlohmann::ordered_json grant_told(const Grant& grant, const std::vector<Transfer>& transfers,
                                  Time now);

/// Grants about the subject, the objection if one stands, and to whom it goes under a pseudonym.
nlohmann::ordered_json rights_told(const SubjectRequest& request, const std::string& subject);

}  // namespace courant::cli
