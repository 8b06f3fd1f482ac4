// envoy.filters.http.lua: runs the functions of a script on a request and its response. Per stream;
// one worker.
#pragma once

#include <string>

#include "lua_worker.h"
#include "side.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filters::lua {

class LuaFilter final : public filter::HttpFilter {
 public:
  explicit LuaFilter(LuaWorker& worker)
      : worker_(worker), request_(*this, Entry::kRequest), response_(*this, Entry::kResponse) {}

  // filter::HttpFilter
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnRequestData(ByteChain& data, bool end) override {
    return request_.OnData(data, end);
  }
  filter::FilterStatus OnRequestTrailers(http::HeaderMap& /*trailers*/) override {
    return request_.OnTrailers();
  }
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseData(ByteChain& data, bool end) override {
    return response_.OnData(data, end);
  }
  filter::FilterStatus OnResponseTrailers(http::HeaderMap& /*trailers*/) override {
    return response_.OnTrailers();
  }
  bool WantsBodies() const override { return request_.WantsBody() || response_.WantsBody(); }
  void OnDestroy() override;

  // For the sides.
  filter::HttpFilterHost& stream() { return host(); }
  LuaWorker& worker() { return worker_; }
  const RoutePlan* route() { return static_cast<const RoutePlan*>(host().route_config()); }
  bool clears_route_cache() const { return worker_.plan().clear_route_cache; }
  void Respond(const Reply& reply);
  void ScriptFailed(const std::string& error, Excess excess);
  void CallFailed(const Error& error);

 private:
  filter::FilterStatus Start(Side& side, Entry entry, bool end);

  LuaWorker& worker_;
  Side request_;
  Side response_;
  bool untyped_reply_ = false;  // a script's own; the chain would call it text/plain
};

}  // namespace sluice::filters::lua
