// A route table on one worker, as long as it is the newest or streams that began with it go on.
// Owned by the manager's worker; pinned by streams.
#pragma once

#include <memory>
#include <utility>

#include "sluice/base/local_pin.h"
#include "sluice/event/loop.h"
#include "sluice/route/route_table.h"

namespace sluice::downstream {

class ManagerWorker;

class UsedRoutes final : public DeferredDeletable {
 public:
  UsedRoutes(ManagerWorker& owner, std::shared_ptr<const route::RouteTable> table)
      : owner_(owner), table_(std::move(table)) {}

  const route::RouteTable* table() const { return table_.get(); }  // null: nothing matches
  bool pinned() const { return pins_ != 0; }

  // For the pins only.
  void AddPin() { ++pins_; }
  void DropPin();

 private:
  ManagerWorker& owner_;
  const std::shared_ptr<const route::RouteTable> table_;
  uint32_t pins_ = 0;
};

using RoutesPin = LocalPin<UsedRoutes>;

}  // namespace sluice::downstream
