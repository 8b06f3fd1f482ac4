// The functions that modules import, one table of them. An entry says what it takes ('i', 'I') and
// what runs it; nothing else knows their names.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sluice/wasm/abi.h"
#include "sluice/wasm/vm.h"

namespace sluice::wasm {

// The arguments of one call, and the VM that it came from.
struct HostCall {
  Vm& vm;
  const uint64_t* arguments;

  uint32_t U32(size_t i) const { return static_cast<uint32_t>(arguments[i]); }
  uint64_t U64(size_t i) const { return arguments[i]; }
  // An address and a size beside each other.
  bool Text(size_t i, std::string_view& out) const { return vm.Read(U32(i), U32(i + 1), out); }
};

struct HostEntry {
  std::string_view name;
  std::string_view parameters;
  // Gives a Status, or WASI's errno. Null: capability_restriction_config does not allow it.
  uint32_t (*run)(const HostCall& call);
  bool has_result = true;
};

// What a function answers that is not allowed, as in Envoy.
uint32_t RestrictedAnswer(const HostEntry& entry);

// Null: there is no such function.
const HostEntry* FindHostFunction(std::string_view module, std::string_view name);

std::span<const HostEntry> HeaderFunctions();
std::span<const HostEntry> StreamFunctions();
std::span<const HostEntry> CallFunctions();
std::span<const HostEntry> SharedFunctions();
std::span<const HostEntry> ProcessFunctions();
std::span<const HostEntry> ForeignFunctions();
std::span<const HostEntry> WasiFunctions();

template <Status (*Function)(const HostCall&)>
uint32_t AsStatus(const HostCall& call) {
  return static_cast<uint32_t>(Function(call));
}

}  // namespace sluice::wasm
