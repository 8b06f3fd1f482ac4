// A module of ABI 0.2.0: heads come with their end, and 0.1.0's own functions are not used.
#include "proxy.h"

using namespace proxy;

EXPORTED(proxy_abi_version_0_2_0) void Abi() {}
EXPORTED(proxy_on_context_create) void OnContextCreate(uint32_t, uint32_t) {}
EXPORTED(proxy_on_vm_start) uint32_t OnVmStart(uint32_t, uint32_t) { return 1; }
EXPORTED(proxy_on_configure) uint32_t OnConfigure(uint32_t, uint32_t size) {
  return size == Bytes(kConfig).size() ? 1 : 0;
}
EXPORTED(proxy_on_request_headers) uint32_t OnRequestHeaders(uint32_t, uint32_t, uint32_t end) {
  proxy_remove_header_map_value(kRequest, "content-length", 14);  // the body grows
  Set(kRequest, "x-result", end != 0 ? "alone" : "with a body");
  return 0;
}
EXPORTED(proxy_on_request_body) uint32_t OnRequestBody(uint32_t, uint32_t size, uint32_t end) {
  if (end == 0) return 1;
  const std::string body = Bytes(kRequestBody) + "!";
  proxy_set_buffer_bytes(kRequestBody, 0, size, body.data(), body.size());
  return 0;
}
EXPORTED(proxy_on_response_headers) uint32_t OnResponseHeaders(uint32_t, uint32_t, uint32_t) {
  Set(kResponse, "x-wasm", "0.2.0");
  return 0;
}
