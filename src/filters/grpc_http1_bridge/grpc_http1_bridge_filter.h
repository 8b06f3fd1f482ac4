// envoy.filters.http.grpc_http1_bridge: lets HTTP/1.1 clients call gRPC services. The response is
// held until its trailers have come, because such clients cannot read them: the gRPC status goes
// into the head. Per stream; one worker.
#pragma once

#include <cstddef>

#include "sluice/config/types.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filters::grpc_http1_bridge {

struct BridgeConfig {
  bool upgrade_protobuf_to_grpc = false;
  bool ignore_query_parameters = false;
  static const config::Message& Schema();
};

class BridgeFilter final : public filter::HttpFilter {
 public:
  explicit BridgeFilter(const BridgeConfig& config) : config_(config) {}

  // filter::HttpFilter
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnRequestData(ByteChain& data, bool end) override;
  filter::FilterStatus OnRequestTrailers(http::HeaderMap& trailers) override;
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseData(ByteChain& data, bool end) override;
  filter::FilterStatus OnResponseTrailers(http::HeaderMap& trailers) override;

 private:
  enum class Mode : uint8_t { kOff, kBridge, kUpgrade };

  void Conclude(const http::HeaderMap& status);

  const BridgeConfig& config_;
  Mode mode_ = Mode::kOff;
  size_t to_strip_ = 0;  // bytes of the response's frame that are still to be taken off
};

}  // namespace sluice::filters::grpc_http1_bridge
