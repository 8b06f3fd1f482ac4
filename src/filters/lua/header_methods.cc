// The methods of a head, and of trailers.
#include <algorithm>
#include <string>

#include <lua.hpp>

#include "fields.h"
#include "side.h"
#include "sluice/http/chars.h"
#include "types.h"

namespace sluice::filters::lua {
namespace {

http::HeaderMap& MapOf(Call& call) {
  return call.self->part == kTrailersPart ? call.side.trailers() : call.side.head();
}

std::optional<std::string> NameAt(Call& call) {
  const auto name = TextAt(call, 1);
  if (!name) return std::nullopt;
  std::string lower(*name);
  std::ranges::transform(lower, lower.begin(), http::ToLowerAscii);
  return lower;
}

int Get(Call& call) {
  const auto name = NameAt(call);
  if (!name) return Raise(call.state, "get() takes the name of a header");
  std::string joined;
  size_t found = 0;
  for (const http::HeaderEntry& entry : MapOf(call).entries()) {
    if (entry.Name() != *name) continue;
    if (found++ != 0) joined += ',';
    joined += entry.Value();
  }
  return found == 0 ? GiveNil(call.state) : Give(call.state, joined);
}

int GetAtIndex(Call& call) {
  const auto name = NameAt(call);
  const auto index = NumberAt(call, 2);
  if (!name || !index) return Raise(call.state, "getAtIndex() takes a header's name and an index");
  double at = 0;
  for (const http::HeaderEntry& entry : MapOf(call).entries()) {
    if (entry.Name() == *name && at++ == *index) return Give(call.state, entry.Value());
  }
  return GiveNil(call.state);
}

int GetNumValues(Call& call) {
  const auto name = NameAt(call);
  if (!name) return Raise(call.state, "getNumValues() takes the name of a header");
  lua_Integer found = 0;
  for (const http::HeaderEntry& entry : MapOf(call).entries()) found += entry.Name() == *name;
  lua_pushinteger(call.state, found);
  return 1;
}

// A copy, so that the loop may change what it runs over.
int Pairs(Call& call) {
  lua_newtable(call.state);
  int at = 0;
  for (const http::HeaderEntry& entry : MapOf(call).entries()) {
    for (const std::string_view part : {entry.Name(), entry.Value()}) {
      Give(call.state, part);
      lua_rawseti(call.state, -2, ++at);
    }
  }
  return GivePairs(call.state);
}

constexpr size_t kMaxFields = 10'000;
constexpr const char* kGone = "header map can no longer be modified";

bool MayChange(const Call& call) {
  return call.self->part == kTrailersPart || call.side.head_is_here();
}
void Changed(Call& call) {
  if (call.self->part == kHeadPart) call.side.HeadChanged();
}

// Names and values come from a script, which may have them from a stranger, and go onto a wire.
int Write(Call& call, bool replace) {
  const auto name = NameAt(call);
  const auto value = TextAt(call, 2);
  if (!name || !value) return Raise(call.state, "a header's name and value must be strings");
  if (!MayChange(call)) return Raise(call.state, kGone);
  const bool pseudo = name->starts_with(':');
  if (!IsGoodField(*name, *value) || (pseudo && call.self->part == kTrailersPart) ||
      (pseudo && (*name == ":status") == call.side.request())) {
    return Raise(call.state, "'" + *name + "' cannot be set to this value");
  }
  http::HeaderMap& map = MapOf(call);
  if (map.size() >= kMaxFields || !call.side.Spend(name->size() + value->size())) {
    return Raise(call.state, "too many headers");
  }
  replace || pseudo ? map.Set(*name, *value) : map.Add(*name, *value);
  Changed(call);
  return 0;
}

int Add(Call& call) { return Write(call, false); }
int Replace(Call& call) { return Write(call, true); }

int Remove(Call& call) {
  const auto name = NameAt(call);
  if (!name) return Raise(call.state, "remove() takes the name of a header");
  if (!MayChange(call)) return Raise(call.state, kGone);
  if (name->starts_with(':')) return Raise(call.state, "'" + *name + "' cannot be removed");
  if (MapOf(call).Remove(*name) != 0) Changed(call);
  return 0;
}

constexpr Method kMethods[] = {
    {"get", &Get},       {"getAtIndex", &GetAtIndex}, {"getNumValues", &GetNumValues},
    {"add", &Add},       {"replace", &Replace},       {"remove", &Remove},
    {"__pairs", &Pairs},
};

}  // namespace

TypeTable HeadersType() { return {"headers", kMethods}; }

}  // namespace sluice::filters::lua
