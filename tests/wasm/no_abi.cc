// Says of no version of the ABI that it is made for it.
#include "proxy.h"

EXPORTED(proxy_on_context_create) void OnContextCreate(uint32_t, uint32_t) {}
EXPORTED(proxy_on_request_headers) uint32_t OnRequestHeaders(uint32_t, uint32_t, uint32_t) {
  return 0;
}
