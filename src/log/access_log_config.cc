#include "sluice/log/access_log_config.h"

#include "sluice/config/categories.h"
#include "sluice/config/schema.h"

namespace sluice::access_log {

using config::Field;
using config::Message;
using config::Unimplemented;

const Message& AccessLogConfig::Schema() {
  using C = AccessLogConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.accesslog.v3.AccessLog", "Where and how accesses are logged.",
      {Field("name", &C::name, "A name; a well-known one stands for its logger."),
       Unimplemented("filter", "every access is logged"),
       Field("typed_config", &C::typed_config, "The logger.").Category(config::kAccessLoggers)});
  return message;
}

}  // namespace sluice::access_log
