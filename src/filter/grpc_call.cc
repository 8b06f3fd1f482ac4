#include "sluice/filter/grpc_call.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sluice/filter/process_state.h"
#include "sluice/http/grpc.h"
#include "sluice/http/number.h"
#include "sluice/route/header_config.h"

namespace sluice::filter {

using http::HeaderId;

namespace {

std::optional<std::string_view> OnlyMessage(std::string_view body) {
  if (body.size() < http::kGrpcPrefixBytes || body.front() != 0) return std::nullopt;
  uint64_t size = 0;
  for (size_t i = 1; i < http::kGrpcPrefixBytes; ++i) {
    size = (size << 8) | static_cast<unsigned char>(body[i]);
  }
  body.remove_prefix(http::kGrpcPrefixBytes);
  return body.size() == size ? std::optional(body) : std::nullopt;
}

}  // namespace

bool CheckCluster(const config::Located<std::string>& cluster,
                  const route::ClusterDirectory& clusters, config::Problems& problems) {
  if (clusters.FindId(*cluster)) return true;
  const std::string_view near = clusters.NearestName(*cluster);
  problems.Add(cluster.where, fmt::format("there is no cluster '{}'", *cluster),
               near.empty() ? "" : fmt::format("did you mean `{}`?", near));
  return false;
}

route::HeaderEdits CompileMetadata(const std::vector<config::HeaderValue>& fields,
                                   const config::Where& where,
                                   const route::TextFormatCompiler* formats,
                                   config::Problems& problems) {
  std::vector<config::HeaderValueOption> options;
  for (const config::HeaderValue& field : fields) {
    options.push_back(
        {.header = field, .append_action = config::HeaderAppendAction::kOverwriteIfExistsOrAdd});
  }
  return route::CompileEdits(options, {}, where, formats, problems);
}

GrpcTarget CompileGrpcTarget(const config::GrpcService& config, Duration timeout,
                             const config::Where& where, const route::FilterRouteContext& ctx) {
  const config::EnvoyGrpc& grpc = config.envoy_grpc;
  if (ctx.clusters != nullptr) CheckCluster(grpc.cluster_name, *ctx.clusters, ctx.problems);
  GrpcTarget target;
  target.cluster = *grpc.cluster_name;
  target.authority = grpc.authority.empty() ? target.cluster : grpc.authority;
  target.timeout = timeout;
  target.max_answer_bytes = grpc.max_receive_message_length.value_or(target.max_answer_bytes);
  target.envoy_headers = !grpc.skip_envoy_headers;
  target.metadata = CompileMetadata(config.initial_metadata, where, ctx.formats, ctx.problems);
  return target;
}

GrpcTarget CompileGrpcTarget(const config::GrpcService& config, Duration timeout,
                             const config::Where& where, const route::TextFormatCompiler& formats,
                             LoadContext& ctx) {
  GrpcTarget target = CompileGrpcTarget(
      config, timeout, where, route::FilterRouteContext{ctx.problems, &ctx.clusters, &formats});
  target.process = &ctx.process;
  return target;
}

void AddProxyFields(const ProcessState& process, Duration timeout, http::HeaderMap& head) {
  head.SetView(HeaderId::kXEnvoyInternal, "true");
  if (!process.local.address.empty()) {
    head.AppendToList(HeaderId::kXForwardedFor, process.local.address);
  }
  if (timeout <= Duration{}) return;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  head.SetView(HeaderId::kXEnvoyExpectedRqTimeoutMs,
               http::FormatDecimal(head.arena(), static_cast<uint64_t>(ms)));
}

AsyncRequest MakeGrpcHead(const GrpcTarget& target, const ProcessState& process,
                          std::string_view path, const route::FormatInput& about, Arena& arena,
                          std::span<const std::shared_ptr<const route::HeaderEdits>> more) {
  http::HeaderMap head(arena);
  head.AddView(HeaderId::kMethod, "POST");
  head.AddView(HeaderId::kScheme, "http");
  head.AddView(HeaderId::kAuthority, target.authority);
  head.AddView(HeaderId::kPath, path);
  head.AddView(HeaderId::kTe, "trailers");
  if (target.timeout > Duration{}) {
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(target.timeout);
    head.AddView(HeaderId::kGrpcTimeout, http::FormatGrpcTimeout(ms, arena));
  }
  head.AddView(HeaderId::kContentType, "application/grpc");
  if (target.envoy_headers) AddProxyFields(process, target.timeout, head);
  target.metadata.Apply(head, about);
  for (const auto& edits : more) edits->Apply(head, about);
  AsyncRequest call;
  for (const http::HeaderEntry& entry : head.entries()) {
    call.head.emplace_back(entry.Name(), entry.Value());
  }
  call.cluster = target.cluster;
  call.timeout = target.timeout;
  call.max_response_bytes = target.max_answer_bytes;
  return call;
}

AsyncRequest MakeGrpcCall(const GrpcTarget& target, std::string_view path, std::string_view message,
                          const route::FormatInput& about, Arena& arena) {
  AsyncRequest call = MakeGrpcHead(target, *target.process, path, about, arena);
  const http::GrpcPrefix prefix = http::MakeGrpcPrefix(static_cast<uint32_t>(message.size()));
  call.body.reserve(prefix.size() + message.size());
  call.body.assign(prefix.data(), prefix.size()).append(message);
  return call;
}

std::optional<uint64_t> FindGrpcStatus(const AsyncFields& fields) {
  const auto found = std::ranges::find(fields, "grpc-status", &AsyncFields::value_type::first);
  return found == fields.end() ? std::nullopt : http::ParseDecimal(found->second);
}

std::optional<std::string_view> ReadGrpcAnswer(const AsyncResponse& answer) {
  const auto in_trailers = FindGrpcStatus(answer.trailers);
  const auto status = in_trailers ? in_trailers : FindGrpcStatus(answer.head);
  if (answer.status != 200 || status != 0U) return std::nullopt;
  return OnlyMessage(answer.body);
}

}  // namespace sluice::filter
