#include "proxy-core/federation/single_answers.hpp"

#include <doctest/doctest.h>

using namespace courant;

namespace {

SingleAnswers written_through(Seq last) {
    SingleAnswers answers;
    for (Seq seq = 1; seq <= last; ++seq) answers.written(seq, {});
    return answers;
}

}  // namespace

TEST_CASE("answers in any order cover what has no hole before it") {
    SingleAnswers answers = written_through(4);
    answers.answered(2);
    answers.answered(3);
    CHECK(answers.cover(0).through == 0);
    answers.answered(1);
    CHECK(answers.cover(0).through == 3);
    answers.answered(4);
    CHECK(answers.cover(3).through == 4);
    CHECK(answers.cover(4).through == 4);
}

TEST_CASE("what was left out and what was refused comes with the receipt, once") {
    SingleAnswers answers;
    answers.written(1, {{.seq = 1, .record = 2, .reason = "a text"}});
    answers.written(2, {});
    answers.answered(2, {{.seq = 2, .record = {}, .reason = "too large"}});
    CHECK(answers.cover(0).rejects.empty());
    // It goes once more, and is answered twice.
    answers.written(1, {{.seq = 1, .record = 2, .reason = "a text"}});
    answers.answered(1);
    answers.answered(1, {{.seq = 1, .record = {}, .reason = "again"}});
    const auto covered = answers.cover(0);
    CHECK(covered.through == 2);
    REQUIRE(covered.rejects.size() == 2);
    CHECK(covered.rejects[0].reason == "a text");
    CHECK(covered.rejects[1].reason == "too large");
}

TEST_CASE("an answer to what was never written, or is acknowledged already, counts for nothing") {
    SingleAnswers answers = written_through(2);
    answers.answered(3);
    answers.answered(1);
    CHECK(answers.cover(0).through == 1);
    answers.answered(1);
    answers.answered(3);
    CHECK(answers.cover(1).through == 1);
    answers.answered(2);
    CHECK(answers.cover(1).through == 2);
}
