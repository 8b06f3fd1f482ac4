// envoy.filters.http.grpc_http1_reverse_bridge: serves gRPC calls from an HTTP/1.1 service that
// knows nothing of gRPC's trailers, and on request nothing of its frames. Per stream; one worker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sluice/config/types.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filters::grpc_http1_reverse_bridge {

struct ReverseBridgeConfig {
  std::string content_type;
  bool withhold_grpc_frames = false;
  std::string response_size_header;
  static const config::Message& Schema();
};

struct ReverseBridgePerRouteConfig {
  bool disabled = false;
  static const config::Message& Schema();
};

class ReverseBridgeFilter final : public filter::HttpFilter {
 public:
  explicit ReverseBridgeFilter(const ReverseBridgeConfig& config) : config_(config) {}

  // filter::HttpFilter
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnRequestData(ByteChain& data, bool end) override;
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseData(ByteChain& data, bool end) override;
  filter::FilterStatus OnResponseTrailers(http::HeaderMap& trailers) override;

 private:
  // kPassing: the response is not to be touched.
  enum class Mode : uint8_t { kOff, kRequest, kResponse, kPassing };

  void Refuse(std::string_view body, std::string_view details);
  bool BeginSized(http::HeaderMap& head);
  void EndWithHead(http::HeaderMap& head);
  void AddStatus();

  const ReverseBridgeConfig& config_;
  Mode mode_ = Mode::kOff;
  std::string_view client_type_;
  size_t to_strip_ = 0;               // bytes of the request's frame
  std::optional<uint64_t> promised_;  // bytes that response_size_header says are still to come
  uint32_t grpc_status_ = 0;
  bool prefix_due_ = false;
};

}  // namespace sluice::filters::grpc_http1_reverse_bridge
