#include "script.h"

#include <cstdlib>

#include <lua.hpp>

#include "binding.h"
#include "libraries.h"
#include "sluice/base/check.h"

namespace sluice::filters::lua {
namespace {

const char kSelf = 0;  // its address is the key of the Script in the registry

Script& SelfOf(lua_State* state) {
  lua_pushlightuserdata(state, const_cast<char*>(&kSelf));
  lua_rawget(state, LUA_REGISTRYINDEX);
  auto* self = static_cast<Script*>(lua_touserdata(state, -1));
  lua_pop(state, 1);
  return *self;
}

}  // namespace

void* Script::Allocate(void* self, void* old, size_t old_size, size_t size) {
  auto& script = *static_cast<Script*>(self);
  if (size == 0) {
    script.bytes_ -= old_size;
    std::free(old);  // NOLINT: an allocator
    return nullptr;
  }
  if (size > old_size && !script.native_ &&
      script.bytes_ + (size - old_size) > script.limits_.max_memory_bytes) {
    script.excess_ = Excess::kMemory;
    return nullptr;
  }
  void* made = std::realloc(old, size);  // NOLINT: an allocator
  if (made != nullptr) script.bytes_ += size - old_size;
  return made;
}

// From here on at every instruction, so that no pcall of the script's keeps it going.
void Script::OnInstructions(lua_State* state, lua_Debug* /*where*/) {
  SelfOf(state).excess_ = Excess::kInstructions;
  lua_sethook(state, &Script::OnInstructions, LUA_MASKCOUNT, 1);
  luaL_where(state, 0);
  lua_pushliteral(state, "too many instructions without a wait");
  lua_concat(state, 2);
  lua_error(state);
}

int Script::OnPanic(lua_State* /*state*/) {
  CheckFailed("a Lua error got away", __FILE__, __LINE__);
}

Result<std::unique_ptr<Script>> Script::Load(const ScriptSource& source, const Limits& limits) {
  auto script = std::make_unique<Script>(limits);
  if (auto opened = script->Open(source); !opened) return std::unexpected(opened.error());
  return script;
}

Script::~Script() {
  native_ = true;
  if (state_ != nullptr) lua_close(state_);
}

Result<> Script::Open(const ScriptSource& source) {
  state_ = lua_newstate(&Script::Allocate, this);
  if (state_ == nullptr) {  // where pointers must be low, LuaJIT has only its own allocator
    state_ = luaL_newstate();
    metered_ = false;
  }
  if (state_ == nullptr) return Fail(ErrorCode::kInternal, Origin::kLocal, "no memory for Lua");
  lua_atpanic(state_, &Script::OnPanic);
  lua_pushlightuserdata(state_, const_cast<char*>(&kSelf));
  lua_pushlightuserdata(state_, this);
  lua_rawset(state_, LUA_REGISTRYINDEX);
  OpenLibraries(state_);
  RegisterTypes(state_, *this);
  const std::string name =
      (source.name.starts_with('/') || source.name.starts_with('.') ? "@" : "=") + source.name;
  const bool loaded =
      luaL_loadbufferx(state_, source.text.data(), source.text.size(), name.c_str(), "t") == 0;
  if (!loaded || Run(state_, 0, false) != 0) {
    return Fail(ErrorCode::kInvalidConfig, Origin::kConfig, TakeError(state_));
  }
  lua_settop(state_, 0);
  functions_ = {FindFunction("envoy_on_request"), FindFunction("envoy_on_response")};
  return {};
}

int Script::FindFunction(const char* name) {
  lua_getglobal(state_, name);
  if (lua_isfunction(state_, -1)) return luaL_ref(state_, LUA_REGISTRYINDEX);
  lua_pop(state_, 1);
  return -1;
}

int Script::Run(lua_State* state, int arguments, bool coroutine) {
  excess_ = Excess::kNone;
  lua_sethook(state, &Script::OnInstructions, LUA_MASKCOUNT,
              static_cast<int>(limits_.max_instructions));
  native_ = false;
  int status = coroutine ? lua_resume(state, arguments) : lua_pcall(state, arguments, 0, 0);
  native_ = true;
  if (!metered_) {
    bytes_ = static_cast<size_t>(lua_gc(state, LUA_GCCOUNT, 0)) * 1024;
    if (bytes_ > limits_.max_memory_bytes && (status == 0 || status == LUA_YIELD)) {
      excess_ = Excess::kMemory;
      status = LUA_ERRMEM;
      lua_settop(state, 0);
      lua_pushliteral(state, "not enough memory");
    }
  }
  // What made it too much is garbage by now, most of it.
  if (status == LUA_ERRMEM) lua_gc(state_, LUA_GCCOLLECT, 0);
  return status;
}

std::string Script::TakeError(lua_State* state) {
  const char* text = lua_type(state, -1) == LUA_TSTRING ? lua_tostring(state, -1) : nullptr;
  std::string error = text != nullptr ? text : "the error is no text";
  lua_settop(state, 0);
  return error;
}

Coroutine::Coroutine(Script& script, Entry entry, Side& side)
    : script_(script),
      side_(side),
      scope_(++script.last_scope_),
      thread_(lua_newthread(script.state_)),
      reference_(luaL_ref(script.state_, LUA_REGISTRYINDEX)) {
  lua_rawgeti(thread_, LUA_REGISTRYINDEX, script.functions_[static_cast<size_t>(entry)]);
}

Coroutine::~Coroutine() { luaL_unref(script_.state_, LUA_REGISTRYINDEX, reference_); }

Coroutine::Outcome Coroutine::Resume(int arguments) {
  SLUICE_CHECK(script_.running_ == nullptr);
  script_.running_ = &side_;
  script_.running_scope_ = scope_;
  const int status = script_.Run(thread_, arguments, true);
  script_.running_ = nullptr;
  script_.running_scope_ = 0;
  if (status == 0) return Outcome::kDone;
  if (status == LUA_YIELD) return Outcome::kWaits;
  error_ = script_.TakeError(thread_);
  return Outcome::kFailed;
}

}  // namespace sluice::filters::lua
