// The past of what no app remembers: the node's own archive of sent readings as a History.
//
// It stands behind the apps: HistoryDesk asks the first History that speaks a series, and this one,
// which speaks any, is put last.
//
// Thread: as every History; it asks the store, which has a thread of its own.
#pragma once

#include "proxy-core/adapter.hpp"
#include "proxy-core/mailbox/store_thread.hpp"

namespace courant {

/// Reads the archive of a store.
class KeptHistory : public History {
  public:
    explicit KeptHistory(StoreThread& store) : store_(store) {}

    bool speaks(std::string_view) const override { return true; }
    void read(const HistoryRange& range, const Call& call, const TakeHistory& take) override;

  private:
    StoreThread& store_;
};

}  // namespace courant
