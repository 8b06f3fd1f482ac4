// Imports what no host has.
#include "proxy.h"

IMPORT(proxy_make_coffee)(uint32_t sugar);

EXPORTED(proxy_abi_version_0_2_1) void Abi() {}
EXPORTED(proxy_on_vm_start) uint32_t OnVmStart(uint32_t, uint32_t) {
  return proxy_make_coffee(2) == 0;
}
