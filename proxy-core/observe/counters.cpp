#include "proxy-core/observe/counters.hpp"

#include <algorithm>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <tuple>

namespace courant {

struct Counters::Node {
    std::string name;
    std::vector<Label> labels;
    Counter counter;
    Node* older = nullptr;
};

namespace {

bool is_counter_name(std::string_view name) {
    return name.starts_with("courant_") && name.ends_with("_total") &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
}

// The exposition format escapes these three in label values and nothing else.
std::string escaped_label(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out;
}

}  // namespace

Counters::~Counters() {
    for (List& list : newest_)
        for (Node* node = list.load(); node != nullptr;) delete std::exchange(node, node->older);
}

Counters::List& Counters::list_of(std::string_view name, const std::vector<Label>& labels) {
    const std::hash<std::string_view> hash;
    std::size_t sum = hash(name);
    for (const auto& [label, value] : labels) sum = sum * 31 + hash(value);
    return newest_[sum % lists];
}

Counters::Node* Counters::find(Node* from, const Node* until, std::string_view name,
                               const std::vector<Label>& labels) {
    for (Node* node = from; node != until; node = node->older)
        if (node->name == name && node->labels == labels) return node;
    return nullptr;
}

Counter& Counters::get(std::string_view name, std::vector<Label> labels) {
    std::sort(labels.begin(), labels.end());
    List& newest = list_of(name, labels);
    Node* head = newest.load(std::memory_order_acquire);
    if (Node* known = find(head, nullptr, name, labels)) return known->counter;
    if (!is_counter_name(name))
        throw std::logic_error("no name for a counter: " + std::string(name));

    auto made = std::make_unique<Node>();
    made->name = name;
    made->labels = std::move(labels);
    made->older = head;
    // Another thread may have put nodes in front meanwhile, this very one among them.
    while (!newest.compare_exchange_weak(head, made.get(), std::memory_order_acq_rel)) {
        if (Node* known = find(head, made->older, made->name, made->labels)) return known->counter;
        made->older = head;
    }
    return made.release()->counter;
}

std::vector<Counters::Sample> Counters::snapshot() const {
    std::vector<Sample> samples;
    for (const List& list : newest_)
        for (const Node* node = list.load(std::memory_order_acquire); node; node = node->older)
            samples.push_back({node->name, node->labels, node->counter.value()});
    std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) {
        return std::tie(a.name, a.labels) < std::tie(b.name, b.labels);
    });
    return samples;
}

void Counters::write_prometheus(std::ostream& out) const {
    std::string family;
    for (const auto& sample : snapshot()) {
        if (sample.name != family) {
            family = sample.name;
            out << "# TYPE " << family << " counter\n";
        }
        out << sample.name;
        char before = '{';
        for (const auto& [label, value] : sample.labels) {
            out << before << label << "=\"" << escaped_label(value) << '"';
            before = ',';
        }
        out << (sample.labels.empty() ? " " : "} ") << sample.value << '\n';
    }
}

}  // namespace courant
