// How an extension of a configuration becomes a factory. The server fills one
// config::ExtensionRegistry by hand (server/builtin_extensions.cc); each kind of filter has its
// base here, found again through TypedConfig::Factory<...>(). Main thread, at load.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "sluice/config/extension.h"
#include "sluice/config/problems.h"
#include "sluice/filter/http_filter.h"
#include "sluice/filter/listener_filter.h"
#include "sluice/filter/main_service.h"
#include "sluice/filter/network_filter.h"
#include "sluice/filter/process_state.h"
#include "sluice/filter/worker_service.h"
#include "sluice/route/cluster_directory.h"

namespace sluice::config {
struct NamedExtension;
}
namespace sluice::discovery {
class Host;
}
namespace sluice::log {
class AccessLogManager;
}
namespace sluice::match {
class RuntimeSnapshot;
}

namespace sluice::filter {

using route::ClusterDirectory;

// What the making of a configuration may use. Lives until the load is over; what a factory keeps,
// it keeps by value or by its longer-lived reference (stats, process, loop, access logs,
// extensions, clusters).
struct LoadContext {
  config::Problems& problems;
  const config::ExtensionRegistry& extensions;
  const ClusterDirectory& clusters;
  log::AccessLogManager& access_logs;
  ProcessState& process;
  stats::Store& stats;
  EventLoop& main_loop;
  MainServices& services;
  WorkerServices& worker_services;
  const match::RuntimeSnapshot* runtime = nullptr;
  // The bootstrap's `tracing.http`: what managers that trace and name no provider use. Null: none.
  const config::NamedExtension* default_tracer = nullptr;
  std::string_view listener_stat_prefix = {};  // "listener.0.0.0.0_80" while one is being made
  discovery::Host* discovery = nullptr;        // null only in tests
  std::string_view filter_name = {};           // as it is configured, while an HTTP filter is made
};

// A config that cannot be made adds to ctx.problems and returns null.
struct NetworkFilterExtension : config::Extension {
  using Extension::Extension;
  virtual std::unique_ptr<NetworkFilterFactory> Make(const config::TypedConfig& config,
                                                     LoadContext& ctx) const = 0;
};

struct ListenerFilterExtension : config::Extension {
  using Extension::Extension;
  virtual std::unique_ptr<ListenerFilterFactory> Make(const config::TypedConfig& config,
                                                      LoadContext& ctx) const = 0;
};

struct HttpFilterExtension : config::Extension {
  using Extension::Extension;
  virtual std::unique_ptr<HttpFilterFactory> Make(const config::TypedConfig& config,
                                                  LoadContext& ctx) const = 0;
  // What typed_per_filter_config takes for this filter is a route::FilterRouteExtension, added to
  // the registry beside this one.
};

// One of bootstrap_extensions: adds its services to the context.
struct BootstrapExtension : config::Extension {
  using Extension::Extension;
  virtual void Make(const config::TypedConfig& config, LoadContext& ctx) const = 0;
};

inline constexpr std::string_view kNetworkFilters = "envoy.filters.network";
inline constexpr std::string_view kListenerFilters = "envoy.filters.listener";
inline constexpr std::string_view kHttpFilters = "envoy.filters.http";

// The usual extension: Config is the struct, Factory is constructed from (shared config, ctx).
template <typename Base, typename Product, typename Config, typename Factory>
struct SimpleExtension : Base {
  using Base::Base;
  std::unique_ptr<Product> Make(const config::TypedConfig& config,
                                LoadContext& ctx) const override {
    return Factory::Make(config.template Share<Config>(), config.where(), ctx);
  }
};

}  // namespace sluice::filter
