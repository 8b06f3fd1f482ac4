// CHECK is for our own broken invariants and always on; DCHECK for the dear ones, debug builds
// only. Never use either on what a peer sent: that is an Error and a counter.
#pragma once

namespace sluice {

[[noreturn]] void CheckFailed(const char* expression, const char* file, int line);

}  // namespace sluice

#define SLUICE_CHECK(expression)                      \
  (__builtin_expect(static_cast<bool>(expression), 1) \
       ? static_cast<void>(0)                         \
       : ::sluice::CheckFailed(#expression, __FILE__, __LINE__))

#ifdef NDEBUG
#define SLUICE_DCHECK(expression) static_cast<void>(sizeof(static_cast<bool>(expression)))
#else
#define SLUICE_DCHECK(expression) SLUICE_CHECK(expression)
#endif
