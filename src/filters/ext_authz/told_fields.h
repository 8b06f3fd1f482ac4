// The fields of a request that a service is told of, in order: joined by name and made UTF-8,
// unless the plan wants them raw.
#pragma once

#include "check_request.h"

namespace sluice::filters::ext_authz {

inline constexpr std::string_view kPartialBodyField = "x-envoy-auth-partial-body";

inline bool SameName(const http::HeaderEntry& a, const http::HeaderEntry& b) {
  return a.id == b.id && (a.id != http::HeaderId::kOther || a.Name() == b.Name());
}

template <typename F>
void ForEachToldField(const Plan& plan, const CheckInput& in, F&& each) {
  const auto entries = in.head.entries();
  for (size_t i = 0; i < entries.size(); ++i) {
    const http::HeaderEntry& entry = entries[i];
    if (!plan.Tells(entry.Name())) continue;
    if (plan.raw_fields) {
      each(entry.Name(), entry.Value());
      continue;
    }
    bool first = true;
    for (size_t j = 0; first && j < i; ++j) first = !SameName(entries[j], entry);
    if (first) {
      each(entry.Name(),
           http::SanitizeUtf8(in.head.GetJoined(entry.Name()).value_or(""), in.arena));
    }
  }
  if (in.body != nullptr) each(kPartialBodyField, in.body->partial ? "true" : "false");
}

}  // namespace sluice::filters::ext_authz
