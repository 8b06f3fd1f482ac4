#include "service.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/protobuf.h"
#include "sluice/base/protobuf_value.h"
#include "sluice/filter/proto_fields.h"
#include "sluice/http/chars.h"
#include "sluice/http/utf8.h"

namespace sluice::filters::ratelimit {
namespace {

constexpr size_t kMaxStatuses = 1000;
constexpr size_t kMaxLimitName = 256;

// RateLimitResponse.RateLimit.Unit
constexpr uint64_t kUnitSeconds[] = {
    0, 1, 60, 3600, 24 * 3600, 30 * 24 * 3600, uint64_t{365} * 24 * 3600, 7 * 24 * 3600};

void WriteDescriptor(ProtoWriter& out, const route::Descriptor& descriptor, Arena& arena) {
  for (const route::DescriptorEntry& entry : descriptor.entries) {
    out.Message(1, [&] {
      out.Text(1, http::SanitizeUtf8(entry.key, arena));
      out.Text(2, http::SanitizeUtf8(entry.value, arena));
    });
  }
  if (const auto& limit = descriptor.limit) {
    out.Message(2, [&] {
      out.Number(1, limit->requests_per_unit);
      out.Number(2, static_cast<uint64_t>(limit->unit));
    });
  }
  if (descriptor.hits) {
    out.Message(3, [&] { out.Number(1, *descriptor.hits); });  // UInt64Value
  }
}

uint32_t Clamp(uint64_t number) {
  return static_cast<uint32_t>(std::min<uint64_t>(number, UINT32_MAX));
}

// It stands in quotes in a field.
bool IsPlainName(std::string_view name) {
  return name.size() <= kMaxLimitName && std::ranges::all_of(name, [](char c) {
           return c >= ' ' && c <= '~' && c != '"' && c != '\\';
         });
}

bool ReadLimit(std::string_view bytes, CurrentLimit& out) {
  ProtoReader in(bytes);
  while (in.Next()) {
    if (in.IsNumber(1)) out.requests_per_unit = Clamp(in.number());
    if (in.IsNumber(2)) {
      out.window_s = in.number() < std::size(kUnitSeconds) ? kUnitSeconds[in.number()] : 0;
    }
    if (in.IsText(3) && IsPlainName(in.text())) out.name = in.text();
  }
  return in.ok();
}

bool ReadSeconds(std::string_view bytes, uint64_t& out) {  // google.protobuf.Duration
  ProtoReader in(bytes);
  out = 0;
  while (in.Next()) {
    // Below zero it is none.
    if (in.IsNumber(1)) out = in.number() <= INT64_MAX ? in.number() : 0;
  }
  return in.ok();
}

bool ReadStatus(std::string_view bytes, LimitStatus& out) {
  ProtoReader in(bytes);
  bool ok = true;
  while (ok && in.Next()) {
    if (in.IsText(2)) ok = ReadLimit(in.text(), out.limit.emplace());
    if (in.IsNumber(3)) out.remaining = Clamp(in.number());
    if (in.IsText(4)) ok = ReadSeconds(in.text(), out.reset_s);
  }
  return ok && in.ok();
}

bool ReadField(std::string_view bytes, std::vector<http::FieldEdit>& out) {
  http::FieldEdit& edit = out.emplace_back();
  edit.action = http::FieldAction::kAdd;
  return filter::ReadHeaderValue(bytes, edit);
}

// A request keeps its pseudo-headers, and a response its status.
bool AreFields(const std::vector<http::FieldEdit>& edits, size_t& bytes) {
  return http::AreSound(edits, false, bytes) &&
         std::ranges::none_of(edits, [](const http::FieldEdit& edit) {
           return edit.name.starts_with(':') || edit.name == "host";
         });
}

bool IsSound(const Answer& answer) {
  size_t bytes = 0;
  return answer.request.size() + answer.response.size() <= http::kMaxEdits &&
         AreFields(answer.request, bytes) && AreFields(answer.response, bytes);
}

}  // namespace

std::string MakeQuestion(std::string_view domain, std::span<const route::Descriptor> descriptors,
                         Arena& arena) {
  std::string message;
  ProtoWriter out(message);
  out.Text(1, domain);
  for (const route::Descriptor& descriptor : descriptors) {
    out.Message(2, [&] { WriteDescriptor(out, descriptor, arena); });
  }
  return message;
}

std::optional<Answer> ReadAnswer(std::string_view message) {
  ProtoReader in(message);
  Answer answer;
  bool ok = true;
  while (ok && in.Next()) {
    if (in.IsNumber(1)) answer.over_limit = in.number() == 2;
    if (in.IsText(2)) {
      ok = answer.statuses.size() < kMaxStatuses &&
           ReadStatus(in.text(), answer.statuses.emplace_back());
    }
    if (in.IsText(3)) ok = ReadField(in.text(), answer.response);
    if (in.IsText(4)) ok = ReadField(in.text(), answer.request);
    if (in.IsText(5)) answer.body = in.text();
    if (in.IsText(6)) ok = ReadStruct(in.text(), answer.metadata);
  }
  return ok && in.ok() && IsSound(answer) ? std::optional(std::move(answer)) : std::nullopt;
}

std::vector<http::FieldEdit> MakeLimitHeaders(const std::vector<LimitStatus>& statuses) {
  const LimitStatus* nearest = nullptr;
  std::string policy;
  for (const LimitStatus& status : statuses) {
    if (!status.limit) continue;
    if (nearest == nullptr || status.remaining < nearest->remaining) nearest = &status;
    const CurrentLimit& limit = *status.limit;
    if (limit.window_s == 0 || policy.size() > 4096) continue;
    policy += fmt::format(", {};w={}", limit.requests_per_unit, limit.window_s);
    if (!limit.name.empty()) policy += fmt::format(";name=\"{}\"", limit.name);
  }
  if (nearest == nullptr) return {};
  using enum http::FieldAction;
  return {{"x-ratelimit-limit", std::to_string(nearest->limit->requests_per_unit) + policy, kAdd},
          {"x-ratelimit-remaining", std::to_string(nearest->remaining), kAdd},
          {"x-ratelimit-reset", std::to_string(nearest->reset_s), kAdd}};
}

}  // namespace sluice::filters::ratelimit
