#include "sluice/config/token_bucket.h"

#include "sluice/config/schema.h"

namespace sluice::config {

const Message& TokenBucketConfig::Schema() {
  using C = TokenBucketConfig;
  static const auto message = Message::Of<C>(
      "envoy.type.v3.TokenBucket", "A bucket that fills at a steady rate up to its capacity.",
      {
          Field("max_tokens", &C::max_tokens, "Capacity; also what it starts with.")
              .Required()
              .Min(1),
          Field("tokens_per_fill", &C::tokens_per_fill, "Tokens added each fill_interval.").Min(1),
          Field("fill_interval", &C::fill_interval, "Time in which tokens_per_fill are added.")
              .Required()
              .Min(std::chrono::milliseconds(50)),
      });
  return message;
}

}  // namespace sluice::config
