#include "sluice/codec/http2/window_budget.h"

namespace sluice::http2 {

WindowBudget& WindowBudget::ForThread() {
  static thread_local WindowBudget budget;
  return budget;
}

}  // namespace sluice::http2
