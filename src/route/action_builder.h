// Compiles what routes do. Used while a table is built; problems go to `problems` with the place.
#pragma once

#include <string>

#include "sluice/config/problems.h"
#include "sluice/route/build.h"
#include "sluice/route/config.h"
#include "table_parts.h"

namespace sluice::route {

class ActionBuilder {
 public:
  ActionBuilder(const BuildInput& input, TableParts& parts, config::Problems& problems)
      : input_(input), parts_(parts), problems_(problems) {}

  const ForwardAction* Forward(const RouteConfig& route, const VirtualHostConfig& host,
                               const PathRule& path);
  const RedirectAction* Redirect(const RedirectActionConfig& config);
  const DirectResponse* Direct(const DirectResponseConfig& config, const config::Where& where);
  ClusterSpec Cluster(const config::Located<std::string>& name);
  static ClusterSpec ClusterByHeader(const std::string& header);

 private:
  PathRewrite ForwardPath(const RouteActionConfig& config, const PathRule& path);
  HostRewrite ForwardHost(const RouteActionConfig& config);
  std::vector<MirrorPolicy> Mirrors(const std::vector<MirrorPolicyConfig>& configs);

  const BuildInput& input_;
  TableParts& parts_;
  config::Problems& problems_;
};

RetryPolicy CompileRetry(const RetryPolicyConfig& config);

}  // namespace sluice::route
