// A network filter: turns what the client sends to upper case, holds a line "wait" back until a
// tick, closes at "bye", traps at "trap".
#include "proxy.h"

using namespace proxy;

namespace {

std::vector<uint32_t> waiting;

}  // namespace

EXPORTED(proxy_abi_version_0_2_0) void Abi() {}
EXPORTED(proxy_on_context_create) void OnContextCreate(uint32_t, uint32_t) {}
EXPORTED(proxy_on_vm_start) uint32_t OnVmStart(uint32_t, uint32_t) { return 1; }
EXPORTED(proxy_on_configure) uint32_t OnConfigure(uint32_t, uint32_t) {
  proxy_set_tick_period_milliseconds(20);
  return 1;
}

EXPORTED(proxy_on_tick) void OnTick(uint32_t) {
  for (const uint32_t id : std::exchange(waiting, {})) {
    proxy_set_effective_context(id);
    proxy_continue_stream(2);
  }
}

EXPORTED(proxy_on_new_connection) uint32_t OnNewConnection(uint32_t) {
  Log("connection from " + Property("source|address"));
  return 0;
}

EXPORTED(proxy_on_downstream_data) uint32_t OnData(uint32_t id, uint32_t size, uint32_t) {
  std::string data = Bytes(kDownstream, 0, size);
  for (char& c : data) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  proxy_set_buffer_bytes(kDownstream, 0, size, data.data(), data.size());
  if (data == "TRAP") __builtin_trap();
  if (data == "BYE") return proxy_close_stream(2), 1;
  if (data != "WAIT") return 0;
  waiting.push_back(id);
  return 1;
}

EXPORTED(proxy_on_downstream_connection_close) void OnClose(uint32_t, uint32_t kind) {
  Log("closed " + std::to_string(kind));
}
EXPORTED(proxy_on_done) uint32_t OnDone(uint32_t) { return 1; }
