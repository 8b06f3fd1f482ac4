// gRPC services that filters call through clusters: what a GrpcService config says, the head of a
// call, and the one message of a unary answer. A target is immutable, any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/config/common.h"
#include "sluice/config/grpc_service.h"
#include "sluice/config/mark.h"
#include "sluice/filter/async_client.h"
#include "sluice/filter/registry.h"
#include "sluice/route/filter_config.h"
#include "sluice/route/header_edits.h"

namespace sluice::filter {

struct GrpcTarget {
  std::string cluster;
  std::string authority;
  Duration timeout{};  // zero: none
  size_t max_answer_bytes = size_t{1} << 20;
  bool envoy_headers = true;
  route::HeaderEdits metadata;            // initial_metadata
  const ProcessState* process = nullptr;  // the server's
};

// Whether the cluster is there; adds to the problems if it is not.
bool CheckCluster(const config::Located<std::string>& cluster,
                  const route::ClusterDirectory& clusters, config::Problems& problems);
// Fields that replace what a call has. No formats: operators are refused.
route::HeaderEdits CompileMetadata(const std::vector<config::HeaderValue>& fields,
                                   const config::Where& where,
                                   const route::TextFormatCompiler* formats,
                                   config::Problems& problems);
// Problems are added for a cluster that is not there and for operators that are none. The timeout
// is the caller's: messages that have one of their own differ in which of the two counts.
GrpcTarget CompileGrpcTarget(const config::GrpcService& config, Duration timeout,
                             const config::Where& where, const route::TextFormatCompiler& formats,
                             LoadContext& ctx);
// The same for a route: the process is the filter's to give.
GrpcTarget CompileGrpcTarget(const config::GrpcService& config, Duration timeout,
                             const config::Where& where, const route::FilterRouteContext& ctx);

// As Envoy's own calls have them: x-envoy-internal, x-forwarded-for, and the timeout if there is
// one.
void AddProxyFields(const ProcessState& process, Duration timeout, http::HeaderMap& head);

// A call without a message (its process need not be the target's). `about` is what the operators of
// initial_metadata look at; `more` comes behind that.
AsyncRequest MakeGrpcHead(const GrpcTarget& target, const ProcessState& process,
                          std::string_view path, const route::FormatInput& about, Arena& arena,
                          std::span<const std::shared_ptr<const route::HeaderEdits>> more = {});
// A call with one.
AsyncRequest MakeGrpcCall(const GrpcTarget& target, std::string_view path, std::string_view message,
                          const route::FormatInput& about, Arena& arena);

// grpc-status of an answer or its end; nullopt: it says none.
std::optional<uint64_t> FindGrpcStatus(const AsyncFields& fields);
// The message of an answer that says OK and has just one; nullopt: it is no such answer.
std::optional<std::string_view> ReadGrpcAnswer(const AsyncResponse& answer);

}  // namespace sluice::filter
