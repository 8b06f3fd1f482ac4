// A stream as one HTTP filter sees it, for unit tests of filters: heads and bodies lie open, calls
// are written down. What the filter does not use fails the test when it is called.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/base/check.h"
#include "sluice/filter/http_filter.h"
#include "sluice/stream/stream_info.h"

namespace sluice::test {

class FilterHost final : public filter::HttpFilterHost {
 public:
  // The local reply as the client would see it; nothing: none was sent.
  struct Reply {
    filter::LocalReply reply;
    std::string body;
  };

  // The filter is made by its worker, as in a chain, and destroyed with the host.
  filter::HttpFilter& Adopt(filter::HttpFilter* filter) {
    filter_ = filter;
    filter_->SetHost(*this);
    return *filter_;
  }
  ~FilterHost() override {
    if (filter_ == nullptr) return;
    filter_->OnDestroy();
    filter_->~HttpFilter();
  }

  // filter::HttpFilterHost
  void ContinueRequest() override { calls.emplace_back("continue-request"); }
  void ContinueResponse() override { calls.emplace_back("continue-response"); }
  void TakeRequest() override { calls.emplace_back("take-request"); }
  void TakeResponse() override { calls.emplace_back("take-response"); }
  void AddRequestData(ByteChain& data) override { held_request.Append(data.ToString()); }
  void InjectRequestData(ByteChain& data, bool) override {
    injected_request.Append(std::move(data));
  }
  void AddResponseData(ByteChain& data) override { held_response.Append(data.ToString()); }
  void InjectResponseData(ByteChain& data, bool) override {
    injected_response.Append(std::move(data));
  }
  http::HeaderMap& AddRequestTrailers() override { return request_trailers_; }
  http::HeaderMap& AddResponseTrailers() override { return response_trailers_; }
  ByteChain& held_request_body() override { return held_request; }
  ByteChain& held_response_body() override { return held_response; }
  void SendLocalReply(const filter::LocalReply& reply) override {
    calls.push_back("reply " + std::to_string(reply.status));
    replies.push_back({reply, std::string(reply.body)});
    response_head_.Set(http::HeaderId::kStatus, std::to_string(reply.status));
    if (reply.edit != nullptr) reply.edit(response_head_, reply.edit_context);
    if (filter_ != nullptr) filter_->OnResponseHead(response_head_, reply.body.empty());
  }
  void SendInformational() override { Unexpected("SendInformational"); }
  void SendResponseHead(bool) override { Unexpected("SendResponseHead"); }
  void SendResponseData(ByteChain&, bool) override { Unexpected("SendResponseData"); }
  net::Connection* ResponseSpliceTarget(uint64_t /*length*/) override { return nullptr; }
  void ResponseSpliced(uint64_t /*bytes*/) override {}
  void SendResponseTrailers() override { Unexpected("SendResponseTrailers"); }
  void ResetStream(http::ResetReason, std::string_view details) override {
    calls.push_back("reset " + std::string(details));
  }
  http::HeaderMap& request_head() override { return request_head_; }
  http::HeaderMap& request_trailers() override { return request_trailers_; }
  http::HeaderMap& informational_head() override { return informational_head_; }
  http::HeaderMap& response_head() override { return response_head_; }
  http::HeaderMap& response_trailers() override { return response_trailers_; }
  const route::RouteEntry* route() override { return route_entry; }
  void ClearRouteCache() override { calls.emplace_back("clear-route"); }
  bool RecreateStream() override { return false; }
  const void* route_config() override { return config; }
  stream::StreamInfo& info() override { return info_; }
  Arena& arena() override { return arena_; }
  filter::WorkerContext& worker() override {
    SLUICE_CHECK(worker_context != nullptr);
    return *worker_context;
  }
  net::Connection& downstream() override { Fatal(); }
  http::CodecStream& codec_stream() override { Fatal(); }
  size_t buffer_limit() const override { return limit; }
  void SetBufferLimit(size_t bytes) override { limit = bytes; }
  void RequestHigh() override { calls.emplace_back("high"); }
  void RequestLow() override { calls.emplace_back("low"); }
  void KeepSlab(Slice) override {}
  void BecomeTunnel() override { Unexpected("BecomeTunnel"); }

  filter::HttpFilter& filter() { return *filter_; }

  std::vector<std::string> calls;
  std::vector<Reply> replies;
  ByteChain held_request;
  ByteChain held_response;
  ByteChain injected_request;
  ByteChain injected_response;
  const route::RouteEntry* route_entry = nullptr;
  const void* config = nullptr;
  filter::WorkerContext* worker_context = nullptr;
  size_t limit = 1000;

 private:
  [[noreturn]] static void Fatal() { CheckFailed("not in this fake", __FILE__, __LINE__); }
  static void Unexpected(const char* call) { ADD_FAILURE() << "unexpected call of " << call; }

  Arena arena_;
  http::HeaderMap request_head_{arena_};
  http::HeaderMap request_trailers_{arena_};
  http::HeaderMap informational_head_{arena_};
  http::HeaderMap response_head_{arena_};
  http::HeaderMap response_trailers_{arena_};
  stream::StreamInfo info_;
  filter::HttpFilter* filter_ = nullptr;
};

}  // namespace sluice::test
