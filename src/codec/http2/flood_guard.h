// Counts frames that cost the peer nothing and us something, and says when it is enough (the limits
// of http2_protocol_options). One per session.
//
// Frames that wait for the socket are known by where they end in the stream of output bytes: what
// has left Output() has been written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sluice/codec/http2/counters.h"
#include "sluice/codec/http2/options.h"

namespace sluice::http2 {

class FloodGuard {
 public:
  FloodGuard(const CommonOptions& options, Counters& counters)
      : options_(options), counters_(counters) {}

  // Each answers with a detail when the limit has been passed, else nothing.
  std::string_view OnInboundFrame(uint8_t type, bool empty, bool ends_stream);
  std::string_view OnInboundPayload(bool empty, bool ends_stream);
  // After frames were put into the output, which now holds `unsent` bytes.
  std::string_view OnOutput(size_t unsent);

  void NoteBytes(size_t bytes) { appended_ += bytes; }
  void NoteFrame(bool control) {
    ++new_frames_;
    if (control) ++new_control_;
  }
  void NoteDataSent() { ++data_frames_; }
  void NoteStream() { ++streams_; }

 private:
  struct Batch {
    uint64_t end = 0;
    uint32_t frames = 0;
    uint32_t control = 0;
  };
  std::string_view OnPriority();
  std::string_view OnWindowUpdate();
  void Prune(uint64_t written);

  const CommonOptions& options_;
  Counters& counters_;
  std::vector<Batch> batches_;  // unsent; empty and without memory on an idle connection
  uint64_t appended_ = 0;
  uint64_t streams_ = 0;
  uint64_t data_frames_ = 0;
  uint64_t priorities_ = 0;
  uint64_t window_updates_ = 0;
  uint32_t frames_ = 0;  // unsent, in batches_
  uint32_t control_ = 0;
  uint32_t new_frames_ = 0;  // since the last OnOutput
  uint32_t new_control_ = 0;
  uint32_t empties_ = 0;  // in a row
};

}  // namespace sluice::http2
