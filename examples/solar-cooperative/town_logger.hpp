// The town's data logger: writes the synthetic day into its file, row by row, as a logger does.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "examples/solar-cooperative/model.hpp"
#include "examples/solar-cooperative/plan.hpp"

namespace courant::example {

/// Appends to the town's file. Throws std::runtime_error where that cannot be.
class TownLogger {
  public:
    /// Begins the file anew with its heading.
    static void begin_file(const Plan& plan);

    explicit TownLogger(const Plan& plan);

    /// Writes what is due when this share of the day is over: whole rows, so that whoever reads
    /// the file meanwhile finds no half ones.
    void advance(double share);

    bool finished() const { return next_ == rows_.size(); }
    /// What the whole day holds.
    std::int64_t readings_in_all() const { return static_cast<std::int64_t>(rows_.size()) * 2; }
    /// The last row for a person: "08:40 roof 12.3 kW, school 14.2 kW".
    std::string sight() const;

  private:
    std::vector<ModelRow> rows_;
    Zone zone_;
    std::ofstream out_;
    std::size_t next_ = 0;
};

}  // namespace courant::example
