#include "endpoint_file.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace sluice::upstream {

EndpointFile::EndpointFile(discovery::Host& host, const ClusterConfig& cluster,
                           const std::string& stat_prefix)
    : host_(host),
      name_(cluster.eds_cluster_config->service_name.empty()
                ? cluster.name
                : cluster.eds_cluster_config->service_name),
      file_(
          host, cluster.eds_cluster_config->eds_config,
          discovery::FileSubscription::Wish{discovery::Kind::kEndpoints,
                                            LoadAssignmentConfig::Schema(), stat_prefix},
          [this](const config::Resources& resources, config::Problems& problems) {
            return Take(resources, problems);
          },
          [this](const auto& from, const auto& visit) { shown_.Visit(from, visit); }) {}

AssignmentPlan EndpointFile::Start(OnPlan on_plan) {
  on_plan_ = std::move(on_plan);
  file_.Start();
  return std::move(first_);
}

bool EndpointFile::Take(const config::Resources& resources, config::Problems& problems) {
  const auto all = resources.As<LoadAssignmentConfig>();
  const auto found =
      std::ranges::find(all, name_, [](const auto& one) { return one->cluster_name; });
  if (found == all.end()) {
    problems.Warn({}, fmt::format("{}: there are no endpoints of '{}'{}", file_.path(), name_,
                                  found_ ? "; what was there stays" : ""));
    return true;
  }
  const size_t errors = problems.errors();
  if ((*found)->policy.weighted_priority_health) {
    problems.Add({}, fmt::format("{}: weighted_priority_health of '{}' is for clusters with "
                                 "endpoints of their own",
                                 file_.path(), name_));
  }
  AssignmentPlan plan = CompileAssignment(*found, {}, problems);
  if (problems.errors() != errors) return false;
  found_ = true;
  shown_.Take({{name_, *found}}, resources.version, host_.loop().clock().Wall());
  if (on_plan_) {
    on_plan_(std::move(plan));
  } else {
    first_ = std::move(plan);
  }
  return true;
}

}  // namespace sluice::upstream
