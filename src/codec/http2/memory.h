// Memory for nghttp2: what a session is made of lies in a few pages that can be put away while it
// is quiet; the small objects of each request come from free lists by size, one set a thread; and
// the buffer for frames is the thread's, because it holds nothing between two calls (memory.cc).
#pragma once

#include <cstddef>
#include <utility>

#include <nghttp2/nghttp2.h>

#include "sluice/base/resting_memory.h"

namespace sluice::http2 {

class BlockPool;

// Owns a session and its memory. One thread.
class SessionHolder {
 public:
  SessionHolder();
  ~SessionHolder() { nghttp2_session_del(get()); }
  SessionHolder(const SessionHolder&) = delete;
  SessionHolder& operator=(const SessionHolder&) = delete;

  // `open(session, memory)` makes the session; once.
  template <typename Open>
  int Make(Open&& open) {
    opening_ = true;
    const int failed = std::forward<Open>(open)(&session_, &mem_);
    opening_ = false;
    return failed;
  }

  // The session, awake.
  nghttp2_session* get() const {
    pages_.Wake();
    return session_;
  }
  void PutAway() { pages_.Rest(); }

 private:
  // nghttp2 1.52 on 64 bits takes 9.2 KiB: the session 2.9, a table of streams 4, two of HPACK 1
  // each. What does not fit comes from the heap.
  static constexpr size_t kBytes = size_t{12} * 1024;

  static void* Malloc(size_t size, void* user) noexcept;
  static void Free(void* memory, void* user) noexcept;
  static void* Calloc(size_t count, size_t size, void* user) noexcept;
  static void* Realloc(void* memory, size_t size, void* user) noexcept;
  void* Take(size_t size);

  BlockPool& pool_;  // the thread's
  nghttp2_mem mem_;
  mutable RestingMemory pages_;
  nghttp2_session* session_ = nullptr;
  size_t used_ = 0;       // of pages_
  bool opening_ = false;  // what is asked for now lasts as long as the session
};

}  // namespace sluice::http2
