// The route table of a manager from a file (RDS): read at load and whenever the file changes, and
// handed to the workers. Belongs to the manager's plan; main thread, but for tables().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/discovery/file_subscription.h"
#include "sluice/discovery/in_use.h"
#include "sluice/downstream/http_connection_manager_config.h"
#include "sluice/filter/feed.h"
#include "sluice/filter/registry.h"
#include "sluice/log/header_formats.h"
#include "sluice/route/build.h"

namespace sluice::downstream {

class RouteFile {
 public:
  using Tables = filter::Feed<route::RouteTable>;

  // `filters` as BuildInput has them. What is wrong at load goes to ctx.problems: null.
  static std::unique_ptr<RouteFile> Load(const HttpConnectionManagerConfig& config,
                                         std::vector<route::FilterSlot> filters,
                                         filter::LoadContext& ctx);
  RouteFile(const HttpConnectionManagerConfig& config, std::vector<route::FilterSlot> filters,
            filter::LoadContext& ctx);
  ~RouteFile();

  // Where workers get the tables from; none yet while the file has no such route configuration.
  Tables& tables() { return tables_; }
  // The newest one; null: none yet. Main.
  const std::shared_ptr<const route::RouteTable>& table() const { return table_; }

 private:
  bool Take(const config::Resources& resources, config::Problems& problems);

  const std::string name_;
  const std::vector<route::FilterSlot> filters_;
  const route::ClusterDirectory& clusters_;
  EventLoop& loop_;
  log::HeaderFormats formats_;
  std::shared_ptr<const route::RouteTable> table_;
  Tables tables_;
  discovery::InUse<route::RouteConfiguration> shown_;
  std::unique_ptr<discovery::FileSubscription> file_;
};

}  // namespace sluice::downstream
