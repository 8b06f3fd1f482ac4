// An access-log filter, compiled. Immutable, any thread.
#pragma once

#include <cstdint>
#include <memory>

#include "sluice/log/access_log_config.h"
#include "sluice/log/format_context.h"
#include "sluice/log/log_queue.h"

namespace sluice::log {

class EntryFilter {
 public:
  virtual ~EntryFilter() = default;
  // The queue lends its random numbers.
  virtual bool Allows(const FormatContext& context, LogQueue& queue) const = 0;
};

std::unique_ptr<const EntryFilter> CompileFilter(const AccessLogFilterConfig& config);

}  // namespace sluice::log
