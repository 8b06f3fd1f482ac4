// A network filter that looks at what the client is sent: capitals; "later" is held back until a
// tick, "swallow" for good, "bye" ends the connection; misbehaves when it is told to.
#include "misbehave.h"

using namespace proxy;

namespace {

std::vector<uint32_t> waiting;

}  // namespace

EXPORTED(proxy_abi_version_0_2_1) void Abi() {}
EXPORTED(proxy_on_context_create) void OnContextCreate(uint32_t, uint32_t) {}
EXPORTED(proxy_on_configure) uint32_t OnConfigure(uint32_t, uint32_t) {
  proxy_set_tick_period_milliseconds(20);
  return 1;
}

EXPORTED(proxy_on_tick) void OnTick(uint32_t) {
  for (const uint32_t id : std::exchange(waiting, {})) {
    proxy_set_effective_context(id);
    proxy_continue_stream(3);
  }
}

EXPORTED(proxy_on_upstream_data) uint32_t OnData(uint32_t id, uint32_t size, uint32_t end) {
  std::string data = Bytes(kUpstream, 0, size);
  Misbehave(data);
  if (data == "bye") return proxy_close_stream(3), 1;
  if (data == "swallow") return 1;
  if (data == "later") {
    waiting.push_back(id);
    return 1;
  }
  for (char& c : data) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  proxy_set_buffer_bytes(kUpstream, 0, size, data.data(), data.size());
  if (end != 0) Log("end of " + std::to_string(size));
  return 0;
}

EXPORTED(proxy_on_upstream_connection_close) void OnUpstreamClose(uint32_t, uint32_t kind) {
  Log("upstream closed " + std::to_string(kind));
}
EXPORTED(proxy_on_downstream_connection_close) void OnClose(uint32_t, uint32_t kind) {
  Log("downstream closed " + std::to_string(kind));
}
EXPORTED(proxy_on_done) uint32_t OnDone(uint32_t) { return 1; }
