// Calls to clusters, by HTTP and gRPC.
#include <chrono>
#include <utility>

#include "binary.h"
#include "call.h"
#include "host.h"
#include "pairs.h"
#include "sluice/http/chars.h"

namespace sluice::wasm {
namespace {

Duration TimeoutOf(uint32_t ms) {
  return ms == 0 ? Duration(std::chrono::seconds(15)) : Duration(std::chrono::milliseconds(ms));
}

bool AreGood(const Pairs& pairs) {
  for (const auto& [name, value] : pairs) {
    const bool pseudo = name.starts_with(':');
    if (!http::IsFieldValue(value)) return false;
    if (pseudo ? value.find(' ') != std::string::npos : !http::IsToken(name)) return false;
  }
  return true;
}

bool HasRequestLine(const Pairs& pairs) {
  int found = 0;
  for (const auto& [name, value] : pairs) {
    if (name == ":method" || name == ":path" || name == ":authority") ++found;
  }
  return found == 3;
}

// Pseudo-headers first, names in lower case: the module may have written them in any way.
std::vector<std::pair<std::string, std::string>> MakeHead(Pairs pairs) {
  std::vector<std::pair<std::string, std::string>> head;
  bool scheme = false;
  for (auto& [name, value] : pairs) {
    for (char& c : name) c = http::ToLowerAscii(c);
    scheme = scheme || name == ":scheme";
    if (name.starts_with(':')) head.emplace_back(name, value);
  }
  if (!scheme) head.emplace_back(":scheme", "http");
  for (auto& [name, value] : pairs) {
    if (!name.starts_with(':') && name != "content-length" && name != "transfer-encoding") {
      head.emplace_back(std::move(name), std::move(value));
    }
  }
  return head;
}

std::vector<std::pair<std::string, std::string>> MakeTrailers(const Pairs& pairs) {
  std::vector<std::pair<std::string, std::string>> trailers;
  for (const auto& [name, value] : pairs) {
    if (name.starts_with(':')) continue;
    std::string lower(name);
    for (char& c : lower) c = http::ToLowerAscii(c);
    trailers.emplace_back(std::move(lower), value);
  }
  return trailers;
}

using Kind = RootContext::CallKind;

Status Begin(const HostCall& call, filter::AsyncRequest request, Kind kind, size_t token_at) {
  const auto token = call.vm.current().root().StartCall(std::move(request), kind);
  if (!token) return Status::kInternalFailure;
  return call.vm.WriteU32(call.U32(token_at), *token) ? Status::kOk : Status::kInvalidMemoryAccess;
}

bool HasCluster(const HostCall& call, std::string_view name) {
  return call.vm.worker().async_client.HasCluster(name);
}

Status StartHttp(const HostCall& call) {
  std::string_view cluster;
  std::string_view headers;
  std::string_view body;
  std::string_view trailers;
  if (!call.Text(0, cluster) || !call.Text(2, headers) || !call.Text(4, body) ||
      !call.Text(6, trailers)) {
    return Status::kInvalidMemoryAccess;
  }
  auto pairs = ReadPairs(headers);
  const auto last = ReadPairs(trailers);
  if (!pairs || !last || !AreGood(*pairs) || !AreGood(*last) || !HasRequestLine(*pairs) ||
      !HasCluster(call, cluster)) {
    return Status::kBadArgument;
  }
  filter::AsyncRequest request;
  request.cluster = cluster;
  request.head = MakeHead(std::move(*pairs));
  request.body = body;
  request.trailers = MakeTrailers(*last);
  request.timeout = TimeoutOf(call.U32(8));
  return Begin(call, std::move(request), Kind::kHttp, 9);
}

// Either a cluster's name, or a GrpcService message: envoy_grpc (1) with its cluster_name (1).
std::string_view ClusterOf(std::string_view service) {
  BinaryReader outer(service);
  if (outer.Byte() == 0x0a) {
    BinaryReader inner(outer.Name());
    if (outer.ok() && inner.Byte() == 0x0a) {
      const std::string_view name = inner.Name();
      if (inner.ok()) return name;
    }
  }
  return service;
}

// service, its name, the method and the metadata: what both begin with.
Status MakeGrpc(const HostCall& call, filter::AsyncRequest& request) {
  std::string_view service;
  std::string_view name;
  std::string_view method;
  std::string_view metadata;
  if (!call.Text(0, service) || !call.Text(2, name) || !call.Text(4, method) ||
      !call.Text(6, metadata)) {
    return Status::kInvalidMemoryAccess;
  }
  auto pairs = ReadPairs(metadata);
  if (!pairs || !AreGood(*pairs) || !http::IsToken(name) || !http::IsToken(method)) {
    return Status::kBadArgument;
  }
  request.cluster = ClusterOf(service);
  if (!HasCluster(call, request.cluster)) return Status::kParseFailure;  // as Envoy says it
  request.head = {{":method", "POST"},
                  {":scheme", "http"},
                  {":authority", request.cluster},
                  {":path", "/" + std::string(name) + "/" + std::string(method)},
                  {"content-type", "application/grpc"},
                  {"te", "trailers"}};
  for (auto& pair : MakeTrailers(*pairs)) request.head.push_back(std::move(pair));
  return Status::kOk;
}

Status StartGrpc(const HostCall& call) {
  std::string_view message;
  if (!call.Text(8, message)) return Status::kInvalidMemoryAccess;
  filter::AsyncRequest request;
  if (const Status status = MakeGrpc(call, request); status != Status::kOk) return status;
  request.body = message;
  request.timeout = TimeoutOf(call.U32(10));
  return Begin(call, std::move(request), Kind::kGrpc, 11);
}

Status OpenGrpc(const HostCall& call) {
  filter::AsyncRequest request;
  if (const Status status = MakeGrpc(call, request); status != Status::kOk) return status;
  return Begin(call, std::move(request), Kind::kGrpcStream, 8);
}

// (token, message, end of the stream)
Status GrpcSend(const HostCall& call) {
  std::string_view message;
  if (!call.Text(1, message)) return Status::kInvalidMemoryAccess;
  Call* stream = call.vm.current().root().FindCall(call.U32(0));
  if (stream == nullptr || !stream->grpc()) return Status::kNotFound;
  return stream->Write(message, call.U32(3) != 0);
}

// A stream's own half ends; of a single call nothing more is told.
Status GrpcClose(const HostCall& call) {
  RootContext& root = call.vm.current().root();
  Call* stream = root.FindCall(call.U32(0));
  if (stream == nullptr || !stream->grpc()) return Status::kNotFound;
  if (!stream->Close()) root.CancelCall(call.U32(0));
  return Status::kOk;
}

Status GrpcCancel(const HostCall& call) {
  RootContext& root = call.vm.current().root();
  Call* stream = root.FindCall(call.U32(0));
  if (stream == nullptr || !stream->grpc()) return Status::kNotFound;
  return root.CancelCall(call.U32(0)) ? Status::kOk : Status::kNotFound;
}

constexpr HostEntry kEntries[] = {
    {"proxy_http_call", "iiiiiiiiii", &AsStatus<StartHttp>},
    {"proxy_grpc_call", "iiiiiiiiiiii", &AsStatus<StartGrpc>},
    {"proxy_grpc_stream", "iiiiiiiii", &AsStatus<OpenGrpc>},
    {"proxy_grpc_send", "iiii", &AsStatus<GrpcSend>},
    {"proxy_grpc_close", "i", &AsStatus<GrpcClose>},
    {"proxy_grpc_cancel", "i", &AsStatus<GrpcCancel>},
};

}  // namespace

std::span<const HostEntry> CallFunctions() { return kEntries; }

}  // namespace sluice::wasm
