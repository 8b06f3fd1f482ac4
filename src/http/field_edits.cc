#include "sluice/http/field_edits.h"

#include <algorithm>
#include <array>

#include "sluice/http/authority.h"
#include "sluice/http/chars.h"

namespace sluice::http {
namespace {

constexpr size_t kMaxNameBytes = 1024;

constexpr std::array<std::string_view, 10> kFraming = {
    "connection",        "content-length",   "expect", "http2-settings",
    "keep-alive",        "proxy-connection", "te",     "trailer",
    "transfer-encoding", "upgrade"};

// What a request cannot be without may be changed, but not into something that is none.
bool IsSoundPseudo(std::string_view name, std::string_view value) {
  if (name == ":path") return value.starts_with('/') && AllAre(kTargetChar, value);
  if (name == ":authority" || name == "host") return !value.empty() && IsValidAuthority(value);
  if (name == ":method") return IsToken(value) && value != "CONNECT";
  if (name == ":scheme") return value == "http" || value == "https";
  return false;
}

void Join(HeaderMap& head, const FieldEdit& edit) {
  const auto old = head.GetJoined(edit.name);
  if (!old) return head.Add(edit.name, edit.value);
  std::string joined(*old);
  head.Set(edit.name, joined.append(",").append(edit.value));
}

}  // namespace

bool IsFraming(std::string_view lower_name) {
  return std::ranges::find(kFraming, lower_name) != kFraming.end();
}

bool IsSound(const FieldEdit& edit, bool of_request) {
  if (IsFraming(edit.name)) return true;
  if (edit.name.size() > kMaxNameBytes || !IsFieldValue(edit.value)) return false;
  if (edit.value != TrimOws(edit.value)) return false;
  if (of_request && edit.name == "host") return IsSoundPseudo(edit.name, edit.value);
  if (!edit.name.starts_with(':')) return IsLowerToken(edit.name);
  return of_request ? IsSoundPseudo(edit.name, edit.value) : edit.name == ":status";
}

bool AreSound(const std::vector<FieldEdit>& edits, bool of_request, size_t& bytes) {
  return std::ranges::all_of(edits, [&](const FieldEdit& edit) {
    bytes += edit.name.size() + edit.value.size();
    return bytes <= kMaxEditBytes && IsSound(edit, of_request);
  });
}

bool IsPassedOver(const FieldEdit& edit, bool of_request) {
  return IsFraming(edit.name) || (!of_request && edit.name == ":status");
}

void Apply(const FieldEdit& edit, bool of_request, HeaderMap& head) {
  const bool is_host = of_request && edit.name == "host";
  const std::string_view name = is_host ? std::string_view(":authority") : edit.name;
  const bool single = name.starts_with(':');
  const bool present = head.Get(name).has_value();
  switch (edit.action) {
    case FieldAction::kAdd:
      if (!single) return head.Add(name, edit.value);
      break;
    case FieldAction::kJoin:
      if (!single) return Join(head, edit);
      break;
    case FieldAction::kAddIfAbsent:
      if (present) return;
      break;
    case FieldAction::kSetIfPresent:
      if (!present) return;
      break;
    case FieldAction::kSet: break;
  }
  head.Set(name, edit.value);
}

}  // namespace sluice::http
