// Where the numbers stand that change from one record to the next of its kind: base time, time and
// value.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "senml/detail/raw_record.hpp"

namespace courant::senml::detail {

/// `bt`, `t` or `v` of a record that was read by the rules.
struct Hole {
    Label label = Label::v;
    std::string_view text;  ///< where it stands in the input
};

/// The holes of one record, in the order in which they stand.
class Holes {
  public:
    void clear() { count_ = 0; }
    void add(Label label, std::string_view text) {
        if (label != Label::bt && label != Label::t && label != Label::v) return;
        if (count_ < holes_.size()) holes_[count_] = {label, text};
        ++count_;
    }
    /// One of the numbers does not stand in the input as it is: there is no second record like it.
    void spoil() { count_ = holes_.size() + 1; }
    /// Empty where the record is no pattern for others.
    std::span<const Hole> all() const {
        return {holes_.data(), count_ <= holes_.size() ? count_ : 0};
    }

  private:
    std::array<Hole, 3> holes_;
    std::size_t count_ = 0;
};

}  // namespace courant::senml::detail
