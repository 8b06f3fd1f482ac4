// An access logger that comes as an extension, with all that extensions may use. Main, at load.
#pragma once

#include <memory>

#include "sluice/config/extension.h"

namespace sluice::log {
class EntrySink;
}

namespace sluice::filter {

struct LoadContext;

struct AccessLoggerExtension : config::Extension {
  using Extension::Extension;
  // A config that cannot be made adds to ctx.problems and returns null.
  virtual std::unique_ptr<const log::EntrySink> Make(const config::TypedConfig& config,
                                                     LoadContext& ctx) const = 0;
};

}  // namespace sluice::filter
