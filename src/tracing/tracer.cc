#include "sluice/tracing/tracer.h"

#include <utility>

#include "sluice/stats/store.h"

namespace sluice::tracing {
namespace {

class DriverService final : public filter::WorkerService {
 public:
  explicit DriverService(std::unique_ptr<Driver> driver) : driver_(std::move(driver)) {}

  // filter::WorkerService
  void OnWorkerEnd() override { driver_->Flush(); }
  bool Busy() const override { return driver_->reports_under_way() != 0; }

 private:
  std::unique_ptr<Driver> driver_;
};

class ServiceFactory final : public filter::WorkerServiceFactory {
 public:
  explicit ServiceFactory(std::shared_ptr<const Tracer> tracer) : tracer_(std::move(tracer)) {}

  // filter::WorkerServiceFactory
  std::unique_ptr<filter::WorkerService> Make(filter::WorkerContext& worker) const override {
    return tracer_->MakeService(worker);
  }

 private:
  std::shared_ptr<const Tracer> tracer_;
};

}  // namespace

std::unique_ptr<filter::WorkerService> Tracer::MakeService(filter::WorkerContext& worker) const {
  auto driver = factory_->Make(worker);
  if (drivers_.size() <= worker.slot) drivers_.resize(worker.slot + 1);
  drivers_[worker.slot] = driver.get();
  return std::make_unique<DriverService>(std::move(driver));
}

std::shared_ptr<const Tracer> MakeTracer(const config::NamedExtension& provider,
                                         filter::LoadContext& ctx) {
  if (!provider.typed_config) return nullptr;
  const auto& extension = provider.typed_config.Factory<TracerExtension>();
  auto factory = extension.Make(provider.typed_config, ctx);
  if (factory == nullptr) return nullptr;
  auto tracer = std::make_shared<const Tracer>(std::move(factory), ctx.stats.slots());
  ctx.worker_services.Add(std::make_unique<ServiceFactory>(tracer));
  return tracer;
}

}  // namespace sluice::tracing
