#include "binding.h"

#include <lua.hpp>

#include "script.h"
#include "side.h"

namespace sluice::filters::lua {
namespace {

// The upvalues of every method.
constexpr int kScriptAt = 1;
constexpr int kMethodAt = 2;
constexpr int kTypeAt = 3;
constexpr int kBoundAt = 4;  // the object, where it is no argument

int Invoke(lua_State* state, Script& script, const Method& method, Type type) {
  Ref* self = lua_gettop(state) >= 1 ? ObjectAt(state, 1, type) : nullptr;
  if (self == nullptr) {
    return Raise(state, std::string(method.name) + "() must be called on a " + TableOf(type).name +
                            ", by ':'");
  }
  Side* side = script.running();
  if (side == nullptr || self->scope != script.running_scope() || !side->IsNow(*self)) {
    return Raise(state, std::string(TableOf(type).name) + " object used outside of proper scope");
  }
  if (script.IsOverMemory()) return Raise(state, "not enough memory");
  Call call{state, self, *side};
  const int result = method.call(call);
  if (result == kWait && !side->IsThread(state)) {
    side->TakeBackWait();
    return Raise(state, std::string(method.name) + "() cannot wait in a coroutine of the script's");
  }
  return result;
}

// What Lua calls. Nothing that needs a destructor is alive when this jumps.
int Enter(lua_State* state) {
  auto* script = static_cast<Script*>(lua_touserdata(state, lua_upvalueindex(kScriptAt)));
  const auto* method =
      static_cast<const Method*>(lua_touserdata(state, lua_upvalueindex(kMethodAt)));
  const auto type = static_cast<Type>(lua_tointeger(state, lua_upvalueindex(kTypeAt)));
  int result = kRaise;
  {
    const Script::Native native(*script);
    result = Invoke(state, *script, *method, type);
  }
  if (result == kRaise) return lua_error(state);
  if (result == kWait) return lua_yield(state, 0);
  return result;
}

int EnterBound(lua_State* state) {
  lua_settop(state, 0);
  lua_pushvalue(state, lua_upvalueindex(kBoundAt));
  return Enter(state);
}

// __index: a method, or an error that names what there is not.
int FindMethod(lua_State* state) {
  auto* script = static_cast<Script*>(lua_touserdata(state, lua_upvalueindex(1)));
  lua_pushvalue(state, 2);
  lua_rawget(state, lua_upvalueindex(2));
  if (!lua_isnil(state, -1)) return 1;
  {
    const Script::Native native(*script);
    const auto type = static_cast<Type>(lua_tointeger(state, lua_upvalueindex(3)));
    const char* name = lua_type(state, 2) == LUA_TSTRING ? lua_tostring(state, 2) : "?";
    static_cast<void>(
        Raise(state, std::string(TableOf(type).name) + " has no '" + name + "' here"));
  }
  return lua_error(state);
}

int NextPair(lua_State* state) {
  const auto at = static_cast<int>(lua_tointeger(state, lua_upvalueindex(2)));
  lua_rawgeti(state, lua_upvalueindex(1), at);
  if (lua_isnil(state, -1)) return 1;
  lua_rawgeti(state, lua_upvalueindex(1), at + 1);
  lua_pushinteger(state, at + 2);
  lua_replace(state, lua_upvalueindex(2));
  return 2;
}

void PushMethod(lua_State* state, Script* script, const Method& method, Type type) {
  lua_pushlightuserdata(state, script);
  lua_pushlightuserdata(state, const_cast<Method*>(&method));
  lua_pushinteger(state, static_cast<lua_Integer>(type));
}

void RegisterType(lua_State* state, Script& script, Type type) {
  luaL_newmetatable(state, TableOf(type).name);
  lua_pushlightuserdata(state, &script);
  lua_newtable(state);
  for (const Method& method : TableOf(type).methods) {
    PushMethod(state, &script, method, type);
    lua_pushcclosure(state, &Enter, 3);
    lua_setfield(state, -2, method.name);
  }
  lua_pushinteger(state, static_cast<lua_Integer>(type));
  lua_pushcclosure(state, &FindMethod, 3);
  lua_setfield(state, -2, "__index");
  lua_pushliteral(state, "not for scripts");
  lua_setfield(state, -2, "__metatable");
  lua_pop(state, 1);
}

}  // namespace

void RegisterTypes(lua_State* state, Script& script) {
  for (size_t i = 0; i < static_cast<size_t>(Type::kCount); ++i) {
    RegisterType(state, script, static_cast<Type>(i));
  }
}

Ref& PushObject(lua_State* state, Type type, uint64_t scope, uint32_t part, uint32_t round,
                size_t extra) {
  auto* ref = static_cast<Ref*>(lua_newuserdata(state, sizeof(Ref) + extra));
  *ref = Ref{scope, part, round};
  lua_getfield(state, LUA_REGISTRYINDEX, TableOf(type).name);
  lua_setmetatable(state, -2);
  return *ref;
}

Ref* ObjectAt(lua_State* state, int index, Type type) {
  if (lua_type(state, index) != LUA_TUSERDATA || lua_getmetatable(state, index) == 0) {
    return nullptr;
  }
  lua_getfield(state, LUA_REGISTRYINDEX, TableOf(type).name);
  const bool same = lua_rawequal(state, -1, -2) != 0;
  lua_pop(state, 2);
  return same ? static_cast<Ref*>(lua_touserdata(state, index)) : nullptr;
}

void PushBound(lua_State* state, Script& script, const Method& method, Type type, int index) {
  PushMethod(state, &script, method, type);
  lua_pushvalue(state, index);
  lua_pushcclosure(state, &EnterBound, 4);
}

int Raise(lua_State* state, std::string_view text) {
  luaL_where(state, 1);
  lua_pushlstring(state, text.data(), text.size());
  lua_concat(state, 2);
  return kRaise;
}

int Give(lua_State* state, std::string_view text) {
  lua_pushlstring(state, text.data(), text.size());
  return 1;
}

int GiveNil(lua_State* state) {
  lua_pushnil(state);
  return 1;
}

std::optional<std::string_view> TextAt(const Call& call, int index) {
  const int type = lua_type(call.state, index + 1);
  if (type != LUA_TSTRING && type != LUA_TNUMBER) return std::nullopt;
  size_t size = 0;
  const char* text = lua_tolstring(call.state, index + 1, &size);
  return std::string_view(text, size);
}

std::optional<double> NumberAt(const Call& call, int index) {
  if (lua_isnumber(call.state, index + 1) == 0) return std::nullopt;
  return lua_tonumber(call.state, index + 1);
}

bool IsNone(const Call& call, int index) { return lua_isnoneornil(call.state, index + 1); }

int GivePairs(lua_State* state) {
  lua_pushinteger(state, 1);
  lua_pushcclosure(state, &NextPair, 2);
  return 1;
}

}  // namespace sluice::filters::lua
