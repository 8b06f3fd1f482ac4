#include "host.h"

#include <algorithm>

namespace sluice::wasm {
namespace {

const HostEntry* FindIn(std::span<const HostEntry> entries, std::string_view name) {
  const auto found = std::ranges::find(entries, name, &HostEntry::name);
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace

const HostEntry* FindHostFunction(std::string_view module, std::string_view name) {
  if (module == "wasi_snapshot_preview1" || module == "wasi_unstable") {
    return FindIn(WasiFunctions(), name);
  }
  if (module != "env") return nullptr;
  for (const auto& entries : {HeaderFunctions(), StreamFunctions(), CallFunctions(),
                              SharedFunctions(), ProcessFunctions(), ForeignFunctions()}) {
    if (const HostEntry* entry = FindIn(entries, name)) return entry;
  }
  return nullptr;
}

uint32_t RestrictedAnswer(const HostEntry& entry) {
  constexpr uint32_t kNotCapable = 76;  // WASI's errno
  return entry.name.starts_with("proxy_") ? static_cast<uint32_t>(Status::kInternalFailure)
                                          : kNotCapable;
}

std::string_view ExportName(Export which) {
  static constexpr std::string_view kNames[] = {
      "proxy_on_context_create",
      "proxy_on_vm_start",
      "proxy_on_configure",
      "proxy_on_tick",
      "proxy_on_request_headers",
      "proxy_on_request_body",
      "proxy_on_request_trailers",
      "proxy_on_response_headers",
      "proxy_on_response_body",
      "proxy_on_response_trailers",
      "proxy_on_new_connection",
      "proxy_on_downstream_data",
      "proxy_on_upstream_data",
      "proxy_on_downstream_connection_close",
      "proxy_on_upstream_connection_close",
      "proxy_on_http_call_response",
      "proxy_on_grpc_receive_initial_metadata",
      "proxy_on_grpc_receive",
      "proxy_on_grpc_receive_trailing_metadata",
      "proxy_on_grpc_close",
      "proxy_on_queue_ready",
      "proxy_on_foreign_function",
      "proxy_on_done",
      "proxy_on_log",
      "proxy_on_delete",
  };
  static_assert(std::size(kNames) == static_cast<size_t>(Export::kCount));
  return kNames[static_cast<size_t>(which)];
}

}  // namespace sluice::wasm
