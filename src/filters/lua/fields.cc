#include "fields.h"

#include <algorithm>

#include <lua.hpp>

#include "sluice/http/chars.h"
#include "sluice/http/status.h"

namespace sluice::filters::lua {
namespace {

// The value on top of the stack, which stays.
std::optional<std::string> TopText(lua_State* state) {
  const int type = lua_type(state, -1);
  if (type != LUA_TSTRING && type != LUA_TNUMBER) return std::nullopt;
  lua_pushvalue(state, -1);  // a number becomes a string in place, which confuses lua_next
  size_t size = 0;
  const char* text = lua_tolstring(state, -1, &size);
  std::string copy(text, size);
  lua_pop(state, 1);
  return copy;
}

bool Take(Fields& out, const std::string& name, std::optional<std::string> value,
          std::string& why) {
  if (!value || !IsGoodField(name, *value)) {
    why = "'" + name + "' has no value that can be sent";
    return false;
  }
  out.emplace_back(name, std::move(*value));
  return true;
}

// The value on top of the stack: a text, or a list of texts.
bool TakeValues(lua_State* state, Fields& out, const std::string& name, std::string& why) {
  if (lua_type(state, -1) != LUA_TTABLE) return Take(out, name, TopText(state), why);
  const auto count = static_cast<int>(lua_objlen(state, -1));
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(state, -1, i);
    const bool taken = Take(out, name, TopText(state), why);
    lua_pop(state, 1);
    if (!taken) return false;
  }
  return true;
}

}  // namespace

bool IsGoodField(std::string_view name, std::string_view value) {
  if (!http::IsFieldValue(value)) return false;
  if (!name.starts_with(':')) return http::IsLowerToken(name);
  if (name == ":status") return http::ParseStatus(value) != 0;
  if (name == ":method") return http::IsToken(value);
  if (name == ":path") return !value.empty() && http::IsTargetText(value);
  if (name == ":scheme") return value == "http" || value == "https";
  return name == ":authority" && http::IsTargetText(value);
}

std::optional<Fields> FieldsAt(lua_State* state, int index, std::string& why) {
  if (lua_type(state, index) != LUA_TTABLE || lua_checkstack(state, 8) == 0) {
    why = "headers must be a table";
    return std::nullopt;
  }
  Fields out;
  lua_pushnil(state);
  while (lua_next(state, index) != 0) {
    lua_insert(state, -2);  // the name on top
    auto name = TopText(state);
    lua_insert(state, -2);
    if (!name) {
      why = "the name of a header must be a string";
      return std::nullopt;
    }
    std::ranges::transform(*name, name->begin(), http::ToLowerAscii);
    if (!TakeValues(state, out, *name, why)) return std::nullopt;
    lua_pop(state, 1);
  }
  std::ranges::stable_partition(out,
                                [](const auto& field) { return field.first.starts_with(':'); });
  return out;
}

}  // namespace sluice::filters::lua
