#include "script.h"

#include <gtest/gtest.h>

namespace sluice::filters::lua {
namespace {

Result<std::unique_ptr<Script>> Load(const std::string& text, const Limits& limits = {}) {
  return Script::Load({"test", text}, limits);
}
std::string ErrorOf(const std::string& text, const Limits& limits = {}) {
  const auto script = Load(text, limits);
  return script ? "" : script.error().detail;
}

TEST(LuaScriptTest, FunctionsAreFoundByName) {
  const auto both = Load("function envoy_on_request() end envoy_on_response = function() end");
  ASSERT_TRUE(both);
  EXPECT_TRUE((*both)->Has(Entry::kRequest));
  EXPECT_TRUE((*both)->Has(Entry::kResponse));
  const auto none = Load("envoy_on_request = 1");
  ASSERT_TRUE(none);
  EXPECT_FALSE((*none)->Has(Entry::kRequest));
  EXPECT_FALSE((*none)->Has(Entry::kResponse));
}

TEST(LuaScriptTest, ErrorsNameScriptAndLine) {
  EXPECT_EQ(ErrorOf("local a = 1\nlocal b is 2"), "test:2: '=' expected near '2'");
  EXPECT_EQ(ErrorOf("\n\nerror('no')"), "test:3: no");
  EXPECT_EQ(ErrorOf("error({})"), "the error is no text");
  EXPECT_NE(ErrorOf("\x1bLJ\x02").find("attempt to load chunk"), std::string::npos);
}

TEST(LuaScriptTest, NoLoopGetsPastTheInstructions) {
  const Limits few{.max_instructions = 10'000};
  const std::string words = "too many instructions without a wait";
  for (const char* text : {
           "while true do end",
           "while true do pcall(function() while true do end end) end",
           "xpcall(function() while true do end end, function() while true do end end)",
           "coroutine.wrap(function() while true do end end)()",
           "setmetatable(_G, {__index = function() while true do end end}) local x = nothing",
           "table.sort({3, 2, 1}, function() while true do end end)",
           "load(function() while true do end end) while true do end",
           "string.gsub('x', 'x', function() while true do end end)",
       }) {
    EXPECT_NE(ErrorOf(text, few).find(words), std::string::npos) << text << ErrorOf(text, few);
  }
  EXPECT_EQ(ErrorOf("for i = 1, 100 do end", few), "");
}

TEST(LuaScriptTest, NoScriptGetsPastTheMemory) {
  const Limits small{.max_memory_bytes = size_t{2} << 20};
  for (const char* text : {
           "local t = {} for i = 1, 1e9 do t[i] = i end",
           "local s = 'x' while true do s = s .. s end",
           "string.rep('x', 1e8)",
           "local function f(n) return n and 1 + f(n + 1) end f(1) f = nil local t = {} while true "
           "do t = {t} end",
       }) {
    const auto error = ErrorOf(text, small);
    EXPECT_TRUE(error == "not enough memory" || error.find("stack overflow") != std::string::npos)
        << text << ": " << error;
  }
  // Garbage is no reason.
  EXPECT_EQ(ErrorOf("for i = 1, 1e5 do local t = {i, {i}} end", small), "");
}

TEST(LuaScriptTest, MemoryIsCountedAndGivenBack) {
  const auto little = Load("local a = 1");
  const auto much = Load("kept = string.rep('x', 1e6)");
  ASSERT_TRUE(little);
  ASSERT_TRUE(much);
  EXPECT_GT((*much)->memory_bytes(), (*little)->memory_bytes() + 1'000'000);
}

TEST(LuaScriptTest, WhatGetsAroundLimitsIsNotThere) {
  for (const char* name :
       {"jit", "newproxy", "debug.sethook", "debug.getregistry", "debug.setmetatable",
        "debug.setupvalue", "package.loaded.jit", "package.loaded.ffi", "package.preload.ffi"}) {
    EXPECT_EQ(ErrorOf("assert(" + std::string(name) + " == nil)"), "") << name;
  }
  EXPECT_EQ(ErrorOf("os.exit(1)"), "test:1: os.exit is not available");
  EXPECT_NE(ErrorOf("require('ffi')"), "");
  EXPECT_EQ(ErrorOf("assert(loadstring('return 1', 'n')() == 1)"), "");
  EXPECT_EQ(ErrorOf("assert(load(function() end))"), "");
  EXPECT_EQ(ErrorOf("local at, parts = 0, {'return ', '7'} local f = load(function() at = at + 1 "
                    "return parts[at] end, 'n') assert(f() == 7)"),
            "");
  EXPECT_EQ(ErrorOf("local f = load('return x', 'n', nil, {x = 7}) assert(f() == 7)"), "");
  EXPECT_NE(ErrorOf("assert(loadstring(string.dump(function() end)))"), "");
  EXPECT_NE(ErrorOf("assert(load(string.dump(function() end), 'n', 'b'))"), "");
}

TEST(LuaScriptTest, XpcallHandlesAndReturns) {
  EXPECT_EQ(ErrorOf("local ok, a, b = xpcall(function(x) return x, 2 end, print, 1) "
                    "assert(ok and a == 1 and b == 2)"),
            "");
  EXPECT_EQ(
      ErrorOf("local ok, e = xpcall(function() error('x', 0) end, function(e) return e .. 'y' "
              "end) assert(ok == false and e == 'xy')"),
      "");
}

}  // namespace
}  // namespace sluice::filters::lua
