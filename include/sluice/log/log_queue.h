// One worker's way to the log writer: a bounded ring of lines, with one producer (the worker) and
// one consumer (the writer's thread). Never blocks: when the ring is full, the line is dropped and
// counted. Owned by AccessLogManager.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/stats/stats.h"

namespace sluice::log {

// Wakes the writer's thread; shared by all queues.
class WriterSignal {
 public:
  WriterSignal();
  ~WriterSignal();
  WriterSignal(const WriterSignal&) = delete;
  WriterSignal& operator=(const WriterSignal&) = delete;

  // Any thread. Costs a system call for the first line after a pause only.
  void Notify() {
    if (!pending_.load(std::memory_order_relaxed)) Wake();
  }
  void Urge();  // do not wait for more lines

  // The writer's thread: waits until notified or the time is over; negative: for ever.
  // True when it was notified.
  bool Wait(int timeout_ms);
  bool TakeUrgent() { return urgent_.exchange(false); }
  // Before the writer looks at what there is to do: whoever comes from now on wakes it again.
  void Rearm() {
    urgent_.store(false);
    pending_.store(false);
  }

 private:
  void Wake();

  int fd_;
  std::atomic<bool> pending_{false};
  std::atomic<bool> urgent_{false};
};

class LogQueue {
 public:
  // The capacity is rounded up to a power of two. Urges the writer when `urge_bytes` are waiting.
  // `slot` is the worker's.
  LogQueue(size_t capacity, size_t urge_bytes, WriterSignal& signal, const stats::Scope& scope,
           uint32_t slot);
  uint32_t slot() const { return slot_; }
  LogQueue(const LogQueue&) = delete;
  LogQueue& operator=(const LogQueue&) = delete;

  // The worker.
  bool Push(uint32_t file, std::string_view line);
  std::string& scratch() { return scratch_; }  // where a line is put together; reused
  uint64_t Random();                           // for sampling

  // The writer. Calls take(file, line) for all that is in the ring.
  template <typename Take>
  void Drain(Take&& take) {
    uint64_t tail = tail_.load(std::memory_order_relaxed);
    const uint64_t head = head_.load(std::memory_order_acquire);
    while (tail != head) {
      const Header header = HeaderAt(tail);
      if (header.file != kPadding) take(header.file, LineAt(tail, header.size));
      tail += Span(header.size);
    }
    tail_.store(tail, std::memory_order_release);
  }

 private:
  struct Header {
    uint32_t file;
    uint32_t size;
  };
  static constexpr uint32_t kPadding = UINT32_MAX;
  static constexpr uint64_t Span(uint64_t size) {
    return (sizeof(Header) + size + 7) & ~uint64_t{7};
  }
  Header HeaderAt(uint64_t position) const;
  std::string_view LineAt(uint64_t position, uint32_t size) const {
    return {&ring_[(position & mask_) + sizeof(Header)], size};
  }
  void Put(uint64_t position, const Header& header);
  bool MakeRoom(uint64_t head, uint64_t bytes);

  std::unique_ptr<char[]> ring_;
  const uint32_t slot_;
  uint64_t mask_;
  uint64_t urge_bytes_;
  WriterSignal& signal_;
  stats::Counter buffered_;
  stats::Counter dropped_;
  std::string scratch_;
  uint64_t random_state_;
  uint64_t seen_tail_ = 0;  // the producer's copy of tail_
  alignas(64) std::atomic<uint64_t> head_{0};
  alignas(64) std::atomic<uint64_t> tail_{0};
};

}  // namespace sluice::log
