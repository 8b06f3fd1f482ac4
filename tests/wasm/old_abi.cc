// A module of ABI 0.1.0: heads come without their end, and the configuration by a call of its own.
#include "proxy.h"

using namespace proxy;

IMPORT(proxy_get_configuration)(char** data, size_t* size);
IMPORT(proxy_continue_request)();
IMPORT(proxy_continue_response)();
IMPORT(proxy_clear_route_cache)();

namespace {

std::string configuration;
uint32_t paused = 0;
uint32_t paused_response = 0;

}  // namespace

EXPORTED(proxy_abi_version_0_1_0) void Abi() {}
EXPORTED(proxy_on_context_create) void OnContextCreate(uint32_t, uint32_t) {}
EXPORTED(proxy_on_vm_start) uint32_t OnVmStart(uint32_t, uint32_t) { return 1; }
EXPORTED(proxy_on_configure) uint32_t OnConfigure(uint32_t, uint32_t) {
  char* data = nullptr;
  size_t size = 0;
  proxy_get_configuration(&data, &size);
  configuration = Take(data, size);
  proxy_set_tick_period_milliseconds(10);
  return 1;
}
EXPORTED(proxy_on_request_headers) uint32_t OnRequestHeaders(uint32_t id, uint32_t) {
  Set(kRequest, "x-result", configuration);
  proxy_clear_route_cache();
  paused = id;
  return 1;
}
EXPORTED(proxy_on_tick) void OnTick(uint32_t) {
  if (paused != 0) {
    proxy_set_effective_context(std::exchange(paused, 0));
    proxy_continue_request();
  }
  if (paused_response != 0) {
    proxy_set_effective_context(std::exchange(paused_response, 0));
    Set(kResponse, "x-late", "ticked");
    proxy_continue_response();
  }
}
EXPORTED(proxy_on_response_headers) uint32_t OnResponseHeaders(uint32_t id, uint32_t) {
  Set(kResponse, "x-wasm", "old");
  paused_response = id;
  return 1;
}
