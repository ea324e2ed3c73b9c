// A summary of each series in a SenML or SensML file of any size, in constant memory.
//
//     senml-summary [FILE|-]                        JSON, XML or CBOR
//     senml-summary --make N [json|xml|cbor]        a stream of N readings to try it with
//
// The file is read in pieces that may end anywhere, within a number, too: StreamReader gives the
// readings that are whole by then and keeps the rest for the next piece.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "senml/number.hpp"
#include "senml/stream.hpp"

using namespace courant::senml;

namespace {

struct Summary {
    std::size_t readings = 0, numbers = 0;
    Time first = Time::max(), last = Time::min();
    double least = HUGE_VAL, total = 0, greatest = -HUGE_VAL;

    void take(const Record& record) {
        ++readings;
        first = std::min(first, record.time);
        last = std::max(last, record.time);
        if (record.kind != Kind::number) return;
        ++numbers;
        least = std::min(least, record.number);
        greatest = std::max(greatest, record.number);
        total += record.number;
    }
    std::string line() const {
        std::string text = '\t' + std::to_string(readings);
        for (const Time time : {first, last}) append_seconds(text += '\t', time.time_since_epoch());
        if (numbers == 0) return text;  // texts, booleans, data
        for (const double number : {least, total / static_cast<double>(numbers), greatest})
            append_number(text += '\t', number);
        return text;
    }
};

int fail(const std::string& what) {
    std::cerr << "senml-summary: " << what << '\n';
    return 1;
}

void add_up(const Pack& pack, std::map<std::string, Summary>& summaries) {
    std::vector<Summary*> by_name;
    for (std::uint32_t id = 0; id < pack.name_count(); ++id)
        by_name.push_back(&summaries[std::string{pack.name(NameId{id})}]);
    for (const Record& record : pack.records())
        by_name[static_cast<std::size_t>(record.name)]->take(record);
}

// What was read before a fault counts: a stream takes nothing back.
int summarise(std::istream& in) {
    const int first = (in >> std::ws).peek();  // '[', '<', or CBOR's array
    StreamReader reader(first == '<' ? Format::xml : first < 0x80 ? Format::json : Format::cbor);
    std::string piece(65'536, '\0');
    std::map<std::string, Summary> summaries;
    Pack pack;
    tl::expected<void, Fault> fine;
    while (fine && (in.read(piece.data(), std::ssize(piece)), in.gcount() > 0)) {
        fine = reader.feed({piece.data(), static_cast<std::size_t>(in.gcount())},
                           std::chrono::system_clock::now(), pack);
        add_up(pack, summaries);
        pack.clear();
    }
    if (fine) fine = reader.finish();
    std::cout << "series\treadings\tfirst\tlast\tmin\tmean\tmax\n";
    for (const auto& [name, summary] : summaries) std::cout << name << summary.line() << '\n';
    return fine ? 0 : fail(fine.error().to_string());
}

// Two series in turn, one reading a second each, that climb from 0 to 499.5 again and again.
int make(std::size_t readings, Format format) {
    StreamWriter writer(format);
    Pack part;
    std::string text;
    writer.begin(text);
    for (std::size_t i = 0; i < readings; ++i) {
        const auto second = static_cast<std::int64_t>(i / 2);
        const auto name = part.intern_name(i % 2 == 0 ? "roof/power" : "load/power");
        part.add(name, part.intern_unit("W"), from_unix_seconds(1'750'000'000 + second),
                 static_cast<double>(second % 1000) / 2);
        if (part.size() < 1000 && i + 1 < readings) continue;
        if (const auto fine = writer.write(part, text); !fine) return fail(fine.error().what);
        std::cout << std::exchange(text, {});
        part.clear();
    }
    writer.end(text);
    std::cout << text;
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> args(argv + 1, argv + argc);
    if (args.empty() || args[0] == "-") return summarise(std::cin);
    if (args[0] == "--make" && args.size() > 1) {
        const auto format = format_from(args.size() > 2 ? args[2] : "json");
        const auto readings = std::strtoull(args[1].c_str(), nullptr, 10);
        if (readings > 0 && format) return make(readings, *format);
    }
    if (args[0].starts_with("--")) return fail("[FILE|-] or --make N [json|xml|cbor]");
    std::ifstream file(args[0], std::ios::binary);
    return file ? summarise(file) : fail("cannot read " + args[0]);
}
