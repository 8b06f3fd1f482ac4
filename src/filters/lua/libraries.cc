#include "libraries.h"

#include <lua.hpp>

#include "sluice/base/check.h"

namespace sluice::filters::lua {
namespace {

// Not there: the compiler to machine code (which looks at no limits), FFI, bytecode, finalizers of
// scripts, what reaches into other functions, and the end of the process. A handler of xpcall runs
// after the error has unwound, because no limit holds before, and a function that gives load its
// pieces has given them before it begins; pairs knows the stream's objects.
constexpr char kPrelude[] = R"lua(
local load_any, call, pairs_of, kind, raise = load, pcall, pairs, type, error
function loadstring(text, name) return load_any(text, name, "t") end
local join = table.concat
function load(chunk, name, _, ...)
  if kind(chunk) == "function" then
    local parts = {}
    for part in chunk do
      if part == "" then break end
      parts[#parts + 1] = part
    end
    chunk = join(parts)
  end
  return load_any(chunk, name, "t", ...)
end
function xpcall(f, handler, ...)
  local function judge(ok, ...)
    if ok then return true, ... end
    return false, handler(...)
  end
  return judge(call(f, ...))
end
function pairs(value)
  if kind(value) == "userdata" then return value:__pairs() end
  return pairs_of(value)
end
function os.exit() raise("os.exit is not available", 2) end
newproxy, jit = nil, nil
debug = { traceback = debug.traceback, getinfo = debug.getinfo }
package.loaded.debug = debug
for name in pairs_of(package.preload) do package.preload[name] = nil end
for name in pairs_of(package.loaded) do
  if name == "jit" or name:sub(1, 4) == "jit." then package.loaded[name] = nil end
end
EnvoyTimestampResolution = { MILLISECOND = 0, MICROSECOND = 1 }
)lua";

}  // namespace

void OpenLibraries(lua_State* state) {
  luaL_openlibs(state);
  luaJIT_setmode(state, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
  const bool done = luaL_loadbuffer(state, kPrelude, sizeof(kPrelude) - 1, "=prelude") == 0 &&
                    lua_pcall(state, 0, 0, 0) == 0;
  SLUICE_CHECK(done);
}

}  // namespace sluice::filters::lua
