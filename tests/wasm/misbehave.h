// Everything that a module must not be able to do to its host, by name.
#pragma once

#include "proxy.h"

namespace proxy {

// Returns for names it does not know, and for "lies", which the host has to survive, not to end.
inline void Misbehave(std::string_view how) {
  if (how == "trap") __builtin_trap();
  if (how == "spin") {
    for (volatile uint32_t i = 0;; i = i + 1) {
    }
  }
  if (how == "bomb") {
    for (;;) {
      auto* block = static_cast<volatile char*>(malloc(1 << 20));
      if (block == nullptr) abort();
      block[0] = 1;
    }
  }
  if (how == "lies") {
    char* const nowhere = reinterpret_cast<char*>(0xfffffff0);
    char* data = nullptr;
    size_t size = 0;
    std::string out = "lies:";
    const auto note = [&](uint32_t status) { out += " " + std::to_string(status); };
    note(proxy_log(2, nowhere, 64));
    note(proxy_log(2, nullptr, UINT32_MAX));
    for (const Buffer buffer : {kDownstream, kUpstream, kRequestBody}) {
      note(proxy_get_buffer_bytes(buffer, UINT32_MAX, UINT32_MAX, &data, &size) == 0);
      note(proxy_get_buffer_bytes(buffer, 0, UINT32_MAX, reinterpret_cast<char**>(nowhere),
                                  &size) == 0);
      note(proxy_set_buffer_bytes(buffer, 0, 0, nowhere, UINT32_MAX) == 0);
    }
    note(proxy_get_property(nowhere, UINT32_MAX, &data, &size));
    note(proxy_set_effective_context(4711));
    note(proxy_set_shared_data(nowhere, 64, nowhere, UINT32_MAX, 0));
    Log(out);
  }
}

}  // namespace proxy
