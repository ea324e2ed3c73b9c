// Whoever takes part: how a library is called by the harness, and how what it did is checked.
//
// An engine is a class with `run(corpus, index, see)`: it handles one pack and shows the result to
// `see` while it is alive, so that making and destroying it are both part of the time. Timed, `see`
// only keeps the optimiser from dropping the work; checked, it compares every reading. The virtual
// call is made once per turn over all packs, nothing of the harness runs per record.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "senml/reading.hpp"
#include "tests/bench/senml/payload.hpp"

namespace courant::bench {

/// Whom the goals are about.
enum class Part { ours_reused, nlohmann_owning, nlohmann_shared, simdjson, other };

class Contestant {
  public:
    Contestant(std::string name, Part part) : name_(std::move(name)), part_(part) {}
    virtual ~Contestant() = default;
    Contestant(const Contestant&) = delete;
    Contestant& operator=(const Contestant&) = delete;

    const std::string& name() const { return name_; }
    Part part() const { return part_; }

    /// What is not timed, where a library needs it.
    virtual void prepare(const Corpus& corpus) = 0;
    /// Every pack of the corpus once.
    virtual void turn(const Corpus& corpus) = 0;
    /// The same, and each result compared with what the pack says. Throws std::runtime_error.
    virtual void check(const Corpus& corpus) = 0;

  private:
    std::string name_;
    Part part_;
};

/// Throws std::runtime_error unless `result` says what pack `index` says: name, unit, time and
/// value of each record, the numbers to the bit (all parsers round correctly on this payload).
void compare(const Corpus& corpus, std::size_t index, const senml::Pack& result);
void compare(const Corpus& corpus, std::size_t index, const SharedReadings& result);
void compare(const Corpus& corpus, std::size_t index, const OwningReadings& result);
void compare(const Corpus& corpus, std::size_t index, const std::vector<senml::Reading>& result);
/// A written pack: read back by this library, it is the same.
void compare(const Corpus& corpus, std::size_t index, std::string_view result);

/// Makes the compiler believe that `value` is looked at, all of it.
template <typename T>
inline void keep(const T& value) {
    asm volatile("" : : "g"(&value) : "memory");
}

template <typename Engine>
class Running final : public Contestant {
  public:
    template <typename... Arguments>
    Running(std::string name, Part part, Arguments&&... arguments)
        : Contestant(std::move(name), part), engine_(std::forward<Arguments>(arguments)...) {}

    void prepare(const Corpus& corpus) override {
        if constexpr (requires { engine_.prepare(corpus); }) engine_.prepare(corpus);
    }
    void turn(const Corpus& corpus) override {
        for (std::size_t index = 0; index < corpus.size(); ++index) {
            engine_.run(corpus, index, [](const auto& result) { keep(result); });
        }
    }
    void check(const Corpus& corpus) override {
        for (std::size_t index = 0; index < corpus.size(); ++index) {
            engine_.run(corpus, index, [&](const auto& result) { compare(corpus, index, result); });
        }
    }

  private:
    Engine engine_;
};

using Contestants = std::vector<std::unique_ptr<Contestant>>;

template <typename Engine, typename... Arguments>
void add(Contestants& to, std::string name, Part part = Part::other, Arguments&&... arguments) {
    to.push_back(std::make_unique<Running<Engine>>(std::move(name), part,
                                                   std::forward<Arguments>(arguments)...));
}

// Who takes part, by discipline and file.
void add_our_parsers(Contestants& to);    // ours.cpp
void add_our_encoders(Contestants& to);   // ours.cpp
void add_json_parsers(Contestants& to);   // json_others.cpp
void add_xml_parsers(Contestants& to);    // xml_others.cpp
void add_json_encoders(Contestants& to);  // json_encoders.cpp
void add_xml_encoders(Contestants& to);   // xml_encoders.cpp
void add_payload_copy(Contestants& to);   // copy.cpp
void add_output_copy(Contestants& to);    // copy.cpp

}  // namespace courant::bench
