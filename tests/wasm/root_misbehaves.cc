// A plugin without streams that misbehaves where and how its configuration says: "tick spin",
// "log trap", "start bomb".
#include "misbehave.h"

using namespace proxy;

namespace {

std::string where;
std::string how;

}  // namespace

EXPORTED(proxy_abi_version_0_2_1) void Abi() {}
EXPORTED(proxy_on_context_create) void OnContextCreate(uint32_t, uint32_t) {}
EXPORTED(proxy_on_configure) uint32_t OnConfigure(uint32_t, uint32_t) {
  const std::string words = Bytes(kConfig);
  where = words.substr(0, words.find(' '));
  how = words.substr(words.find(' ') + 1);
  if (where == "start") Misbehave(how);
  proxy_set_tick_period_milliseconds(10);
  return 1;
}
EXPORTED(proxy_on_tick) void OnTick(uint32_t) {
  if (where == "tick") Misbehave(how);
}
EXPORTED(proxy_on_log) void OnLog(uint32_t) {
  if (where == "log") Misbehave(how);
}
