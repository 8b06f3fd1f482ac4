// One script in a Lua state of its own: its globals, its two functions, its limits.
//
// A state belongs to one worker (main makes it before the worker runs). Hard rule: Lua errors
// unwind by jumps, so they are raised and caught only in script.cc, binding.cc and the Lua code
// itself; everything else runs natively, when no allocation is refused.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "sluice/base/error.h"

struct lua_State;
struct lua_Debug;

namespace sluice::filters::lua {

class Side;

struct Limits {
  uint32_t max_instructions = 20'000'000;  // between two waits
  size_t max_memory_bytes = size_t{64} << 20;
};

struct ScriptSource {
  std::string name;  // in front of the line in messages
  std::string text;
};

enum class Entry : uint8_t { kRequest, kResponse };  // envoy_on_request, envoy_on_response
enum class Excess : uint8_t { kNone, kInstructions, kMemory };

class Script {
 public:
  // Compiles it and runs its outermost level, where the functions come from.
  static Result<std::unique_ptr<Script>> Load(const ScriptSource& source, const Limits& limits);
  explicit Script(const Limits& limits) : limits_(limits) {}  // for Load
  ~Script();
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  bool Has(Entry entry) const { return functions_[static_cast<size_t>(entry)] >= 0; }
  size_t memory_bytes() const { return bytes_; }
  Excess excess() const { return excess_; }  // of the last run
  const Limits& limits() const { return limits_; }
  // What C++ code has allocated for the script is too much by now.
  bool IsOverMemory() {
    if (bytes_ <= limits_.max_memory_bytes) return false;
    excess_ = Excess::kMemory;
    return true;
  }
  // Whose coroutine runs now; null: none does.
  Side* running() const { return running_; }
  uint64_t running_scope() const { return running_scope_; }

  // C++ code that Lua has called: its allocations are not refused.
  class Native {
   public:
    explicit Native(Script& script)
        : script_(script), before_(std::exchange(script.native_, true)) {}
    ~Native() { script_.native_ = before_; }
    Native(const Native&) = delete;
    Native& operator=(const Native&) = delete;

   private:
    Script& script_;
    const bool before_;
  };

 private:
  friend class Coroutine;

  static void* Allocate(void* self, void* old, size_t old_size, size_t size);
  static void OnInstructions(lua_State* state, lua_Debug* where);
  static int OnPanic(lua_State* state);

  Result<> Open(const ScriptSource& source);
  int FindFunction(const char* name);
  // Runs with limits: pcall in `state` without a coroutine, else resume.
  int Run(lua_State* state, int arguments, bool coroutine);
  std::string TakeError(lua_State* state);

  const Limits limits_;
  lua_State* state_ = nullptr;
  size_t bytes_ = 0;
  bool native_ = true;
  bool metered_ = true;  // Allocate is asked
  Excess excess_ = Excess::kNone;
  std::array<int, 2> functions_{-1, -1};  // references in the registry
  Side* running_ = nullptr;
  uint64_t running_scope_ = 0;
  uint64_t last_scope_ = 0;
};

// One run of a function, from wait to wait. Dies at any time but while it runs.
class Coroutine {
 public:
  enum class Outcome : uint8_t { kDone, kWaits, kFailed };

  Coroutine(Script& script, Entry entry, Side& side);
  ~Coroutine();
  Coroutine(const Coroutine&) = delete;
  Coroutine& operator=(const Coroutine&) = delete;

  // Its stack: arguments of the next Resume go here.
  lua_State* state() const { return thread_; }
  Script& script() const { return script_; }
  // By which objects know whose they are.
  uint64_t scope() const { return scope_; }

  Outcome Resume(int arguments);
  const std::string& error() const { return error_; }

 private:
  Script& script_;
  Side& side_;
  const uint64_t scope_;
  lua_State* thread_;
  int reference_;
  std::string error_;
};

}  // namespace sluice::filters::lua
