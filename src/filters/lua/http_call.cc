#include "http_call.h"

#include <chrono>
#include <cmath>
#include <utility>

#include <lua.hpp>

#include "fields.h"
#include "lua_filter.h"
#include "sluice/filter/process_state.h"
#include "sluice/http/status.h"
#include "types.h"

namespace sluice::filters::lua {
namespace {

constexpr double kMaxTimeoutMs = 86'400'000;
// Of a call that names no timeout: it must end some time.
constexpr Duration kLongest = std::chrono::minutes(5);

struct Options {
  double timeout_ms = 0;
  bool asynchronous = false;
  bool repeated_as_lists = false;
  bool send_xff = true;
};

bool Refuse(std::string& why, std::string words) {
  why = std::move(words);
  return false;
}

// The key and the value on top of the stack, which stay.
bool TakeOption(lua_State* state, Options& out, std::string& why) {
  const char* text = lua_type(state, -2) == LUA_TSTRING ? lua_tostring(state, -2) : "?";
  const std::string key(text);
  if (key == "timeout_ms") {
    if (lua_type(state, -1) != LUA_TNUMBER) return Refuse(why, "timeout_ms must be a number");
    out.timeout_ms = lua_tonumber(state, -1);
    return true;
  }
  if (lua_type(state, -1) != LUA_TBOOLEAN) return Refuse(why, "option '" + key + "' is not known");
  const bool value = lua_toboolean(state, -1) != 0;
  if (key == "asynchronous") return out.asynchronous = value, true;
  if (key == "return_duplicate_headers") return out.repeated_as_lists = value, true;
  if (key == "send_xff") return out.send_xff = value, true;
  if (key == "trace_sampled" && !value) return true;  // calls make no spans
  return Refuse(why, "option '" + key + "' is not available");
}

bool TakeOptions(const Call& call, Options& out, std::string& why) {
  lua_State* state = call.state;
  if (lua_type(state, 5) != LUA_TTABLE) {
    const auto timeout = NumberAt(call, 4);
    if (!timeout) return Refuse(why, "http call timeout must be a number");
    out.timeout_ms = *timeout;
    out.asynchronous = lua_toboolean(state, 6) != 0;
  } else {
    lua_pushnil(state);
    while (lua_next(state, 5) != 0) {
      if (!TakeOption(state, out, why)) return false;
      lua_pop(state, 1);
    }
  }
  const bool sound = out.timeout_ms >= 0 && out.timeout_ms <= kMaxTimeoutMs;
  return sound || Refuse(why, "http call timeout must be >= 0");
}

bool HasRequestLine(const Fields& fields) {
  int found = 0;
  for (const auto& [name, value] : fields) {
    found += name == ":method" || name == ":path" || name == ":authority";
  }
  return found == 3;
}

void AddProxyFields(Call& call, const Options& options, filter::AsyncFields& head) {
  const std::string& address = call.side.filter().worker().plan().process->local.address;
  if (!options.send_xff || address.empty()) return;
  for (auto& [name, value] : head) {
    if (name != "x-forwarded-for") continue;
    value += "," + address;
    return;
  }
  head.emplace_back("x-forwarded-for", address);
}

bool MakeRequest(Call& call, const Options& options, filter::AsyncRequest& out, std::string& why) {
  const auto cluster = TextAt(call, 1);
  if (!cluster || !call.side.host().worker().async_client.HasCluster(*cluster)) {
    return Refuse(why, "http call cluster invalid. Must be configured");
  }
  auto fields = FieldsAt(call.state, 3, why);
  if (!fields) return false;
  if (!HasRequestLine(*fields)) {
    return Refuse(why, "http call headers must include ':method', ':path', and ':authority'");
  }
  const auto body = TextAt(call, 3);
  if (!body && !IsNone(call, 3)) return Refuse(why, "http call body must be a string");
  out.cluster = *cluster;
  out.body = body.value_or("");
  bool scheme = false;
  for (auto& [name, value] : *fields) {
    scheme = scheme || name == ":scheme";
    if (name == ":status") return Refuse(why, "a request has no ':status'");
    if (!scheme && !name.starts_with(':')) {
      out.head.emplace_back(":scheme", "http");
      scheme = true;
    }
    // Framing is ours.
    if (name == "content-length" || name == "transfer-encoding") continue;
    out.head.emplace_back(std::move(name), std::move(value));
  }
  if (!scheme) out.head.emplace_back(":scheme", "http");
  if (!out.body.empty()) out.head.emplace_back("content-length", std::to_string(out.body.size()));
  AddProxyFields(call, options, out.head);
  out.timeout =
      options.timeout_ms == 0
          ? kLongest
          : std::chrono::milliseconds(static_cast<int64_t>(std::ceil(options.timeout_ms)));
  out.max_response_bytes = call.side.host().buffer_limit();
  return true;
}

int HttpCall(Call& call) {
  Options options;
  filter::AsyncRequest request;
  std::string why;
  if (lua_checkstack(call.state, 16) == 0) return Raise(call.state, "no room on the stack");
  lua_settop(call.state, std::max(lua_gettop(call.state), 6));
  if (!TakeOptions(call, options, why) || !MakeRequest(call, options, request, why)) {
    return Raise(call.state, why);
  }
  if (!options.asynchronous) {
    return call.side.WaitForCall(call.state, std::move(request), options.repeated_as_lists);
  }
  if (!call.side.Spend(request.body.size()) ||
      !call.side.filter().worker().Detach(std::move(request))) {
    return Raise(call.state, "too many asynchronous calls are under way");
  }
  return 0;
}

// --- respond()

int Respond(Call& call) {
  Side& side = call.side;
  if (!side.request()) {
    return Raise(call.state, "respond() not currently supported in the response path");
  }
  if (!side.head_is_here()) {
    return Raise(call.state, "respond() cannot be called if headers have been continued");
  }
  std::string why;
  auto fields = FieldsAt(call.state, 2, why);
  if (!fields) return Raise(call.state, why);
  const auto body = TextAt(call, 2);
  if (!body && !IsNone(call, 2)) return Raise(call.state, "the body must be a string");
  Reply reply;
  reply.status = 0;
  for (auto& [name, value] : *fields) {
    if (name == ":status") reply.status = http::ParseStatus(value);
    // Framing is ours; other pseudo-headers are no response's.
    if (name.starts_with(':') || name == "content-length" || name == "transfer-encoding") continue;
    reply.fields.emplace_back(std::move(name), std::move(value));
  }
  if (reply.status < 200 || reply.status > 599) {
    return Raise(call.state, ":status must be between 200-599");
  }
  reply.body = body.value_or("");
  return side.WaitForever(std::move(reply));
}

constexpr Method kMethods[] = {
    {"httpCall", &HttpCall},
    {"respond", &Respond},
};

void PutText(lua_State* state, std::string_view name, std::string_view value) {
  Give(state, name);
  Give(state, value);
  lua_rawset(state, -3);
}

// Of several values the last one, or all in a list.
void PutField(lua_State* state, std::string_view name, std::string_view value, bool lists) {
  if (!lists) return PutText(state, name, value);
  Give(state, name);
  lua_pushvalue(state, -1);
  lua_rawget(state, -3);
  if (lua_isnil(state, -1)) {
    lua_pop(state, 1);
    Give(state, value);
    return lua_rawset(state, -3);
  }
  if (lua_type(state, -1) != LUA_TTABLE) {
    lua_createtable(state, 2, 0);
    lua_insert(state, -2);
    lua_rawseti(state, -2, 1);
  }
  Give(state, value);
  lua_rawseti(state, -2, static_cast<int>(lua_objlen(state, -2)) + 1);
  lua_rawset(state, -3);
}

}  // namespace

std::span<const Method> CallMethods() { return kMethods; }

int PushAnswer(lua_State* state, const filter::AsyncResponse& response, bool repeated_as_lists) {
  lua_createtable(state, 0, static_cast<int>(response.head.size()) + 1);
  for (const auto& [name, value] : response.head) PutField(state, name, value, repeated_as_lists);
  PutText(state, ":status", http::StatusText(response.status));
  response.body.empty() ? static_cast<void>(GiveNil(state))
                        : static_cast<void>(Give(state, response.body));
  return 2;
}

}  // namespace sluice::filters::lua
