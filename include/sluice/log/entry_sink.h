// An access logger that is no file. Shared by all workers, kept by the logs that name it; told of
// each entry that its filter lets pass, on the thread whose entry it is.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "sluice/config/extension.h"
#include "sluice/log/format_context.h"

namespace sluice::log {

class EntrySink {
 public:
  virtual ~EntrySink() = default;
  virtual void Write(const FormatContext& context, uint32_t slot) const = 0;
};

// Makes the sink of a typed_config that is no logger of this folder's. Null: it has said why.
using SinkMaker =
    std::function<std::unique_ptr<const EntrySink>(const config::TypedConfig& config)>;

}  // namespace sluice::log
