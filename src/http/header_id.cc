#include "sluice/http/header_id.h"

#include <array>
#include <cstring>

namespace sluice::http {
namespace {

constexpr size_t kIdCount = static_cast<size_t>(HeaderId::kCount);

// In the order of HeaderId.
constexpr std::array<std::string_view, kIdCount> kNames = {
    "",
    ":method",
    ":scheme",
    ":authority",
    ":path",
    ":protocol",
    ":status",
    "accept",
    "accept-encoding",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "access-control-request-headers",
    "access-control-request-method",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "etag",
    "expect",
    "forwarded",
    "grpc-accept-encoding",
    "grpc-message",
    "grpc-status",
    "grpc-timeout",
    "host",
    "http2-settings",
    "keep-alive",
    "location",
    "origin",
    "proxy-connection",
    "referer",
    "retry-after",
    "server",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "x-envoy-attempt-count",
    "x-envoy-decorator-operation",
    "x-envoy-degraded",
    "x-envoy-downstream-service-cluster",
    "x-envoy-downstream-service-node",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-external-address",
    "x-envoy-force-trace",
    "x-envoy-hedge-on-per-try-timeout",
    "x-envoy-immediate-health-check-fail",
    "x-envoy-internal",
    "x-envoy-ip-tags",
    "x-envoy-is-timeout-retry",
    "x-envoy-max-retries",
    "x-envoy-original-host",
    "x-envoy-original-path",
    "x-envoy-overloaded",
    "x-envoy-ratelimited",
    "x-envoy-retriable-header-names",
    "x-envoy-retriable-status-codes",
    "x-envoy-retry-grpc-on",
    "x-envoy-retry-on",
    "x-envoy-upstream-alt-stat-name",
    "x-envoy-upstream-canary",
    "x-envoy-upstream-healthchecked-cluster",
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-rq-timeout-alt-response",
    "x-envoy-upstream-rq-timeout-ms",
    "x-envoy-upstream-service-time",
    "x-envoy-upstream-stream-duration-ms",
    "x-forwarded-client-cert",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-request-id",
};

// A perfect hash of length and three sampled bytes. The multiplier was found by trial; should a new
// name collide, the assertion below fails and another one must be tried.
constexpr uint32_t kMultiplier = 0x8740ebd5;
constexpr uint32_t kSlotBits = 9;

constexpr uint32_t SlotOf(const char* name, size_t size) {
  const auto byte = [name](size_t i) {
    return static_cast<uint32_t>(static_cast<uint8_t>(name[i]));
  };
  const uint32_t key = static_cast<uint32_t>(size & 0xff) | byte(size / 2) << 8 |
                       byte(size - 1) << 16 | byte(size * 3 / 4) << 24;
  return (key * kMultiplier) >> (32 - kSlotBits);
}

constexpr size_t kLongestName = [] {
  size_t longest = 0;
  for (std::string_view name : kNames) longest = name.size() > longest ? name.size() : longest;
  return longest;
}();

struct SlotTable {
  std::array<uint8_t, size_t{1} << kSlotBits> ids{};
  bool collides = false;
};

constexpr SlotTable kSlots = [] {
  SlotTable table;
  for (size_t id = 1; id < kIdCount; ++id) {
    uint8_t& slot = table.ids[SlotOf(kNames[id].data(), kNames[id].size())];
    table.collides = table.collides || slot != 0;
    slot = static_cast<uint8_t>(id);
  }
  return table;
}();
static_assert(!kSlots.collides, "two header names share a slot: try another kMultiplier");

// Sizes here are mostly 4 to 40: cheaper inline than a call of memcmp.
inline bool SameBytes(const char* a, const char* b, size_t size) {
  if (size >= 8) {
    uint64_t x;
    uint64_t y;
    for (size_t i = 0; i + 8 <= size; i += 8) {
      std::memcpy(&x, a + i, 8);
      std::memcpy(&y, b + i, 8);
      if (x != y) return false;
    }
    std::memcpy(&x, a + size - 8, 8);
    std::memcpy(&y, b + size - 8, 8);
    return x == y;
  }
  for (size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

}  // namespace

std::string_view HeaderName(HeaderId id) { return kNames[static_cast<size_t>(id)]; }

HeaderId FindHeaderId(std::string_view lower_name) {
  const size_t size = lower_name.size();
  if (size < 2 || size > kLongestName) return HeaderId::kOther;
  const uint8_t id = kSlots.ids[SlotOf(lower_name.data(), size)];
  const std::string_view name = kNames[id];
  if (name.size() != size || !SameBytes(name.data(), lower_name.data(), size)) {
    return HeaderId::kOther;
  }
  return static_cast<HeaderId>(id);
}

}  // namespace sluice::http
