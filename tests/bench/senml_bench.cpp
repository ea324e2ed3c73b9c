// SenML parse and encode, as ratios: this library against the general-purpose parsers that others
// use, in one run.
//
//     build/bench/tests/bench/senml_bench
//
// Packs of 500 half-hourly readings, 256 different ones in turn, because one pack again and again
// trains the branch predictor and no reader ever sees that. Everybody does the same work: base
// fields folded in, times made absolute, every value read as a double. The DOM libraries keep one
// name per record, as their users do.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "senml/codec.hpp"

namespace {

using namespace courant::senml;
using Clock = std::chrono::steady_clock;

constexpr int pack_count = 256;
constexpr int pack_size = 500;

double checksum = 0;  // what is computed must be used

struct Plain {
    std::string name;
    std::string unit;
    double time = 0;
    double value = 0;
};

std::vector<Pack> make_packs() {
    std::mt19937_64 random(1);
    std::vector<Pack> packs(pack_count);
    for (Pack& pack : packs) {
        const auto name =
            pack.intern_name("zabbix:lorient.example/kersabiec:lorient.example/pv/power");
        const auto unit = pack.intern_unit("W");
        for (int i = 0; i < pack_size; ++i)
            pack.add(name, unit, from_unix_seconds(1'700'000'000 + 1800 * i),
                     static_cast<double>(std::uniform_int_distribution<int>(0, 9'000'000)(random)) /
                         1000);
    }
    return packs;
}

std::vector<Plain> read_nlohmann(const std::string& text) {
    std::vector<Plain> out;
    std::string bn;
    std::string bu;
    double bt = 0;
    for (const auto& record : nlohmann::json::parse(text)) {
        if (record.contains("bn")) bn = record["bn"];
        if (record.contains("bt")) bt = record["bt"];
        if (record.contains("bu")) bu = record["bu"];
        out.push_back({bn + record.value("n", ""), record.value("u", bu),
                       bt + record.value("t", 0.0), record.value("v", 0.0)});
    }
    return out;
}

std::vector<Plain> read_pugixml(const std::string& text) {
    std::vector<Plain> out;
    pugi::xml_document document;
    document.load_buffer(text.data(), text.size());
    std::string bn;
    std::string bu;
    double bt = 0;
    for (const auto& record : document.child("sensml").children("senml")) {
        if (const auto a = record.attribute("bn")) bn = a.value();
        if (const auto a = record.attribute("bt")) bt = a.as_double();
        if (const auto a = record.attribute("bu")) bu = a.value();
        out.push_back({bn + record.attribute("n").value(),
                       record.attribute("u").as_string(bu.c_str()),
                       bt + record.attribute("t").as_double(), record.attribute("v").as_double()});
    }
    return out;
}

std::string write_nlohmann(const Pack& pack) {
    auto list = nlohmann::json::array();
    for (std::size_t i = 0; i < pack.size(); ++i) {
        const auto seconds = std::chrono::duration<double>(pack[i].time.time_since_epoch()).count();
        if (i == 0)
            list.push_back({{"bn", pack.name(pack[i].name)},
                            {"bt", seconds},
                            {"bu", pack.unit(pack[i].unit)},
                            {"v", pack[i].number}});
        else
            list.push_back({{"t", 1800.0 * static_cast<double>(i)}, {"v", pack[i].number}});
    }
    return list.dump();
}

std::string write_pugixml(const Pack& pack) {
    pugi::xml_document document;
    auto root = document.append_child("sensml");
    root.append_attribute("xmlns") = "urn:ietf:params:xml:ns:senml";
    for (std::size_t i = 0; i < pack.size(); ++i) {
        auto record = root.append_child("senml");
        if (i == 0) {
            record.append_attribute("bn") = std::string(pack.name(pack[i].name)).c_str();
            record.append_attribute("bt") =
                std::chrono::duration<double>(pack[i].time.time_since_epoch()).count();
            record.append_attribute("bu") = std::string(pack.unit(pack[i].unit)).c_str();
        } else {
            record.append_attribute("t") = 1800.0 * static_cast<double>(i);
        }
        record.append_attribute("v") = pack[i].number;
    }
    std::ostringstream out;
    document.save(out, "", pugi::format_raw);
    return out.str();
}

/// Records per second: the median of several rounds over all packs.
double rate(const std::function<void(std::size_t)>& one_pack) {
    std::vector<double> rates;
    for (int round = 0; round < 9; ++round) {
        const auto begin = Clock::now();
        for (std::size_t i = 0; i < pack_count; ++i) one_pack(i);
        rates.push_back(pack_count * pack_size /
                        std::chrono::duration<double>(Clock::now() - begin).count());
    }
    std::nth_element(rates.begin(), rates.begin() + 4, rates.end());
    return rates[4];
}

void row(const std::string& what, double ours, const std::string& other, double theirs) {
    std::cout << fmt::format("{:<14}{:>10.1f}{:>12}{:>10.1f}{:>9.1f}\n", what, ours / 1e6, other,
                             theirs / 1e6, ours / theirs);
}

}  // namespace

int main() {
    const auto packs = make_packs();
    std::vector<std::string> json;
    std::vector<std::string> xml;
    for (const Pack& pack : packs) {
        json.push_back(*write(Format::json, pack));
        xml.push_back(*write(Format::xml, pack));
    }
    const ReadOptions options{.now = from_unix_seconds(1'800'000'000)};
    const auto parse = [&](Format format, const std::vector<std::string>& texts) {
        return rate([&, format](std::size_t i) {
            checksum += read(format, texts[i], options)->records().back().number;
        });
    };
    const auto encode = [&](Format format) {
        return rate([&, format](std::size_t i) {
            checksum += static_cast<double>(write(format, packs[i])->size());
        });
    };
    std::cout << "packs of 500, rotating over 256; million records per second\n"
              << "what             courant     against              ratio\n";
    row("parse JSON", parse(Format::json, json), "nlohmann",
        rate([&](std::size_t i) { checksum += read_nlohmann(json[i]).back().value; }));
    row("parse XML", parse(Format::xml, xml), "pugixml",
        rate([&](std::size_t i) { checksum += read_pugixml(xml[i]).back().value; }));
    row("encode JSON", encode(Format::json), "nlohmann", rate([&](std::size_t i) {
            checksum += static_cast<double>(write_nlohmann(packs[i]).size());
        }));
    row("encode XML", encode(Format::xml), "pugixml", rate([&](std::size_t i) {
            checksum += static_cast<double>(write_pugixml(packs[i]).size());
        }));
    std::cerr << "checksum " << checksum << '\n';
}
