// The configured filter, compiled at load: immutable, shared by all workers. And what a route says
// to it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ext_authz_config.h"
#include "sluice/base/clock.h"
#include "sluice/config/problems.h"
#include "sluice/filter/grpc_call.h"
#include "sluice/match/metadata_matcher.h"
#include "sluice/match/runtime.h"
#include "sluice/match/string_matcher.h"
#include "sluice/route/header_edits.h"

namespace sluice::filters::ext_authz {

// How much of a request's body is asked about.
struct BodyRule {
  uint32_t max_bytes = 0;  // 0: nothing
  bool partial = false;
  bool as_bytes = false;

  BodyRule() = default;
  explicit BodyRule(const BufferConfig& config);
};

struct HttpService {
  std::string path_prefix;
  // By the names of the answer's fields.
  match::StringMatchers to_upstream;
  match::StringMatchers to_upstream_added;
  match::StringMatchers to_client_refused;  // none: all
  match::StringMatchers to_client_allowed;
  match::StringMatchers to_metadata;
  route::HeaderEdits edits;  // headers_to_add
};

struct GrpcService {
  filter::GrpcTarget target;
};

struct Plan {
  std::string cluster;
  Duration timeout{};
  std::variant<HttpService, GrpcService> service;

  // Which fields of the request are told.
  std::optional<match::StringMatchers> allowed;  // unset: all (gRPC) or the least (HTTP)
  match::StringMatchers disallowed;
  bool raw_fields = false;
  bool peer_certificate = false;
  bool tls_session = false;
  std::vector<std::string> metadata_namespaces;
  std::vector<std::string> route_metadata_namespaces;

  // When.
  match::RuntimeFraction enabled;
  std::optional<match::MetadataMatcher> enabled_metadata;
  match::RuntimeFeature deny_at_disable{false, {}};
  BodyRule body;

  // What becomes of the answer.
  bool failure_mode_allow = false;
  bool failure_mode_header = false;
  uint32_t status_on_error = 403;
  bool clear_route_cache = false;
  bool take_metadata = true;
  bool charge_cluster = true;
  uint32_t max_reply_bytes = 0;  // 0: no limit

  std::string stat_prefix;                        // "ext_authz" or "ext_authz.<prefix>"
  const filter::ProcessState* process = nullptr;  // the server's

  const HttpService* http() const { return std::get_if<HttpService>(&service); }
  const GrpcService* grpc() const { return std::get_if<GrpcService>(&service); }
  // Whether the service is told of this field of the request.
  bool Tells(std::string_view lower_name) const;
};
// Null after adding to the problems.
std::shared_ptr<const Plan> CompilePlan(const ExtAuthzConfig& config, const config::Where& where,
                                        filter::LoadContext& ctx);

struct RoutePlan {
  bool disabled = false;
  std::map<std::string, std::string> context;
  std::optional<BodyRule> body;  // unset: the filter's
};
RoutePlan CompileRoute(const ExtAuthzPerRouteConfig& config);
// What holds where an outer level says `outer` and an inner one `inner`.
RoutePlan MergeRoutes(const RoutePlan& outer, const RoutePlan& inner);

}  // namespace sluice::filters::ext_authz
