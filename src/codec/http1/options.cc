#include "sluice/codec/http1/options.h"

namespace sluice::http1 {

Counters MakeCounters(const stats::Scope& scope) {
  const stats::Scope http1 = scope.Sub("http1");
  return {.dropped_headers_with_underscores = http1.MakeCounter("dropped_headers_with_underscores"),
          .metadata_not_supported_error = http1.MakeCounter("metadata_not_supported_error"),
          .requests_rejected_with_underscores_in_headers =
              http1.MakeCounter("requests_rejected_with_underscores_in_headers"),
          .response_flood = http1.MakeCounter("response_flood")};
}

}  // namespace sluice::http1
