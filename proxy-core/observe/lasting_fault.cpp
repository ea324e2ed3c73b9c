#include "proxy-core/observe/lasting_fault.hpp"

#include <algorithm>
#include <utility>

#include "proxy-core/config/duration.hpp"

namespace courant {
namespace {

// Distinct reasons told during one fault; more than that is one reason with changing details.
constexpr std::size_t most_reasons = 5;

}  // namespace

LastingFault::LastingFault(Logger logger, std::string what)
    : logger_(std::move(logger)), what_(std::move(what)) {}

void LastingFault::failed(std::string_view reason, senml::Time now) {
    ++failures_;
    if (failures_ == 1) {
        since_ = now;
        reasons_.emplace_back(reason);
        logger_.warning("fault begins", {{"what", what_}, {"reason", reason}});
    } else if (reasons_.size() < most_reasons &&
               std::find(reasons_.begin(), reasons_.end(), reason) == reasons_.end()) {
        reasons_.emplace_back(reason);
        logger_.warning("fault goes on for another reason", {{"what", what_}, {"reason", reason}});
    }
}

void LastingFault::succeeded(senml::Time now) {
    if (failures_ == 0) return;
    const auto lasted = std::max(now - since_, senml::Span::zero());
    logger_.info("fault is over",
                 {{"what", what_}, {"lasted", duration_text(lasted)}, {"failures", failures_}});
    failures_ = 0;
    reasons_.clear();
}

}  // namespace courant
