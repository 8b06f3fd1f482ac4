// envoy.filters.http.grpc_web: lets browsers call gRPC services. Their requests, which cannot have
// trailers, become gRPC; the trailers of the responses become the last frame of the body. Per
// stream; one worker.
#pragma once

#include <cstdint>

#include "sluice/config/types.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filters::grpc_web {

struct GrpcWebConfig {
  static const config::Message& Schema();
};

class GrpcWebFilter final : public filter::HttpFilter {
 public:
  // filter::HttpFilter
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnRequestData(ByteChain& data, bool end) override;
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseData(ByteChain& data, bool end) override;
  filter::FilterStatus OnResponseTrailers(http::HeaderMap& trailers) override;

 private:
  enum class Form : uint8_t { kNone, kBinary, kText };
  static Form FormOf(std::string_view content_type);

  void Refuse();
  // What the upstream says is not gRPC: its status and words become gRPC's.
  void Translate(http::HeaderMap& head);

  Form request_ = Form::kNone;  // kNone: not for us
  Form response_ = Form::kNone;
  ByteChain text_;  // less than a group of base64
};

}  // namespace sluice::filters::grpc_web
