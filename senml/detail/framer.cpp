#include "senml/detail/framer.hpp"

namespace courant::senml::detail {

Frame Framer::next(std::string_view buffer) {
    units_.clear();
    if (!alone_ && !fault_) {
        scan(buffer);
        if (!alone_ && !fault_) check_size();
    }
    if (!units_.empty()) {
        const char* const begin = units_.front().data();
        const std::string_view last = units_.back();
        const auto size = static_cast<std::size_t>(last.data() + last.size() - begin);
        Frame frame{Frame::What::records, head(), {begin, size}, tail(), units_};
        delivered_ = true;
        return frame;
    }
    if (alone_) {
        const Alone alone = *alone_;
        alone_.reset();
        units_.push_back(alone.body);
        return {Frame::What::records, alone.head, alone.body, alone.tail, units_, true};
    }
    if (fault_) return {.what = Frame::What::fault, .fault = *fault_};
    return {};
}

void Framer::drop(std::size_t bytes) {
    dropped_ += bytes;
    at_ -= bytes;
    if (unit_) *unit_ -= bytes;
}

bool Framer::fail_by_size() {
    fault_ = {true, "a record of more than " + std::to_string(max_record_) + " bytes", ""};
    return false;
}

bool Framer::end_alone(std::string_view buffer, std::string_view head, std::string_view tail) {
    if (!check_size()) return false;
    alone_ = Alone{head, buffer.substr(*unit_, at_ - *unit_), tail};
    unit_.reset();
    return true;
}

// What is too long is so before anything else can be wrong with it, however it came.
void Framer::fail(FramingFault fault) {
    if (!fault_ && check_size()) fault_ = std::move(fault);
}

std::unique_ptr<Framer> make_framer(Format format, std::size_t max_record, std::size_t max_depth) {
    switch (format) {
        case Format::xml:
            return make_xml_framer(max_record);
        case Format::cbor:
            return make_cbor_framer(max_record, max_depth);
        case Format::json:
            break;
    }
    return make_json_framer(max_record);
}

}  // namespace courant::senml::detail
