#include "sluice/tracing/sampling.h"

#include "hex.h"
#include "sluice/base/random.h"
#include "sluice/http/uuid.h"

namespace sluice::tracing {
namespace {

using http::HeaderId;

constexpr size_t kReasonAt = 14;
constexpr size_t kSampleDigits = 8;
constexpr uint64_t kSamples = 10'000;

char DigitOf(Reason reason) {
  switch (reason) {
    case Reason::kSampling: return '9';
    case Reason::kServiceForced: return 'a';
    case Reason::kClientForced: return 'b';
    case Reason::kNotTraceable: break;
  }
  return '4';
}

bool Share(std::string_view key, const match::Fraction& fraction, uint64_t random,
           const match::RuntimeSnapshot* runtime) {
  if (runtime != nullptr) {
    if (const auto now = runtime->FindFraction(key)) return now->Includes(random);
  }
  return fraction.Includes(random);
}

}  // namespace

Reason ReasonOf(const http::HeaderMap& head) {
  const std::string_view id = head.Get(HeaderId::kXRequestId).value_or("");
  if (id.size() != http::kUuidSize) return Reason::kNotTraceable;
  switch (id[kReasonAt]) {
    case '9': return Reason::kSampling;
    case 'a': return Reason::kServiceForced;
    case 'b': return Reason::kClientForced;
    default: return Reason::kNotTraceable;
  }
}

void PackReason(Reason reason, http::HeaderMap& head) {
  const std::string_view id = head.Get(HeaderId::kXRequestId).value_or("");
  if (id.size() != http::kUuidSize || id[kReasonAt] == DigitOf(reason)) return;
  char packed[http::kUuidSize];
  id.copy(packed, sizeof(packed));
  packed[kReasonAt] = DigitOf(reason);
  head.Set(HeaderId::kXRequestId, std::string_view(packed, sizeof(packed)));
}

std::optional<uint64_t> SampleOf(const http::HeaderMap& head) {
  const std::string_view id = head.Get(HeaderId::kXRequestId).value_or("");
  if (id.size() < kSampleDigits) return std::nullopt;
  return ParseHex(id.substr(0, kSampleDigits));
}

Reason Decide(const route::TraceSampling& sampling, const RequestIdRules& rules,
              const match::RuntimeSnapshot* runtime, http::HeaderMap& head) {
  if (!rules.use_for_sampling) return Reason::kSampling;
  const auto number = SampleOf(head);
  if (!number) return Reason::kNotTraceable;
  const uint64_t sample = *number % kSamples;
  Reason reason = ReasonOf(head);
  bool changed = reason == Reason::kNotTraceable;
  if (changed) {
    if (head.Get("x-client-trace-id") &&
        Share("tracing.client_enabled", sampling.client, FastRandom(), runtime)) {
      reason = Reason::kClientForced;
    } else if (head.Has(HeaderId::kXEnvoyForceTrace)) {
      reason = Reason::kServiceForced;
    } else if (Share("tracing.random_sampling", sampling.random, sample, runtime)) {
      reason = Reason::kSampling;
    }
    changed = reason != Reason::kNotTraceable;
  }
  if (reason != Reason::kNotTraceable &&
      !Share("tracing.global_enabled", sampling.overall, sample, runtime)) {
    reason = Reason::kNotTraceable;
    changed = true;
  }
  if (changed && rules.pack_trace_reason) PackReason(reason, head);
  return reason;
}

}  // namespace sluice::tracing
