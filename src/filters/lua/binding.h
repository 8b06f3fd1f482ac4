// How C++ functions become methods of objects in Lua: one table for each type of object, and one
// way in for all of them.
//
// An object holds no pointer, only the scope it belongs to; it works while that coroutine runs.
// Hard rule: a method raises by returning Raise(...) and waits by returning kWait; it never calls
// what could raise by itself (luaL_check*, luaL_error, lua_error, lua_gettable).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct lua_State;

namespace sluice::filters::lua {

class Script;
class Side;

constexpr int kRaise = -1;
constexpr int kWait = -2;

enum class Type : uint8_t {
  kHandle,
  kHeaders,
  kBody,
  kMetadata,
  kDynamicMetadata,
  kFilterState,
  kStreamInfo,
  kConnection,
  kTls,
  kRoute,
  kPublicKey,
  kCount,
};

// What an object is of; the rest of its memory is its type's.
struct Ref {
  uint64_t scope;
  uint32_t part;   // which of several of its type
  uint32_t round;  // 0: as long as the scope
};

struct Call {
  lua_State* state;
  Ref* self;
  Side& side;
};

struct Method {
  const char* name;
  int (*call)(Call& call);  // how many results are on the stack, kRaise or kWait
};
struct TypeTable {
  const char* name;
  std::span<const Method> methods;
};
const TypeTable& TableOf(Type type);

void RegisterTypes(lua_State* state, Script& script);

// A new object of the running coroutine's. `extra` more bytes are behind the Ref.
Ref& PushObject(lua_State* state, Type type, uint64_t scope, uint32_t part = 0, uint32_t round = 0,
                size_t extra = 0);
// The object of that type among the arguments; null: it is another.
Ref* ObjectAt(lua_State* state, int index, Type type);
// A function without arguments that calls the method on `self` (at `index`).
void PushBound(lua_State* state, Script& script, const Method& method, Type type, int index);

[[nodiscard]] int Raise(lua_State* state, std::string_view text);
int Give(lua_State* state, std::string_view text);  // a string as the result
int GiveNil(lua_State* state);
// An argument, counted from 1 behind the object.
std::optional<std::string_view> TextAt(const Call& call, int index);  // a number is text as well
std::optional<double> NumberAt(const Call& call, int index);
bool IsNone(const Call& call, int index);  // or nil

// Iterates over the table on top of the stack, {name, value, name, value, ...}: three results.
int GivePairs(lua_State* state);

}  // namespace sluice::filters::lua
