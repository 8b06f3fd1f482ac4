#include "assignment.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sluice/stream/host_locality.h"

namespace sluice::upstream {
namespace {

uint32_t HealthFlags(ConfiguredHealth health) {
  switch (health) {
    case ConfiguredHealth::kUnknown:
    case ConfiguredHealth::kHealthy: return 0;
    case ConfiguredHealth::kUnhealthy:
    case ConfiguredHealth::kDraining:
    case ConfiguredHealth::kTimeout: return kFailedEdsHealth;
    case ConfiguredHealth::kDegraded: return kDegradedEdsHealth;
  }
  return 0;
}

bool IsCanary(const config::Metadata& metadata) {
  const auto found = metadata.filter_metadata.find("envoy.lb");
  if (found == metadata.filter_metadata.end()) return false;
  const config::Node* canary = found->second.Find("canary");
  return canary != nullptr && canary->scalar == "true";
}

bool ResolvesNames(const ClusterConfig& config) {
  return config.type == DiscoveryType::kStrictDns || config.type == DiscoveryType::kLogicalDns;
}

class Compiler {
 public:
  Compiler(std::shared_ptr<const LoadAssignmentConfig> config, bool resolves_names,
           const config::Where& where, config::Problems& problems)
      : config_(std::move(config)),
        resolves_names_(resolves_names),
        where_(where),
        problems_(problems) {}

  AssignmentPlan Run() {
    plan_.overprovisioning_factor = config_->policy.overprovisioning_factor;
    std::set<uint32_t> priorities{0};
    for (const LocalityEndpointsConfig& group : config_->endpoints) {
      priorities.insert(group.priority);
      AddGroup(group);
    }
    plan_.priorities = *priorities.rbegin() + 1;
    if (priorities.size() != plan_.priorities) {
      problems_.Add(where_, fmt::format("priorities of endpoints must be 0, 1, 2 ... "
                                        "without a gap, but the highest is {}",
                                        plan_.priorities - 1));
    }
    return std::move(plan_);
  }

 private:
  void AddGroup(const LocalityEndpointsConfig& group) {
    plan_.localities.push_back(
        {{group.locality.region, group.locality.zone, group.locality.sub_zone},
         group.priority,
         group.load_balancing_weight.value_or(0)});
    const auto place =
        std::make_shared<stream::HostLocality>(stream::HostLocality{group.locality.region,
                                                                    group.locality.zone,
                                                                    group.locality.sub_zone,
                                                                    {config_, &group.metadata}});
    for (const LbEndpointConfig& endpoint : group.lb_endpoints) {
      if (std::optional<EndpointPlan> made = Compile(endpoint)) {
        made->priority = group.priority;
        made->place = place;
        made->locality = static_cast<uint32_t>(plan_.localities.size() - 1);
        plan_.endpoints.push_back(std::move(*made));
      }
    }
  }

  std::optional<EndpointPlan> Compile(const LbEndpointConfig& endpoint) {
    EndpointPlan made;
    made.hostname = endpoint.endpoint.hostname;
    made.weight = endpoint.load_balancing_weight;
    made.health_flags = HealthFlags(endpoint.health_status);
    made.canary = IsCanary(endpoint.metadata);
    made.metadata = {config_, &endpoint.metadata};
    if (!CompileAddress(endpoint.endpoint.address, made)) return std::nullopt;
    made.health_check = CompileTarget(endpoint.endpoint.health_check_config);
    return made;
  }

  std::shared_ptr<const HealthCheckTarget> CompileTarget(const EndpointHealthCheckConfig& config) {
    if (config.port_value == 0 && config.hostname.empty() && !config.address &&
        !config.disable_active_health_check) {
      return nullptr;
    }
    auto target = std::make_shared<HealthCheckTarget>();
    target->port = static_cast<uint16_t>(config.port_value);
    target->hostname = config.hostname;
    target->disabled = config.disable_active_health_check;
    if (config.address) {
      EndpointPlan literal;
      const config::Address& address = *config.address;
      Result<net::Address> made =
          address.pipe
              ? net::Address::FromUnixPath(address.pipe->path)
              : net::Address::FromIp(address.socket_address->address,
                                     static_cast<uint16_t>(address.socket_address->port_value));
      if (Take(address, std::move(made), literal)) target->address = *literal.address;
    }
    return target;
  }

  bool CompileAddress(const config::Address& address, EndpointPlan& made) {
    if (address.pipe) {
      if (resolves_names_) {
        return Refuse(address, "a pipe has no name to resolve; use type: STATIC");
      }
      return Take(address, net::Address::FromUnixPath(address.pipe->path), made);
    }
    const config::SocketAddress& socket = *address.socket_address;
    made.port = static_cast<uint16_t>(socket.port_value);
    Result<net::Address> literal = net::Address::FromIp(socket.address, made.port);
    if (literal || !resolves_names_) {
      if (!literal) {
        return Refuse(address,
                      fmt::format("malformed IP address: {}; names need type: STRICT_DNS or "
                                  "LOGICAL_DNS",
                                  socket.address));
      }
      return Take(address, std::move(literal), made);
    }
    made.name = socket.address;
    if (made.hostname.empty()) made.hostname = socket.address;
    return true;
  }

  bool Take(const config::Address& at, Result<net::Address> address, EndpointPlan& made) {
    if (!address) return Refuse(at, address.error().detail);
    made.address = *std::move(address);
    return true;
  }

  bool Refuse(const config::Address& at, std::string why) {
    problems_.Add(at.where, std::move(why));
    return false;
  }

  const std::shared_ptr<const LoadAssignmentConfig> config_;
  const bool resolves_names_;
  const config::Where& where_;
  config::Problems& problems_;
  AssignmentPlan plan_;
};

}  // namespace

AssignmentPlan CompileAssignment(const std::shared_ptr<const ClusterConfig>& config,
                                 config::Problems& problems) {
  return Compiler({config, &config->load_assignment}, ResolvesNames(*config), config->where,
                  problems)
      .Run();
}

AssignmentPlan CompileAssignment(const std::shared_ptr<const LoadAssignmentConfig>& config,
                                 const config::Where& where, config::Problems& problems) {
  return Compiler(config, false, where, problems).Run();
}

}  // namespace sluice::upstream
