// A chain of scripted filters on a fake codec stream, with an owner that writes all down.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/filter/http_chain.h"
#include "sluice/stream/stream_info.h"
#include "support/fake_codec_stream.h"
#include "support/scripted_filter.h"

namespace sluice::filter {

using sluice::testing::FakeCodecStream;
using sluice::testing::Log;
using sluice::testing::ScriptedFilterWorker;
using Script = sluice::testing::ScriptedFilter::Script;

class HttpChainTest : public ::testing::Test, protected HttpChainOwner {
 protected:
  ~HttpChainTest() override { chain_.Destroy(); }

  // One filter a name; the last is terminal.
  void Make(const std::vector<std::string>& names, size_t buffer_limit = 1000) {
    for (const std::string& name : names) {
      workers_.push_back(std::make_unique<ScriptedFilterWorker>(name, log_));
    }
    limit_ = buffer_limit;
    Build();
  }
  void Build() {
    std::vector<HttpChainEntry> entries;
    for (auto& worker : workers_) entries.push_back({worker.get(), 0});
    chain_.Build(entries, codec_, limit_);
  }
  Script& At(std::string_view name) {
    for (auto& worker : workers_) {
      if (worker->script.name == name) return worker->script;
    }
    ADD_FAILURE() << name;
    return workers_[0]->script;
  }
  HttpFilterHost& Host(std::string_view name) { return *At(name).host; }

  void Data(std::string_view text, bool end = false) {
    ByteChain data;
    data.Append(text);
    chain_.RequestData(data, end);
  }
  // The terminal filter's response.
  void RespondHead(std::string_view name, bool end = false) {
    response_head_.Set(http::HeaderId::kStatus, "200");
    Host(name).SendResponseHead(end);
  }
  void RespondData(std::string_view name, std::string_view text, bool end = false) {
    ByteChain data;
    data.Append(text);
    Host(name).SendResponseData(data, end);
  }
  // What happened since the last call.
  std::string Take() {
    std::string all;
    for (const std::string& word : log_) all += (all.empty() ? "" : " ") + word;
    log_.clear();
    return all;
  }

  // HttpChainOwner
  void OnChainInformational() override { log_.emplace_back("out:info"); }
  void OnChainResponseHead(bool end) override {
    log_.push_back("out:" + std::string(response_head_.Get(http::HeaderId::kStatus).value_or("-")) +
                   (end ? "!" : ""));
  }
  void OnChainResponseData(ByteChain& data, bool end) override {
    log_.push_back("out(" + data.ToString() + (end ? ")!" : ")"));
    data.Clear();
  }
  void OnChainResponseTrailers() override { log_.emplace_back("out:trailers"); }
  void OnChainRequestDone() override { log_.emplace_back("request-done"); }
  void OnChainReset(http::ResetReason reason, std::string_view details) override {
    log_.push_back("reset(" + std::string(details) + ")");
    reset_reason_ = reason;
  }
  void MakeLocalReply(const LocalReply& reply, ByteChain& body) override {
    response_head_.Clear();
    response_head_.Set(http::HeaderId::kStatus, std::to_string(reply.status));
    body.Append(reply.body);
    if (reply.edit != nullptr) reply.edit(response_head_, reply.edit_context);
  }
  void OnChainBodyTooLarge(Direction direction) override {
    log_.emplace_back(direction == Direction::kRequest ? "request-too-large"
                                                       : "response-too-large");
  }
  void OnChainRequestHigh() override { log_.emplace_back("high"); }
  void OnChainRequestLow() override { log_.emplace_back("low"); }
  void OnChainRecreate() override { log_.emplace_back("recreate"); }
  const route::RouteEntry* ChainRoute() override { return nullptr; }
  void ChainClearRoute() override {}
  const void* ChainRouteConfig(uint32_t /*config_index*/) override { return nullptr; }
  void ChainPin(Slice /*slice*/) override {}
  void ChainBecomeTunnel() override {}

  Arena arena_;
  http::HeaderMap request_head_{arena_};
  http::HeaderMap request_trailers_{arena_};
  http::HeaderMap informational_head_{arena_};
  http::HeaderMap response_head_{arena_};
  http::HeaderMap response_trailers_{arena_};
  stream::StreamInfo info_;
  Log log_;
  FakeCodecStream codec_;
  std::vector<std::unique_ptr<ScriptedFilterWorker>> workers_;
  size_t limit_ = 0;
  http::ResetReason reset_reason_ = http::ResetReason::kOverload;
  HttpChain chain_{*this,
                   {request_head_, request_trailers_, informational_head_, response_head_,
                    response_trailers_, info_, arena_, nullptr, nullptr}};
};

}  // namespace sluice::filter
