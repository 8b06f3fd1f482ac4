// The administration endpoints, over the server's own parts. Owned by the server; main thread.
#pragma once

#include <functional>

#include "sluice/admin/admin.h"
#include "sluice/stats/store.h"

namespace sluice::server {

class AdminEndpoints final : public admin::Handler {
 public:
  struct Parts {
    stats::Store& store;
    std::function<std::string_view()> state;  // "LIVE", "DRAINING", "INITIALIZING"
    std::function<void()> refresh_stats;      // gauges that are computed when read
    std::function<void()> quit;
  };
  explicit AdminEndpoints(Parts parts) : parts_(std::move(parts)) {}

  // admin::Handler
  admin::Response Handle(const admin::Request& request) override;

 private:
  admin::Response Ready() const;
  admin::Response Stats(const admin::Request& request) const;

  Parts parts_;
};

}  // namespace sluice::server
