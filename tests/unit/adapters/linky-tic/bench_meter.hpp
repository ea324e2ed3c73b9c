// What the tests of the Linky adapter share: groups and frames with checksums of the test's own
// making, and settings.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/linky-tic/tic.hpp"
#include "proxy-core/adapter.hpp"
#include "senml/pack.hpp"
#include "tests/unit/adapters/csv/described_settings.hpp"

namespace courant {
const Adapter& linky_tic_adapter();
}

namespace courant::test {

inline const std::string subject = "linky@home.example/kersabiec@home.example";

/// The checksum, written down a second time, from the specification and not from the adapter.
inline char sum(std::string_view covered) {
    int total = 0;
    for (const char c : covered) total += c;
    return static_cast<char>(total % 64 + 32);
}

inline std::string historique(const std::string& label, const std::string& data) {
    return "\n" + label + " " + data + " " + sum(label + " " + data) + "\r";
}

inline std::string standard(const std::string& label, const std::string& data) {
    return "\n" + label + "\t" + data + "\t" + sum(label + "\t" + data + "\t") + "\r";
}

inline std::string framed(const std::string& groups) {
    return "\x02" + groups + "\x03";
}

inline std::vector<linky::Frame> frames_of(std::string_view bytes) {
    linky::Decoder decoder;
    std::vector<linky::Frame> frames;
    for (const char byte : bytes)
        if (auto frame = decoder.take(byte)) frames.push_back(*std::move(frame));
    return frames;
}

inline Settings linky_settings(Given given) {
    bool has_subject = false;
    for (const auto& [name, value] : given) has_subject = has_subject || name == "subject";
    if (!has_subject) given.emplace_back("subject", subject);
    return described(linky_tic_adapter().properties, given);
}

inline Settings label_table(const Given& given) {
    return described(table_properties(linky_tic_adapter().properties, "series"), given);
}

/// One line for each reading: "path value unit @seconds".
inline std::vector<std::string> told(const senml::Pack& pack) {
    std::vector<std::string> lines;
    for (const senml::Record& record : pack.records()) {
        const std::string name(pack.name(record.name));
        const std::string path = name.substr(name.find('/', name.find('/') + 1) + 1);
        const std::string value = record.kind == senml::Kind::text
                                      ? std::string(pack.text(record))
                                      : std::to_string(static_cast<long long>(record.number));
        lines.push_back(path + ' ' + value + ' ' + std::string(pack.unit(record.unit)) + " @" +
                        std::to_string(record.time.time_since_epoch().count() / 1'000'000'000));
    }
    return lines;
}

}  // namespace courant::test
