// The least that a filter does: a header on each response. What scripts/bench measures.
#include "proxy.h"

EXPORTED(proxy_abi_version_0_2_1) void Abi() {}
EXPORTED(proxy_on_context_create) void OnContextCreate(uint32_t, uint32_t) {}
EXPORTED(proxy_on_response_headers) uint32_t OnResponseHeaders(uint32_t, uint32_t, uint32_t) {
  proxy_add_header_map_value(proxy::kResponse, "x-wasm", 6, "added", 5);
  return 0;
}
