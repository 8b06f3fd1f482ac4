// The stream: local responses, pausing and going on, properties.
#include <cmath>

#include "host.h"
#include "pairs.h"
#include "properties.h"
#include "sluice/http/chars.h"

namespace sluice::wasm {
namespace {

Status SendLocalResponse(const HostCall& call) {
  std::string_view details;
  std::string_view body;
  std::string_view headers;
  if (!call.Text(1, details) || !call.Text(3, body) || !call.Text(5, headers)) {
    return Status::kInvalidMemoryAccess;
  }
  const auto pairs = ReadPairs(headers);
  const uint32_t status = call.U32(0);
  if (!pairs || status < 200 || status > 599) return Status::kBadArgument;
  LocalResponse response{status, std::string(details), std::string(body), {}, {}};
  for (const auto& [name, value] : *pairs) {
    if (name.starts_with(':')) continue;
    if (!http::IsToken(name) || !http::IsFieldValue(value)) return Status::kBadArgument;
    response.headers.emplace_back(name, value);
  }
  const auto grpc = static_cast<int32_t>(call.U32(7));
  if (grpc >= 0) response.grpc_status = static_cast<uint32_t>(grpc);
  return call.vm.current().SendLocalResponse(std::move(response));
}

Status Continue(const HostCall& call) {
  if (call.U32(0) >= static_cast<uint32_t>(StreamType::kCount)) return Status::kBadArgument;
  return call.vm.current().Continue(static_cast<StreamType>(call.U32(0)));
}
Status Close(const HostCall& call) {
  if (call.U32(0) >= static_cast<uint32_t>(StreamType::kCount)) return Status::kBadArgument;
  return call.vm.current().Close(static_cast<StreamType>(call.U32(0)));
}
Status ContinueRequest(const HostCall& call) {
  return call.vm.current().Continue(StreamType::kRequest);
}
Status ContinueResponse(const HostCall& call) {
  return call.vm.current().Continue(StreamType::kResponse);
}
Status ClearRouteCache(const HostCall& call) { return call.vm.current().ClearRouteCache(); }

Status GetProperty(const HostCall& call) {
  std::string_view path;
  if (!call.Text(0, path)) return Status::kInvalidMemoryAccess;
  const auto value = ReadProperty(call.vm.current(), path);
  if (!value) return Status::kNotFound;
  return call.vm.Give(*value, call.U32(2), call.U32(3));
}

Status SetProperty(const HostCall& call) {
  std::string_view path;
  std::string_view value;
  if (!call.Text(0, path) || !call.Text(2, value)) return Status::kInvalidMemoryAccess;
  return WriteProperty(call.vm.current(), path, value);
}

constexpr HostEntry kEntries[] = {
    {"proxy_send_local_response", "iiiiiiii", &AsStatus<SendLocalResponse>},
    {"proxy_continue_stream", "i", &AsStatus<Continue>},
    {"proxy_close_stream", "i", &AsStatus<Close>},
    {"proxy_continue_request", "", &AsStatus<ContinueRequest>},    // 0.1.0
    {"proxy_continue_response", "", &AsStatus<ContinueResponse>},  // 0.1.0
    {"proxy_clear_route_cache", "", &AsStatus<ClearRouteCache>},   // 0.1.0
    {"proxy_get_property", "iiii", &AsStatus<GetProperty>},
    {"proxy_set_property", "iiii", &AsStatus<SetProperty>},
};

}  // namespace

std::span<const HostEntry> StreamFunctions() { return kEntries; }

}  // namespace sluice::wasm
