// envoy.filters.http.buffer: holds a request until all of it is there, up to a limit; what is
// longer is answered 413. Per stream; one worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sluice/config/types.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filters::buffer {

struct BufferConfig {
  uint32_t max_request_bytes = 0;
  static const config::Message& Schema();
};

// Exactly one of the two is set.
struct BufferPerRouteConfig {
  std::optional<bool> disabled;
  std::optional<BufferConfig> buffer;
  static const config::Message& Schema();
};

class BufferFilter final : public filter::HttpFilter {
 public:
  explicit BufferFilter(const BufferConfig& config) : config_(config) {}

  // filter::HttpFilter
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnRequestData(ByteChain& data, bool end) override;
  filter::FilterStatus OnRequestTrailers(http::HeaderMap& trailers) override;

 private:
  enum class Mode : uint8_t { kOff, kHolding };

  void SetLength();

  const BufferConfig& config_;
  Mode mode_ = Mode::kOff;
  uint64_t body_bytes_ = 0;
};

}  // namespace sluice::filters::buffer
