// Which sessions keep OpenSSL's record buffers (2 x 17 KB) between uses: those used last. A busy
// connection then allocates nothing for a record, and an idle one among many holds nothing. One
// worker.
#pragma once

#include <cstddef>

#include "resting_ssl.h"
#include "sluice/base/intrusive_list.h"

namespace sluice::tls {

struct RecordBuffers : ListNode<struct RecordBuffersTag> {
  RestingSsl* ssl = nullptr;
};

class WarmBuffers {
 public:
  // The session has just been used.
  void Touch(RecordBuffers& buffers) {
    if (!list_.empty() && &list_.front() == &buffers) return;
    if (buffers.linked()) {
      buffers.Unlink();
    } else {
      ++count_;
    }
    list_.PushFront(buffers);
    if (count_ <= kKept) return;
    Release(list_.back());
  }
  // The session is not used for now.
  void Release(RecordBuffers& buffers) {
    if (!buffers.linked()) return;
    Forget(buffers);
    // It keeps buffers with ciphertext in them by itself; a record read in part lies there too.
    SSL* const ssl = buffers.ssl->get();
    if (SSL_pending(ssl) == 0) SSL_free_buffers(ssl);
  }
  void Forget(RecordBuffers& buffers) {
    if (!buffers.linked()) return;
    buffers.Unlink();
    --count_;
  }

 private:
  static constexpr size_t kKept = 64;

  IntrusiveList<RecordBuffers, RecordBuffersTag> list_;
  size_t count_ = 0;
};

}  // namespace sluice::tls
