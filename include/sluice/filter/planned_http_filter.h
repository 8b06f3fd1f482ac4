// The factory of an HTTP filter that needs nothing but its plan, which is its config or what was
// compiled from it: each stream's filter is made with a reference to that. Filters with statistics
// or state of a worker write a factory of their own.
#pragma once

#include <memory>
#include <utility>

#include "sluice/buffer/arena.h"
#include "sluice/config/types.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filter {

struct LoadContext;

template <typename Filter, typename Plan>
class PlannedHttpFilter final : public HttpFilterFactory {
 public:
  explicit PlannedHttpFilter(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  // For SimpleExtension, where the config is the plan.
  static std::unique_ptr<HttpFilterFactory> Make(const std::shared_ptr<const Plan>& config,
                                                 const config::Where& /*where*/,
                                                 LoadContext& /*ctx*/) {
    return std::make_unique<PlannedHttpFilter>(config);
  }
  // HttpFilterFactory
  std::unique_ptr<HttpFilterWorker> MakeWorker(WorkerContext& /*worker*/,
                                               const stats::Scope& /*manager*/) const override {
    return std::make_unique<Worker>(*plan_);
  }

 private:
  class Worker final : public HttpFilterWorker {
   public:
    explicit Worker(const Plan& plan) : plan_(plan) {}
    HttpFilter* Create(Arena& arena) override { return arena.New<Filter>(plan_); }

   private:
    const Plan& plan_;
  };

  std::shared_ptr<const Plan> plan_;
};

}  // namespace sluice::filter
