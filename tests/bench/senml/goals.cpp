// The goals that this library set itself, held against one run. They are told, not enforced: a slow
// machine is no defect.
#include <fmt/format.h>

#include <iterator>

#include "tests/bench/senml/table.hpp"

namespace courant::bench {

namespace {

// On the machine of the project: 2-core KVM guest, AMD EPYC, g++ 12, -O3, generic x86-64.
constexpr double parse_rate = 100;  // million records per second, packs of 500
constexpr double encode_rate = 70;
constexpr double parse_one = 100;  // nanoseconds for a pack of one record
constexpr double encode_one = 40;
constexpr double over_nlohmann = 25;  // times as fast, packs of 500
constexpr double over_simdjson = 3;

class Goals {
  public:
    explicit Goals(Style style) : style_(style) {}

    void at_least(const Section& section, std::string_view what, double wanted, double got) {
        put(section, what, fmt::format(">= {:g}", wanted), got, got >= wanted);
    }
    void at_most(const Section& section, std::string_view what, double wanted, double got) {
        put(section, what, fmt::format("<= {:g}", wanted), got, got <= wanted);
    }
    std::string text() const {
        return fmt::format("Goals, reused buffers: {} of {} reached\n{}", reached_, count_, lines_);
    }

  private:
    void put(const Section& section, std::string_view what, std::string_view wanted, double got,
             bool reached) {
        ++count_;
        reached_ += reached ? 1 : 0;
        const std::string_view verb = section.discipline == Discipline::parse ? "parse" : "encode";
        fmt::format_to(std::back_inserter(lines_), "{}{}  {:<6} {:<16} {:<44} {:>7} {:>9.1f}\n",
                       style_ == Style::markdown ? "    " : "  ", reached ? "reached" : "MISSED ",
                       verb, section.title(), what, wanted, got);
    }

    Style style_;
    int count_ = 0;
    int reached_ = 0;
    std::string lines_;
};

void judge(Goals& goals, const Section& section) {
    const Row* ours = section.find(Part::ours_reused);
    if (ours == nullptr) return;
    const bool parse = section.discipline == Discipline::parse;
    if (section.format != senml::Format::cbor) {
        goals.at_least(section, "M records/s, packs of 500", parse ? parse_rate : encode_rate,
                       ours->rate(middle));
    }
    goals.at_most(section, "ns for a pack of one record", parse ? parse_one : encode_one,
                  ours->nanoseconds(0));
    goals.at_most(section, "allocations per pack of 500", 0, ours->cells[middle].allocations);
    const auto times_faster = [&](Part part, std::string_view what, double wanted) {
        const Row* row = section.find(part);
        if (row == nullptr) return;
        goals.at_least(section, what, wanted, row->nanoseconds(middle) / ours->nanoseconds(middle));
    };
    times_faster(Part::nlohmann_owning, "times nlohmann DOM with owning strings", over_nlohmann);
    times_faster(Part::nlohmann_shared, "times nlohmann DOM with shared names", over_nlohmann);
    times_faster(Part::simdjson, "times simdjson on-demand", over_simdjson);
}

}  // namespace

std::string goals(const std::vector<Section>& sections, Style style) {
    Goals found(style);
    for (const Section& section : sections) judge(found, section);
    return found.text();
}

}  // namespace courant::bench
