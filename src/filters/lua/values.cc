#include "values.h"

#include <lua.hpp>

#include "binding.h"

namespace sluice::filters::lua {
namespace {

constexpr int kMaxDepth = 32;  // tables may hold themselves

void Push(lua_State* state, const Value& value, int depth) {
  if (depth > kMaxDepth || lua_checkstack(state, 4) == 0) return lua_pushnil(state);
  if (const bool* flag = value.AsBool()) return lua_pushboolean(state, *flag ? 1 : 0);
  if (const double* number = value.AsNumber()) return lua_pushnumber(state, *number);
  if (const std::string* text = value.AsString()) return static_cast<void>(Give(state, *text));
  if (const ValueList* list = value.AsList()) {
    lua_createtable(state, static_cast<int>(list->size()), 0);
    int at = 0;
    for (const Value& each : *list) {
      Push(state, each, depth + 1);
      lua_rawseti(state, -2, ++at);
    }
    return;
  }
  const ValueStruct* fields = value.AsStruct();
  if (fields == nullptr) return lua_pushnil(state);
  lua_createtable(state, 0, static_cast<int>(fields->size()));
  for (const auto& [key, each] : *fields) {
    Give(state, key);
    Push(state, each, depth + 1);
    lua_rawset(state, -3);
  }
}

class Reader {
 public:
  Reader(lua_State* state, std::string& why, size_t& bytes)
      : state_(state), why_(why), bytes_(bytes) {}

  std::optional<Value> At(int index, int depth) {
    if (depth > kMaxDepth || lua_checkstack(state_, 8) == 0) return Refuse("is too deep");
    bytes_ += sizeof(Value);
    switch (lua_type(state_, index)) {
      case LUA_TNIL: return Value();
      case LUA_TBOOLEAN: return Value(lua_toboolean(state_, index) != 0);
      case LUA_TNUMBER: return Value(lua_tonumber(state_, index));
      case LUA_TSTRING: return Value(TextOf(index));
      case LUA_TTABLE:
        return lua_objlen(state_, index) != 0 ? List(index, depth) : Struct(index, depth);
      default: return Refuse("is no data");
    }
  }

 private:
  std::optional<Value> Refuse(const char* words) {
    why_ = std::string("a metadata value ") + words;
    return std::nullopt;
  }
  std::string TextOf(int index) {
    size_t size = 0;
    const char* text = lua_tolstring(state_, index, &size);
    bytes_ += size;
    return {text, size};
  }

  std::optional<Value> List(int index, int depth) {
    ValueList list;
    const auto count = static_cast<int>(lua_objlen(state_, index));
    for (int i = 1; i <= count; ++i) {
      lua_rawgeti(state_, index, i);
      auto value = At(lua_gettop(state_), depth + 1);
      if (!value) return std::nullopt;
      list.push_back(std::move(*value));
      lua_pop(state_, 1);
    }
    return Value(std::move(list));
  }

  std::optional<Value> Struct(int index, int depth) {
    ValueStruct fields;
    lua_pushnil(state_);
    while (lua_next(state_, index) != 0) {
      const int key_type = lua_type(state_, -2);
      if (key_type != LUA_TSTRING && key_type != LUA_TNUMBER) return Refuse("has an odd key");
      lua_pushvalue(state_, -2);  // a number becomes a string in place, which confuses lua_next
      std::string key = TextOf(-1);
      lua_pop(state_, 1);
      auto value = At(lua_gettop(state_), depth + 1);
      if (!value) return std::nullopt;
      fields.insert_or_assign(std::move(key), std::move(*value));
      lua_pop(state_, 1);
    }
    return Value(std::move(fields));
  }

  lua_State* state_;
  std::string& why_;
  size_t& bytes_;
};

}  // namespace

void PushValue(lua_State* state, const Value& value) { Push(state, value, 0); }

std::optional<Value> ValueAt(lua_State* state, int index, std::string& why, size_t& bytes) {
  return Reader(state, why, bytes).At(index, 0);
}

}  // namespace sluice::filters::lua
