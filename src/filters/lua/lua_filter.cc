#include "lua_filter.h"

#include "sluice/base/log.h"
#include "sluice/http/header_id.h"

namespace sluice::filters::lua {

using filter::FilterStatus;
using http::HeaderId;

FilterStatus LuaFilter::Start(Side& side, Entry entry, bool end) {
  host().route();  // so that its config is known
  Script* script = worker_.ScriptOf(route());
  if (script == nullptr || !script->Has(entry)) return FilterStatus::kContinue;
  worker_.stats().executions.Inc();
  return side.Start(*script, end);
}

FilterStatus LuaFilter::OnRequestHead(http::HeaderMap& /*head*/, bool end) {
  return Start(request_, Entry::kRequest, end);
}

FilterStatus LuaFilter::OnResponseHead(http::HeaderMap& head, bool end) {
  if (untyped_reply_) head.Remove(HeaderId::kContentType);
  request_.CancelIfHeadIsHere();
  return Start(response_, Entry::kResponse, end);
}

void LuaFilter::OnDestroy() {
  request_.Cancel();
  response_.Cancel();
}

void LuaFilter::Respond(const Reply& from) {
  filter::LocalReply reply;
  reply.status = from.status;
  reply.body = from.body;
  reply.details = "lua_response";
  untyped_reply_ = true;
  for (const auto& field : from.fields) {
    if (field.first == "content-type") untyped_reply_ = false;
  }
  reply.edit = [](http::HeaderMap& head, void* context) {
    for (const auto& [name, value] : static_cast<const Reply*>(context)->fields) {
      name == "content-type" ? head.Set(name, value) : head.Add(name, value);
    }
  };
  reply.edit_context = const_cast<Reply*>(&from);
  host().SendLocalReply(reply);
}

void LuaFilter::ScriptFailed(const std::string& error, Excess excess) {
  LuaStats& stats = worker_.stats();
  stats.errors.Inc();
  if (excess == Excess::kInstructions) stats.over_instructions.Inc();
  if (excess == Excess::kMemory) stats.over_memory.Inc();
  SLUICE_LOG(kLua, kError, "script log: {}", error);
}

void LuaFilter::CallFailed(const Error& error) {
  SLUICE_LOG(kLua, kDebug, "httpCall failed: {}", error.detail);
}

}  // namespace sluice::filters::lua
