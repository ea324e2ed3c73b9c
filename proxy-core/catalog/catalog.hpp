// What there is, as one asker may know of it.
//
// A series is in the catalog of an asker for one of two reasons: a grant that is valid now lets him
// have it, or it is offered to him. Everything else is not there: no number counts it, no order and
// no page tells of it. Under a grant that gives the series another name it stands under that name,
// is sought and ordered by that name, and by no other.
//
//     CatalogView view(rules, asker, CatalogAsker::peer, grants, now);
//     CatalogSearch search(view, {.pattern = "*/pv/*", .after = "", .most = 50});
//     while (search.look(mailboxes.series(), 500)) continue;   // each in a work of its own
//     search.found();
//
// Thread: values; time is passed in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/access/grant.hpp"
#include "proxy-core/access/subject_book.hpp"
#include "proxy-core/catalog/offer.hpp"
#include "proxy-core/catalog/series_book.hpp"

namespace courant {

/// What the administrator says of series.
struct SeriesDescription {
    /// A pattern in people's spelling; of several that fit a name, the first one counts.
    std::string series;
    /// The word for what its values are: "mean"; empty where nobody said.
    std::string meaning = {};
    /// How long a value is about, ISO 8601.
    std::string period = {};
    Offer offer = {};
};

/// The name under which a grant lets a series be known; empty: it cannot be, and is not shown.
using ShownName = std::function<std::string(const Grant& grant, const std::string& name)>;

/// What a catalog is made from.
struct CatalogRules {
    std::vector<SeriesDescription> series = {};
    /// Names of series that there are, though none of their readings has passed yet.
    std::vector<std::string> declared = {};
    /// What a value of a series means that nobody described, by its unit: a word, or empty.
    std::function<std::string(std::string_view unit)> meaning_of_unit = [](std::string_view) {
        return std::string();
    };
    ShownName shown_name;

    CatalogRules();
    /// Null where none fits.
    const SeriesDescription* description(std::string_view name) const;
    /// Whether something is offered to strangers.
    bool has_open_data() const;
};

/// What an asker may have of a series.
struct CatalogGrant {
    std::string id;
    std::string purpose;
    /// How far back it may ask, ISO 8601; empty: only what comes from now on.
    std::string history;
    /// The finest period that it gets; empty: as it is.
    std::string resolution;
    std::optional<Time> until = {};

    bool operator==(const CatalogGrant&) const = default;
};

/// A series in the catalog.
struct CatalogEntry {
    std::string series;
    std::string unit = {};
    senml::Kind kind = senml::Kind::none;
    std::string title = {};
    std::string meaning = {};
    std::string period = {};
    /// The times of the first and the last reading; nothing where none has passed yet.
    std::optional<Time> first = {};
    std::optional<Time> last = {};
    std::string licence = {};
    std::string price = {};
    std::string conditions = {};
    /// Nothing: it has to be asked for.
    std::optional<CatalogGrant> grant = {};
    std::vector<SeenValue> sample = {};

    bool operator==(const CatalogEntry&) const = default;
};

/// Who asks.
enum class CatalogAsker { stranger, peer };

/// Values that show what a series looks like and nothing of whom it is about: they begin at
/// 2000-01-01T00:00:00Z and have two significant digits.
std::vector<SeenValue> anonymous(std::span<const SeenValue> values);

/// What one asker may know of at one moment.
class CatalogView {
  public:
    /// `grants` and `objections` are everybody's.
    CatalogView(std::shared_ptr<const CatalogRules> rules, const Jid& asker, CatalogAsker standing,
                const std::vector<Grant>& grants, std::vector<Objection> objections, Time now);

    /// Whether there can be anything at all.
    bool empty() const { return grants_.empty() && offered_.empty(); }
    /// Whether some series stand under other names than theirs.
    bool renames() const;
    /// The series as it is shown: once for each name under which it is, or not at all.
    std::vector<CatalogEntry> entries(const SeriesSeen& series) const;
    const CatalogRules& rules() const { return *rules_; }

  private:
    CatalogEntry entry(const SeriesSeen& series, std::string shown) const;

    std::shared_ptr<const CatalogRules> rules_;
    std::vector<Grant> grants_;  ///< the asker's that are valid
    std::vector<Objection> objections_;
    Time now_;
    std::vector<Offered> offered_;  ///< what is offered to such an asker
};

/// What somebody looks for.
struct CatalogQuestion {
    /// Which names; in people's spelling.
    std::string pattern = "*";
    /// Only names behind this one.
    std::string after = {};
    std::size_t most = 50;
};

/// A part of the catalog, in the order of the names' bytes.
struct CatalogPage {
    std::vector<CatalogEntry> entries = {};
    /// There are others behind the last one.
    bool more = false;
};

/// A search through the book, portion by portion. Copies are independent.
class CatalogSearch {
  public:
    CatalogSearch(CatalogView view, CatalogQuestion question);

    /// Looks at the next so many series; whether there are more to look at.
    bool look(SeriesBook& book, std::int64_t portion);
    /// What was found so far.
    CatalogPage found() const;

  private:
    void consider(const SeriesSeen& series);
    bool has_enough() const;

    CatalogView view_;
    CatalogQuestion question_;
    std::string prefix_;                         ///< with which names that fit begin
    std::string looked_at_;                      ///< the name of the last series
    std::map<std::string, CatalogEntry> found_;  ///< the first ones by name, one more than wanted
};

}  // namespace courant
