// headers(), body(), bodyChunks(), trailers() of a handle, and the methods of a body.
#include <lua.hpp>

#include "side.h"
#include "types.h"

namespace sluice::filters::lua {
namespace {

int GetHeaders(Call& call) {
  PushObject(call.state, Type::kHeaders, call.side.scope(), kHeadPart);
  return 1;
}

int GetBody(Call& call) {
  return call.side.WaitForBody(call.state, lua_toboolean(call.state, 2) != 0);
}

int NextChunk(Call& call) { return call.side.WaitForChunk(call.state); }
constexpr Method kNextChunk = {"bodyChunks iterator", &NextChunk};

int GetChunks(Call& call) {
  if (call.side.body_has_begun()) {
    return Raise(call.state, "cannot call bodyChunks() after body processing has begun");
  }
  PushBound(call.state, call.side.script(), kNextChunk, Type::kHandle, 1);
  return 1;
}

int GetTrailers(Call& call) { return call.side.WaitForTrailers(call.state); }

constexpr Method kMessageMethods[] = {
    {"headers", &GetHeaders},
    {"body", &GetBody},
    {"bodyChunks", &GetChunks},
    {"trailers", &GetTrailers},
};

// --- Of a body, or a piece of one.

int Length(Call& call) {
  lua_pushnumber(call.state, static_cast<double>(call.side.Body(*call.self).size()));
  return 1;
}

int GetBytes(Call& call) {
  const auto start = NumberAt(call, 1);
  const auto length = NumberAt(call, 2);
  const ByteChain& body = call.side.Body(*call.self);
  // In this form also false for what is no number.
  const bool fits = start && length && *start >= 0 && *length >= 0 &&
                    *start + *length <= static_cast<double>(body.size());
  if (!fits) {
    return Raise(call.state,
                 "index/length must be >= 0 and (index + length) must be <= buffer size");
  }
  return Give(call.state, body.ToString(static_cast<size_t>(*start), static_cast<size_t>(*length)));
}

// A whole body can be set as long as it waits here.
int SetBytes(Call& call) {
  const auto bytes = TextAt(call, 1);
  if (!bytes) return Raise(call.state, "setBytes() takes a string");
  call.side.SetBody(*call.self, *bytes);
  lua_pushnumber(call.state, static_cast<double>(bytes->size()));
  return 1;
}

constexpr Method kBodyMethods[] = {
    {"length", &Length},
    {"getBytes", &GetBytes},
    {"setBytes", &SetBytes},
};

}  // namespace

std::span<const Method> MessageMethods() { return kMessageMethods; }
TypeTable BodyType() { return {"body", kBodyMethods}; }

}  // namespace sluice::filters::lua
