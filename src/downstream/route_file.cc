#include "route_file.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace sluice::downstream {

std::unique_ptr<RouteFile> RouteFile::Load(const HttpConnectionManagerConfig& config,
                                           std::vector<route::FilterSlot> filters,
                                           filter::LoadContext& ctx) {
  if (ctx.discovery == nullptr) return nullptr;
  auto made = std::make_unique<RouteFile>(config, std::move(filters), ctx);
  if (!made->file_->Load(ctx.problems)) return nullptr;
  made->file_->Start();
  return made;
}

RouteFile::RouteFile(const HttpConnectionManagerConfig& config,
                     std::vector<route::FilterSlot> filters, filter::LoadContext& ctx)
    : name_(config.rds->route_config_name),
      filters_(std::move(filters)),
      clusters_(ctx.clusters),
      loop_(ctx.main_loop) {
  using discovery::FileSubscription;
  file_ = std::make_unique<FileSubscription>(
      *ctx.discovery, config.rds->config_source,
      FileSubscription::Wish{discovery::Kind::kRoutes, route::RouteConfiguration::Schema(),
                             fmt::format("http.{}.rds.{}", config.stat_prefix, name_)},
      [this](const config::Resources& resources, config::Problems& problems) {
        return Take(resources, problems);
      },
      [this](const auto& from, const auto& visit) { shown_.Visit(from, visit); });
}

// The last holder of a plan may be a worker, but watches and timers belong to main.
RouteFile::~RouteFile() {
  if (!loop_.OnThisThread()) loop_.Post([file = std::move(file_)] {});
}

bool RouteFile::Take(const config::Resources& resources, config::Problems& problems) {
  const auto all = resources.As<route::RouteConfiguration>();
  const auto found = std::ranges::find(all, name_, [](const auto& one) { return one->name; });
  if (found == all.end()) {
    problems.Warn({},
                  fmt::format("{}: there is no route configuration '{}'{}", file_->path(), name_,
                              table_ == nullptr ? ": requests are answered 404 until it comes"
                                                : "; what was there stays"));
    return true;
  }
  route::BuildInput input;
  input.config = *found;
  input.clusters = &clusters_;
  input.formats = &formats_;
  input.filters = filters_;
  input.validate_clusters = false;  // they may come later
  auto table = route::BuildTable(input, problems);
  if (table == nullptr) return false;
  table_ = std::move(table);
  tables_.Publish(table_);
  shown_.Take({{name_, *found}}, resources.version, loop_.clock().Wall());
  return true;
}

}  // namespace sluice::downstream
