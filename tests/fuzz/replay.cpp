// Runs a fuzz target without libFuzzer: on files, and on files with bytes changed at random.
//
//     json_replay [--changes N] [--seed S] FILE-OR-FOLDER…
//
// For the test suite, where it says that the promises hold for every seed and for everything that
// once broke one; the long search is libFuzzer's (tests/fuzz/run).
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes current;

// What broke a promise is worth keeping.
void keep_current(int /*signal*/) {
    std::ofstream("fuzz-finding", std::ios::binary)
        .write(reinterpret_cast<const char*>(current.data()),
               static_cast<std::streamsize>(current.size()));
    std::cerr << "the bytes are in the file fuzz-finding\n";
}

void run(Bytes bytes) {
    current = std::move(bytes);
    LLVMFuzzerTestOneInput(current.data(), current.size());
}

Bytes read_file(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::vector<Bytes> read_all(const std::vector<std::string>& places) {
    std::vector<std::filesystem::path> files;
    for (const std::string& place : places) {
        if (std::filesystem::is_directory(place)) {
            for (const auto& entry : std::filesystem::directory_iterator(place)) {
                files.push_back(entry.path());
            }
        } else {
            files.emplace_back(place);
        }
    }
    std::ranges::sort(files);
    std::vector<Bytes> all;
    for (const auto& file : files) all.push_back(read_file(file));
    return all;
}

// A few bytes replaced, taken out, doubled, or brought in from another file.
Bytes changed(Bytes bytes, const std::vector<Bytes>& others, std::mt19937_64& random) {
    const auto below = [&random](std::size_t bound) {
        return static_cast<std::ptrdiff_t>(random() % std::max<std::size_t>(bound, 1));
    };
    for (std::ptrdiff_t left = 1 + below(4); left > 0 && !bytes.empty(); --left) {
        const auto at = bytes.begin() + below(bytes.size());
        const Bytes& other = others[static_cast<std::size_t>(below(others.size()))];
        const auto from = other.begin() + below(other.size());
        const auto size = std::min<std::ptrdiff_t>(below(24), other.end() - from);
        switch (below(5)) {
            case 0:
                *at = static_cast<std::uint8_t>(random());
                break;
            case 1:
                bytes.erase(at, at + std::min<std::ptrdiff_t>(1 + below(6), bytes.end() - at));
                break;
            case 2:
                *at = static_cast<std::uint8_t>("0123456789eE+-.,:\"{}[]<>/&; "[below(28)]);
                break;
            case 3:
                bytes.insert(at, from, from + size);
                break;
            default: {
                const Bytes part(at, at + std::min<std::ptrdiff_t>(below(40), bytes.end() - at));
                bytes.insert(bytes.begin() + below(bytes.size()), part.begin(), part.end());
            }
        }
    }
    return bytes;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGABRT, keep_current);
    std::uint64_t changes = 0;
    std::uint64_t seed = std::random_device{}();
    std::vector<std::string> places;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--changes" && i + 1 < argc) {
            changes = std::strtoull(argv[++i], nullptr, 10);
        } else if (word == "--seed" && i + 1 < argc) {
            seed = std::strtoull(argv[++i], nullptr, 10);
        } else {
            places.push_back(word);
        }
    }
    const auto files = read_all(places);
    if (files.empty()) {
        std::cerr << "no files\n";
        return 2;
    }
    for (const Bytes& file : files) run(file);
    std::cout << files.size() << " files; " << changes << " changed ones, seed " << seed
              << std::endl;
    std::mt19937_64 random(seed);
    for (std::uint64_t i = 0; i < changes; ++i)
        run(changed(files[i % files.size()], files, random));
}
