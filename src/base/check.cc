#include "sluice/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace sluice {

void CheckFailed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "sluice: check failed: %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace sluice
