// The floor: a copy of the payload, for parsers, and of the output, for encoders. Nobody can be
// faster without leaving bytes out.
#include <cstring>
#include <string>
#include <string_view>

#include "tests/bench/senml/contestant.hpp"

namespace courant::bench {

namespace {

struct Copy {
    std::string into;

    void prepare(const Corpus& corpus) {
        for (const auto& text : corpus.texts) {
            if (into.size() < text.size()) into.resize(text.size());
        }
    }
    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        const std::string& text = corpus.texts[index];
        std::memcpy(into.data(), text.data(), text.size());
        see(std::string_view{into.data(), text.size()});
    }
};

}  // namespace

void add_payload_copy(Contestants& to) {
    add<Copy>(to, "memcpy of the payload");
}

// An encoder's output is about the payload again.
void add_output_copy(Contestants& to) {
    add<Copy>(to, "memcpy of the output");
}

}  // namespace courant::bench
