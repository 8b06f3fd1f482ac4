// Memory for nghttp2: free lists by size, one set a thread, because a session makes and drops the
// same few small objects for every request and never leaves its thread.
#pragma once

#include <nghttp2/nghttp2.h>

namespace sluice::http2 {

// The calling thread's; what is taken from it must be given back on the same thread.
nghttp2_mem* ThreadMemory();

}  // namespace sluice::http2
