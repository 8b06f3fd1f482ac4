// An HTTP filter whose answers a test scripts, and which writes down what it is given: for a filter
// "a", "a.head", "a.head!" (with end), "a.data(xyz)", "a.trailers", "a:head" for the response.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sluice/filter/http_chain.h"

namespace sluice::testing {

using Log = std::vector<std::string>;

class ScriptedFilter : public filter::HttpFilter {
 public:
  // What one filter does; null functions answer kContinue. All get the filter's host.
  struct Script {
    using Host = filter::HttpFilterHost;
    using Status = filter::FilterStatus;
    std::string name;
    std::function<Status(Host&, bool end)> request_head;
    std::function<Status(Host&, ByteChain&, bool end)> request_data;
    std::function<Status(Host&)> request_trailers;
    std::function<Status(Host&)> informational;
    std::function<Status(Host&, bool end)> response_head;
    std::function<Status(Host&, ByteChain&, bool end)> response_data;
    std::function<Status(Host&)> response_trailers;
    std::function<void(Host&)> destroy;
    Host* host = nullptr;  // set when the filter was made; for calls from outside
  };

  ScriptedFilter(Script& script, Log& log) : script_(script), log_(log) {}

  // HttpFilter
  filter::FilterStatus OnRequestHead(http::HeaderMap& /*head*/, bool end) override {
    script_.host = &host();
    Note(std::string(".head") + (end ? "!" : ""));
    return script_.request_head ? script_.request_head(host(), end) : Go();
  }
  filter::FilterStatus OnRequestData(ByteChain& data, bool end) override {
    Note(".data(" + data.ToString() + (end ? ")!" : ")"));
    return script_.request_data ? script_.request_data(host(), data, end) : Go();
  }
  filter::FilterStatus OnRequestTrailers(http::HeaderMap& /*trailers*/) override {
    Note(".trailers");
    return script_.request_trailers ? script_.request_trailers(host()) : Go();
  }
  filter::FilterStatus OnInformational(http::HeaderMap& /*head*/) override {
    Note(":info");
    return script_.informational ? script_.informational(host()) : Go();
  }
  filter::FilterStatus OnResponseHead(http::HeaderMap& /*head*/, bool end) override {
    script_.host = &host();
    Note(std::string(":head") + (end ? "!" : ""));
    return script_.response_head ? script_.response_head(host(), end) : Go();
  }
  filter::FilterStatus OnResponseData(ByteChain& data, bool end) override {
    Note(":data(" + data.ToString() + (end ? ")!" : ")"));
    return script_.response_data ? script_.response_data(host(), data, end) : Go();
  }
  filter::FilterStatus OnResponseTrailers(http::HeaderMap& /*trailers*/) override {
    Note(":trailers");
    return script_.response_trailers ? script_.response_trailers(host()) : Go();
  }
  void OnDownstreamHigh() override { Note(":high"); }
  void OnDownstreamLow() override { Note(":low"); }
  void OnUpstreamHigh() override { Note(".high"); }
  void OnUpstreamLow() override { Note(".low"); }
  void OnStreamComplete() override { Note(".complete"); }
  void OnDestroy() override {
    Note(".destroy");
    if (script_.destroy) script_.destroy(host());
  }

 private:
  static filter::FilterStatus Go() { return filter::FilterStatus::kContinue; }
  void Note(const std::string& what) { log_.push_back(script_.name + what); }

  Script& script_;
  Log& log_;
};

class ScriptedFilterWorker final : public filter::HttpFilterWorker {
 public:
  ScriptedFilterWorker(std::string name, Log& log) : log_(log) { script.name = std::move(name); }
  ScriptedFilter::Script script;

  // HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override {
    return arena.New<ScriptedFilter>(script, log_);
  }

 private:
  Log& log_;
};

}  // namespace sluice::testing
