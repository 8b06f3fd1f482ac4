// http_connection_manager as a network filter: from its config to one ManagerWorker per worker.
#pragma once

#include <memory>

#include "manager_worker.h"
#include "sluice/downstream/http_connection_manager_config.h"
#include "sluice/filter/registry.h"

namespace sluice::downstream {

class ManagerFactory final : public filter::NetworkFilterFactory {
 public:
  explicit ManagerFactory(std::shared_ptr<const ManagerPlan> plan) : plan_(std::move(plan)) {}

  // Null after adding to ctx.problems.
  static std::unique_ptr<filter::NetworkFilterFactory> Make(
      const std::shared_ptr<const HttpConnectionManagerConfig>& config, const config::Where& where,
      filter::LoadContext& ctx);

  // filter::NetworkFilterFactory
  bool terminal() const override { return true; }
  std::unique_ptr<filter::NetworkFilterWorker> MakeWorker(
      filter::WorkerContext& worker) const override {
    return std::make_unique<ManagerWorker>(plan_, worker);
  }
  bool Explain(http::HeaderMap& head, const stream::ConnectionInfo& connection,
               route::Explanation& out) const override;

 private:
  const std::shared_ptr<const ManagerPlan> plan_;
};

}  // namespace sluice::downstream
