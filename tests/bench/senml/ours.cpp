// This library, in the shapes in which it is used.
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "senml/reading.hpp"
#include "tests/bench/senml/contestant.hpp"

namespace courant::bench {

namespace {

template <typename Expected>
void must(const Expected& result) {
    if (!result) throw std::runtime_error("ours: " + result.error().to_string());
}

/// A program that reads pack after pack.
struct ReusedReader {
    senml::Reader reader;
    senml::Pack pack;

    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        must(reader.read(corpus.format, corpus.texts[index], corpus.options, pack));
        see(pack);
    }
};

/// One call, one pack.
struct PlainRead {
    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        const auto pack = senml::read(corpus.format, corpus.texts[index], corpus.options);
        must(pack);
        see(*pack);
    }
};

/// Into records that own their strings.
struct OwningRead {
    senml::Reader reader;
    senml::Pack pack;

    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        must(reader.read(corpus.format, corpus.texts[index], corpus.options, pack));
        see(senml::readings(pack));
    }
};

/// A program that writes pack after pack.
struct ReusedWriter {
    senml::Writer writer;
    std::string out;

    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        must(writer.write(corpus.format, corpus.packs[index], out));
        see(std::string_view{out});
    }
};

/// One call, one text.
struct PlainWrite {
    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        const auto text = senml::write(corpus.format, corpus.packs[index]);
        must(text);
        see(std::string_view{*text});
    }
};

/// From records that own their strings.
struct OwningWrite {
    senml::Writer writer;
    std::string out;
    std::vector<std::vector<senml::Reading>> owning;

    void prepare(const Corpus& corpus) {
        owning.clear();
        for (const auto& pack : corpus.packs) owning.push_back(senml::readings(pack));
    }
    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        must(writer.write(corpus.format, senml::to_pack(owning[index]), out));
        see(std::string_view{out});
    }
};

}  // namespace

void add_our_parsers(Contestants& to) {
    add<ReusedReader>(to, "Courant, reused buffers", Part::ours_reused);
    add<PlainRead>(to, "Courant, read()");
    add<OwningRead>(to, "Courant, owning records");
}

void add_our_encoders(Contestants& to) {
    add<ReusedWriter>(to, "Courant, reused buffers", Part::ours_reused);
    add<PlainWrite>(to, "Courant, write()");
    add<OwningWrite>(to, "Courant, owning records");
}

}  // namespace courant::bench
