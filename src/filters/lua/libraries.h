// What scripts find in their environment beside the stream: Lua's libraries without what would get
// them past their limits, and names of Envoy's.
#pragma once

struct lua_State;

namespace sluice::filters::lua {

void OpenLibraries(lua_State* state);

}  // namespace sluice::filters::lua
