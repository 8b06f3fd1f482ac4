#include "flood_guard.h"

#include <algorithm>
#include <utility>

#include <nghttp2/nghttp2.h>

#include "sluice/codec/http2/details.h"

namespace sluice::http2 {

std::string_view FloodGuard::OnInboundFrame(uint8_t type, bool empty, bool ends_stream) {
  switch (type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_CONTINUATION: return OnInboundPayload(empty, ends_stream);
    case NGHTTP2_PRIORITY: return OnPriority();
    case NGHTTP2_WINDOW_UPDATE: return OnWindowUpdate();
    default: return {};
  }
}

std::string_view FloodGuard::OnInboundPayload(bool empty, bool ends_stream) {
  if (!empty || ends_stream) {
    empties_ = 0;
    return {};
  }
  if (++empties_ <= options_.max_consecutive_inbound_frames_with_empty_payload) return {};
  counters_.inbound_empty_frames_flood.Inc();
  return details::kEmptyFramesFlood;
}

std::string_view FloodGuard::OnPriority() {
  if (++priorities_ <= options_.max_inbound_priority_frames_per_stream * (1 + streams_)) return {};
  counters_.inbound_priority_frames_flood.Inc();
  return details::kPriorityFlood;
}

std::string_view FloodGuard::OnWindowUpdate() {
  const uint64_t per_frame = options_.max_inbound_window_update_frames_per_data_frame_sent;
  if (++window_updates_ <= 5 + 2 * (streams_ + per_frame * data_frames_)) return {};
  counters_.inbound_window_update_frames_flood.Inc();
  return details::kWindowUpdateFlood;
}

void FloodGuard::Prune(uint64_t written) {
  const auto unsent =
      std::ranges::find_if(batches_, [&](const Batch& b) { return b.end > written; });
  for (auto batch = batches_.begin(); batch != unsent; ++batch) {
    frames_ -= batch->frames;
    control_ -= batch->control;
  }
  batches_.erase(batches_.begin(), unsent);
}

std::string_view FloodGuard::OnOutput(size_t unsent) {
  if (new_frames_ == 0) return {};
  Prune(appended_ - unsent);
  const uint32_t frames = std::exchange(new_frames_, 0);
  const uint32_t control = std::exchange(new_control_, 0);
  frames_ += frames;
  control_ += control;
  if (control_ > options_.max_outbound_control_frames) {
    counters_.outbound_control_flood.Inc();
    return details::kOutboundControlFlood;
  }
  if (frames_ > options_.max_outbound_frames) {
    counters_.outbound_flood.Inc();
    return details::kOutboundFlood;
  }
  batches_.push_back({appended_, frames, control});
  return {};
}

}  // namespace sluice::http2
