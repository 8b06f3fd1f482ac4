#include "sluice/log/log_queue.h"

#include <bit>
#include <cstring>
#include <memory>
#include <random>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sluice/base/check.h"

namespace sluice::log {

WriterSignal::WriterSignal() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  SLUICE_CHECK(fd_ >= 0);
}

WriterSignal::~WriterSignal() { close(fd_); }

void WriterSignal::Wake() {
  if (pending_.exchange(true)) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(fd_, &one, sizeof(one));
}

void WriterSignal::Urge() {
  if (urgent_.exchange(true)) return;
  pending_.store(true);
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(fd_, &one, sizeof(one));
}

bool WriterSignal::Wait(int timeout_ms) {
  pollfd watched{.fd = fd_, .events = POLLIN, .revents = 0};
  if (poll(&watched, 1, timeout_ms) <= 0) return false;
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t read_bytes = read(fd_, &count, sizeof(count));
  return true;
}

LogQueue::LogQueue(size_t capacity, size_t urge_bytes, WriterSignal& signal,
                   const stats::Scope& scope, uint32_t slot)
    : ring_(std::make_unique_for_overwrite<char[]>(std::bit_ceil(capacity))),
      slot_(slot),
      mask_(std::bit_ceil(capacity) - 1),
      urge_bytes_(urge_bytes),
      signal_(signal),
      buffered_(scope.MakeCounter("write_buffered")),
      dropped_(scope.MakeCounter("write_dropped")),
      random_state_(std::random_device{}() | 1U) {}

LogQueue::Header LogQueue::HeaderAt(uint64_t position) const {
  Header header;
  std::memcpy(&header, &ring_[position & mask_], sizeof(header));
  return header;
}

void LogQueue::Put(uint64_t position, const Header& header) {
  std::memcpy(&ring_[position & mask_], &header, sizeof(header));
}

bool LogQueue::MakeRoom(uint64_t head, uint64_t bytes) {
  const uint64_t capacity = mask_ + 1;
  if (head + bytes - seen_tail_ <= capacity) return true;
  seen_tail_ = tail_.load(std::memory_order_acquire);
  return head + bytes - seen_tail_ <= capacity;
}

bool LogQueue::Push(uint32_t file, std::string_view line) {
  uint64_t head = head_.load(std::memory_order_relaxed);
  const uint64_t span = Span(line.size());
  const uint64_t to_end = mask_ + 1 - (head & mask_);
  // A line lies in one piece: one that would run over the end starts again at the beginning.
  const uint64_t padding = span > to_end ? to_end : 0;
  if (span > mask_ + 1 || !MakeRoom(head, span + padding)) {
    dropped_.Inc();
    signal_.Urge();
    return false;
  }
  if (padding != 0) {
    Put(head, {kPadding, static_cast<uint32_t>(padding - sizeof(Header))});
    head += padding;
  }
  Put(head, {file, static_cast<uint32_t>(line.size())});
  std::memcpy(&ring_[(head & mask_) + sizeof(Header)], line.data(), line.size());
  head += span;
  head_.store(head, std::memory_order_release);
  buffered_.Inc();
  const uint64_t waiting = head - seen_tail_;
  if (waiting >= urge_bytes_) {
    // Once per urge_bytes: the writer takes all that is there.
    seen_tail_ = tail_.load(std::memory_order_acquire);
    if (head - seen_tail_ >= urge_bytes_) signal_.Urge();
  }
  signal_.Notify();
  return true;
}

uint64_t LogQueue::Random() {
  // xorshift64*: sampling of log lines needs no more.
  random_state_ ^= random_state_ >> 12;
  random_state_ ^= random_state_ << 25;
  random_state_ ^= random_state_ >> 27;
  return random_state_ * 0x2545F4914F6CDD1DULL;
}

}  // namespace sluice::log
