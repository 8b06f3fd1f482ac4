// envoy.type.v3.TokenBucket as a struct; the bucket that runs is base/token_bucket.h.
#pragma once

#include <cstdint>

#include "sluice/base/clock.h"

namespace sluice::config {

class Message;

struct TokenBucketConfig {
  uint32_t max_tokens = 0;
  uint32_t tokens_per_fill = 1;
  Duration fill_interval{};
  static const Message& Schema();
};

}  // namespace sluice::config
