// A configured provider of traces: made at load, shared by the workers, with one Driver on each.
//
// An extension of the category envoy.tracers makes it. Its drivers are services of their workers,
// so that they outlive the connections and can send what is left when a worker ends.
#pragma once

#include <memory>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/filter/registry.h"
#include "sluice/tracing/span.h"

namespace sluice::tracing {

inline constexpr std::string_view kTracers = "envoy.tracers";

class DriverFactory {
 public:
  virtual ~DriverFactory() = default;
  virtual std::unique_ptr<Driver> Make(filter::WorkerContext& worker) const = 0;
};

// Null after adding to ctx.problems.
struct TracerExtension : config::Extension {
  using Extension::Extension;
  virtual std::unique_ptr<const DriverFactory> Make(const config::TypedConfig& config,
                                                    filter::LoadContext& ctx) const = 0;
};

class Tracer {
 public:
  // `slots`: how many there will be, where workers that run make their drivers themselves.
  explicit Tracer(std::unique_ptr<const DriverFactory> factory, size_t slots = 0)
      : factory_(std::move(factory)), drivers_(slots) {}

  // By the worker's slot; null in tests without services.
  Driver* ForWorker(uint32_t slot) const {
    return slot < drivers_.size() ? drivers_[slot] : nullptr;
  }
  // Main, before the worker runs.
  std::unique_ptr<filter::WorkerService> MakeService(filter::WorkerContext& worker) const;

 private:
  std::unique_ptr<const DriverFactory> factory_;
  mutable std::vector<Driver*> drivers_;  // each element is of one worker
};

// Null for a provider that could not be made.
std::shared_ptr<const Tracer> MakeTracer(const config::NamedExtension& provider,
                                         filter::LoadContext& ctx);

void AddExtensions(config::ExtensionRegistry& registry);

}  // namespace sluice::tracing
