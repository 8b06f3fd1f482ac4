// Metadata of routes (copies, which the object keeps in its environment), dynamic metadata and
// filter state of the stream.
#include <lua.hpp>

#include "metadata.h"
#include "side.h"
#include "sluice/stream/stream_info.h"
#include "types.h"
#include "values.h"

namespace sluice::filters::lua {
namespace {

// --- Of a route or virtual host.

int Get(Call& call) {
  if (!TextAt(call, 1)) return Raise(call.state, "get() takes a key");
  lua_getfenv(call.state, 1);
  lua_pushvalue(call.state, 2);
  lua_rawget(call.state, -2);
  return 1;
}

// From the table on top of the stack.
int PairsOfTop(lua_State* state) {
  const int from = lua_gettop(state);
  lua_newtable(state);
  int at = 0;
  lua_pushnil(state);
  while (lua_next(state, from) != 0) {
    lua_pushvalue(state, -2);
    lua_rawseti(state, from + 1, ++at);
    lua_rawseti(state, from + 1, ++at);
  }
  return GivePairs(state);
}

int Pairs(Call& call) {
  lua_getfenv(call.state, 1);
  return PairsOfTop(call.state);
}

constexpr Method kMetadataMethods[] = {{"get", &Get}, {"__pairs", &Pairs}};

// --- Dynamic metadata.

int DynamicGet(Call& call) {
  const auto filter = TextAt(call, 1);
  if (!filter) return Raise(call.state, "get() takes the name of a filter");
  const Value* value = call.side.host().info().FindMetadata(*filter);
  if (value == nullptr) return GiveNil(call.state);
  PushValue(call.state, *value);
  return 1;
}

int DynamicSet(Call& call) {
  const auto filter = TextAt(call, 1);
  const auto key = TextAt(call, 2);
  if (!filter || !key) return Raise(call.state, "set() takes a filter's name, a key and a value");
  lua_settop(call.state, 4);
  std::string why;
  size_t bytes = filter->size() + key->size();
  auto value = ValueAt(call.state, 4, why, bytes);
  if (!value) return Raise(call.state, why);
  if (!call.side.Spend(bytes)) return Raise(call.state, "too much metadata");
  call.side.host().info().dynamic_metadata(*filter).insert_or_assign(std::string(*key),
                                                                     std::move(*value));
  return 0;
}

int DynamicPairs(Call& call) {
  const Value* all = call.side.host().info().dynamic_metadata();
  PushValue(call.state, all != nullptr ? *all : Value(ValueStruct{}));
  return PairsOfTop(call.state);
}

constexpr Method kDynamicMethods[] = {
    {"get", &DynamicGet}, {"set", &DynamicSet}, {"__pairs", &DynamicPairs}};

// --- Filter state.

int StateGet(Call& call) {
  const auto name = TextAt(call, 1);
  if (!name) return Raise(call.state, "get() takes the name of an object");
  const stream::FilterStateObject* object = call.side.host().info().FindState(*name);
  if (object == nullptr) return GiveNil(call.state);
  const auto field = TextAt(call, 2);
  const auto text = field ? object->Field(*field) : object->Text();
  return text ? Give(call.state, *text) : GiveNil(call.state);
}

constexpr Method kStateMethods[] = {{"get", &StateGet}};

}  // namespace

TypeTable MetadataType() { return {"metadata", kMetadataMethods}; }
TypeTable DynamicMetadataType() { return {"dynamicMetadata", kDynamicMethods}; }
TypeTable FilterStateType() { return {"filterState", kStateMethods}; }

int GiveMetadata(Call& call, const Value* fields) {
  PushObject(call.state, Type::kMetadata, call.side.scope());
  const bool some = fields != nullptr && fields->AsStruct() != nullptr;
  PushValue(call.state, some ? *fields : Value(ValueStruct{}));
  lua_setfenv(call.state, -2);
  return 1;
}

}  // namespace sluice::filters::lua
