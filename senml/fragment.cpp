#include "senml/fragment.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

#include "senml/detail/readers.hpp"
#include "senml/detail/report.hpp"
#include "senml/detail/resolver.hpp"

namespace courant::senml {

namespace {

constexpr std::string_view scheme = "rec=";
constexpr std::size_t last_record = std::numeric_limits<std::size_t>::max();

tl::unexpected<Fault> malformed(const std::string& what) {
    return tl::unexpected(Fault{0, "a fragment " + what, "RFC 8428 9"});
}

tl::expected<std::size_t, Fault> parse_number(std::string_view text) {
    std::size_t number = 0;
    const char* const end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, number);
    if (text.empty() || result.ptr != end || result.ec == std::errc::invalid_argument) {
        return malformed("with '" + std::string{text} + "' where a number is expected");
    }
    if (result.ec != std::errc{}) return last_record;  // more than any pack holds
    if (number == 0) return malformed("with the number 0; the first record is 1");
    return number;
}

// Resolves all records, and takes back the readings of those that are not selected.
class Picker final : public detail::RecordSink {
  public:
    Picker(detail::Resolver& resolver, const Fragment& fragment, Pack& pack)
        : resolver_(resolver), fragment_(fragment), pack_(pack) {}

    bool take(const detail::RawRecord& record) override {
        const std::size_t before = pack_.size();
        if (!resolver_.take(record)) return false;
        if (pack_.size() > before && !fragment_.contains(record.index)) pack_.drop_last();
        return true;
    }

  private:
    detail::Resolver& resolver_;
    const Fragment& fragment_;
    Pack& pack_;
};

}  // namespace

tl::expected<Fragment::Range, Fault> Fragment::parse_range(std::string_view text) {
    const auto dash = text.find('-');
    const auto first = parse_number(text.substr(0, dash));
    if (!first) return tl::unexpected(first.error());
    if (dash == std::string_view::npos) return Range{*first, *first};
    const std::string_view end = text.substr(dash + 1);
    if (end == "*") return Range{*first, last_record};
    const auto last = parse_number(end);
    if (!last) return tl::unexpected(last.error());
    if (*last < *first) return malformed("with a range that runs backwards: " + std::string{text});
    return Range{*first, *last};
}

tl::expected<Fragment, Fault> Fragment::parse(std::string_view text) {
    if (text.starts_with('#')) text.remove_prefix(1);
    if (!text.starts_with(scheme)) return malformed("that does not begin with 'rec='");
    text.remove_prefix(scheme.size());
    Fragment fragment;
    for (;;) {
        const auto comma = text.find(',');
        const auto range = parse_range(text.substr(0, comma));
        if (!range) return tl::unexpected(range.error());
        fragment.ranges_.push_back(*range);
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    fragment.tidy();
    return fragment;
}

// Puts the ranges in order and joins those that meet.
void Fragment::tidy() {
    std::ranges::sort(ranges_, {}, &Range::first);
    std::vector<Range> apart;
    for (const Range& range : ranges_) {
        const bool meets = !apart.empty() && (apart.back().last == last_record ||
                                              range.first <= apart.back().last + 1);
        if (meets) {
            apart.back().last = std::max(apart.back().last, range.last);
        } else {
            apart.push_back(range);
        }
    }
    ranges_ = std::move(apart);
}

bool Fragment::contains(std::size_t record) const {
    const auto after = std::ranges::upper_bound(ranges_, record, {}, &Range::first);
    return after != ranges_.begin() && record <= std::prev(after)->last;
}

tl::expected<Pack, Fault> read_fragment(Format format, std::string_view bytes,
                                        const Fragment& fragment, const ReadOptions& options,
                                        std::vector<Fault>* deviations) {
    detail::Report report(options.profile, detail::Reach::first_fault, deviations);
    Pack pack;
    detail::Scratch scratch;
    detail::Resolver resolver;
    resolver.begin(pack, options, report);
    Picker picker(resolver, fragment, pack);
    read_records(format, {bytes, options}, scratch, report, picker);
    if (report.failed()) return tl::unexpected(report.faults().front());
    return pack;
}

}  // namespace courant::senml
