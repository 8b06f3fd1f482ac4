// Metadata values in Lua: structs and lists are tables, null is nil.
#pragma once

#include <optional>
#include <string>

#include "sluice/base/value.h"

struct lua_State;

namespace sluice::filters::lua {

void PushValue(lua_State* state, const Value& value);  // a copy
// The value at `index`, which must count from the bottom. Nothing, and a reason in `why`, if there
// is something in it that is no data, or too deep.
// `bytes` is how large it is, about.
std::optional<Value> ValueAt(lua_State* state, int index, std::string& why, size_t& bytes);

}  // namespace sluice::filters::lua
