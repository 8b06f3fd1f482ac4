// Calls to clusters, by HTTP and gRPC, and foreign functions.
#include <chrono>
#include <utility>

#include "binary.h"
#include "host.h"
#include "pairs.h"
#include "sluice/base/log.h"
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

Status Begin(const HostCall& call, filter::AsyncRequest request, bool grpc, size_t token_at) {
  const auto token = call.vm.current().StartCall(std::move(request), grpc);
  if (!token) return Status::kInternalFailure;
  return call.vm.WriteU32(call.U32(token_at), *token) ? Status::kOk : Status::kInvalidMemoryAccess;
}

Status HttpCall(const HostCall& call) {
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
  if (!pairs || !last || !last->empty() || !AreGood(*pairs) || !HasRequestLine(*pairs)) {
    return Status::kBadArgument;
  }
  filter::AsyncRequest request;
  request.cluster = cluster;
  request.head = MakeHead(std::move(*pairs));
  request.body = body;
  request.timeout = TimeoutOf(call.U32(8));
  return Begin(call, std::move(request), false, 9);
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

std::string Framed(std::string_view message) {
  std::string out(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((message.size() >> shift) & 0xff));
  }
  return out.append(message);
}

Status GrpcCall(const HostCall& call) {
  std::string_view service;
  std::string_view name;
  std::string_view method;
  std::string_view metadata;
  std::string_view message;
  if (!call.Text(0, service) || !call.Text(2, name) || !call.Text(4, method) ||
      !call.Text(6, metadata) || !call.Text(8, message)) {
    return Status::kInvalidMemoryAccess;
  }
  auto pairs = ReadPairs(metadata);
  if (!pairs || !AreGood(*pairs) || !http::IsToken(name) || !http::IsToken(method)) {
    return Status::kBadArgument;
  }
  std::erase_if(*pairs, [](const auto& pair) { return pair.first.starts_with(':'); });
  filter::AsyncRequest request;
  request.cluster = ClusterOf(service);
  request.head = {{":method", "POST"},
                  {":scheme", "http"},
                  {":authority", request.cluster},
                  {":path", "/" + std::string(name) + "/" + std::string(method)},
                  {"content-type", "application/grpc"},
                  {"te", "trailers"}};
  for (auto& pair : *pairs) request.head.push_back(std::move(pair));
  request.body = Framed(message);
  request.timeout = TimeoutOf(call.U32(10));
  return Begin(call, std::move(request), true, 11);
}

Status GrpcEnd(const HostCall& call) {
  return call.vm.current().CancelCall(call.U32(0)) ? Status::kOk : Status::kNotFound;
}

// Streams of messages: told to the module, which has to live without.
Status NoStreams(const HostCall& call) {
  SLUICE_LOG(kWasm, kWarning, "wasm {}: gRPC streams are not implemented, only single calls",
             call.vm.current().root().id());
  return Status::kUnimplemented;
}

Status CallForeign(const HostCall& call) {
  std::string_view name;
  if (!call.Text(0, name)) return Status::kInvalidMemoryAccess;
  if (name == "clear_route_cache") return call.vm.current().ClearRouteCache();
  return Status::kNotFound;
}

constexpr HostEntry kEntries[] = {
    {"proxy_http_call", "iiiiiiiiii", &AsStatus<HttpCall>},
    {"proxy_grpc_call", "iiiiiiiiiiii", &AsStatus<GrpcCall>},
    {"proxy_grpc_stream", "iiiiiiiii", &AsStatus<NoStreams>},
    {"proxy_grpc_send", "iiii", &AsStatus<NoStreams>},
    {"proxy_grpc_close", "i", &AsStatus<GrpcEnd>},
    {"proxy_grpc_cancel", "i", &AsStatus<GrpcEnd>},
    {"proxy_call_foreign_function", "iiiiii", &AsStatus<CallForeign>},
};

}  // namespace

std::span<const HostEntry> CallFunctions() { return kEntries; }

}  // namespace sluice::wasm
