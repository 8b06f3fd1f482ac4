// What sluice needs of a WebAssembly engine, and all that it needs. An engine is a plugin, loaded
// when the first configuration asks for it; this header is all that plugin and daemon share.
//
// An Engine may be used from any thread; an Instance belongs to the thread that made it. Hard rule:
// whatever the module does, calls return: traps are answers, never exceptions or signals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sluice::wasm {

// A function that the module imports. Results are i32 or nothing.
struct HostFunction {
  std::string module;
  std::string name;
  std::string parameters;  // 'i' for i32, 'I' for i64
  bool has_result = false;
};

class HostCalls {
 public:
  virtual ~HostCalls() = default;
  // `function` is the position in the list that the instance was made with. i32 arguments are
  // zero-extended. False: the module is to trap.
  virtual bool OnHostCall(size_t function, const uint64_t* arguments, uint32_t& result) = 0;
};

struct CallResult {
  bool trapped = false;
  uint32_t value = 0;
  std::string trap;  // words of the engine
};

class Instance {
 public:
  virtual ~Instance() = default;
  // An exported function; -1 if there is none.
  virtual int FindFunction(std::string_view name) = 0;
  virtual CallResult Call(int function, std::span<const uint32_t> arguments) = 0;
  // The exported memory as it is now; growing (in any call of the module) moves or enlarges it.
  virtual std::span<char> Memory() = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const = 0;
  // Compiles and drops the code; words about what is wrong, or nothing.
  virtual std::string Check(std::string_view code) = 0;
  // `host` must outlive the instance. Null, with words, when it cannot be made.
  virtual std::unique_ptr<Instance> Make(std::string_view code,
                                         std::span<const HostFunction> imports, HostCalls& host,
                                         std::string& error) = 0;
};

// What a plugin exports: the engine, which lives as long as the process.
inline constexpr const char* kEngineSymbol = "sluice_wasm_engine_1";
using EngineFunction = Engine* (*)();

}  // namespace sluice::wasm
