#include "tls_stats.h"

namespace sluice::tls {

void NamedCounters::Count(uintptr_t key, std::string_view name) {
  for (auto& [known, counter] : counters_) {
    if (known == key) return counter.Inc();
  }
  counters_.emplace_back(key, scope_.MakeCounter(name)).second.Inc();
}

}  // namespace sluice::tls
