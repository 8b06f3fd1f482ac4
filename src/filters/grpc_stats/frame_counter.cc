#include "frame_counter.h"

#include <algorithm>
#include <string_view>

#include "sluice/http/grpc.h"

namespace sluice::filters::grpc_stats {

void FrameCounter::Count(const ByteChain& data) {
  for (size_t i = 0; i < data.slice_count(); ++i) {
    std::string_view bytes = data.slice(i).view();
    while (!bytes.empty()) {
      if (prefix_have_ == http::kGrpcPrefixBytes) {
        const size_t now = std::min<size_t>(length_, bytes.size());
        bytes.remove_prefix(now);
        length_ -= static_cast<uint32_t>(now);
        if (length_ == 0) prefix_have_ = 0;
        continue;
      }
      if (prefix_have_ != 0) {  // behind the flags: the length, most significant byte first
        length_ = (length_ << 8) | static_cast<unsigned char>(bytes.front());
      }
      bytes.remove_prefix(1);
      if (++prefix_have_ < http::kGrpcPrefixBytes) continue;
      ++messages_;
      if (length_ == 0) prefix_have_ = 0;
    }
  }
}

}  // namespace sluice::filters::grpc_stats
