#include "proxy-core/mailbox/message.hpp"

#include "proxy-core/word_table.hpp"

namespace courant {
namespace {

constexpr WordTable<Quality, 6> qualities{{{Quality::missing, "missing"},
                                           {Quality::estimated, "estimated"},
                                           {Quality::raw, "raw"},
                                           {Quality::corrected, "corrected"},
                                           {Quality::validated, "validated"},
                                           {Quality::invoiced, "invoiced"}}};

constexpr WordTable<DeadOrigin, 5> origins{{{DeadOrigin::source, "source"},
                                            {DeadOrigin::sent, "sent"},
                                            {DeadOrigin::arrived, "arrived"},
                                            {DeadOrigin::sink, "sink"},
                                            {DeadOrigin::dropped, "dropped"}}};

constexpr WordTable<Dialect, 3> dialects{
    {{Dialect::courant, "courant"}, {Dialect::quoalise, "quoalise"}, {Dialect::pubsub, "pubsub"}}};

}  // namespace

std::string_view to_word(Quality quality) {
    return word_of(qualities, quality);
}
std::optional<Quality> quality_from(std::string_view word) {
    return value_of(qualities, word);
}

std::string_view to_word(DeadOrigin origin) {
    return word_of(origins, origin);
}
std::optional<DeadOrigin> dead_origin_from(std::string_view word) {
    return value_of(origins, word);
}

std::string_view to_word(Dialect dialect) {
    return word_of(dialects, dialect);
}
std::optional<Dialect> dialect_from(std::string_view word) {
    return value_of(dialects, word);
}

}  // namespace courant
