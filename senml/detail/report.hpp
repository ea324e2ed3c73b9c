// Where readers and writers put what they find wrong.
//
// A reader that wants a pack stops at the first fault; a validator wants to hear all of them. Both
// ask the report whether to go on, so that the rules are written once.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "senml/codec.hpp"
#include "senml/fault.hpp"

namespace courant::senml::detail {

/// How far a reader goes.
enum class Reach { first_fault, every_fault };

/// Faults, and what was let pass.
class Report {
  public:
    /// More faults than this are of no use to anybody.
    static constexpr std::size_t max_faults = 1000;

    Report(Profile profile, Reach reach, std::vector<Fault>* deviations = nullptr)
        : profile_(profile), reach_(reach), deviations_(deviations) {}

    /// The pack is not to be used. True if the reader should look for more faults.
    bool fault(std::size_t record, std::string what, std::string_view rule) {
        faults_.push_back({record, std::move(what), std::string{rule}});
        return reach_ == Reach::every_fault && faults_.size() < max_faults;
    }
    /// Wrong, but everybody understands it: an error for the strict profile only. True if the
    /// reader should go on.
    bool deviation(std::size_t record, std::string what, std::string_view rule) {
        if (profile_ == Profile::strict) return fault(record, std::move(what), rule);
        notice(record, std::move(what), rule);
        return true;
    }
    /// Worth knowing, never an error.
    void notice(std::size_t record, std::string what, std::string_view rule) {
        noticed_ = true;
        const bool room = deviations_ != nullptr && deviations_->size() < max_faults;
        if (room) deviations_->push_back({record, std::move(what), std::string{rule}});
    }

    bool failed() const { return !faults_.empty(); }
    const std::vector<Fault>& faults() const { return faults_; }
    /// Nothing was found, not even something worth knowing.
    bool spotless() const { return !failed() && !noticed_; }

  private:
    Profile profile_;
    Reach reach_;
    std::vector<Fault> faults_;
    std::vector<Fault>* deviations_;
    bool noticed_ = false;
};

}  // namespace courant::senml::detail
