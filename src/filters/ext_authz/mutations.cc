#include "mutations.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "sluice/http/authority.h"
#include "sluice/http/chars.h"
#include "sluice/http/target.h"

namespace sluice::filters::ext_authz {

using http::HeaderId;

namespace {

// Of one answer, all of its edits together.
constexpr size_t kMaxEdits = 1000;
constexpr size_t kMaxEditBytes = size_t{128} * 1024;
constexpr size_t kMaxNameBytes = 1024;

constexpr std::array<std::string_view, 10> kFraming = {
    "connection",        "content-length",   "expect", "http2-settings",
    "keep-alive",        "proxy-connection", "te",     "trailer",
    "transfer-encoding", "upgrade"};

bool IsQueryText(std::string_view text, bool key) {
  return std::ranges::all_of(text, [&](char c) {
    return http::Is(http::kTargetChar, c) && c != '&' && c != '#' && !(key && c == '=');
  });
}

// What a request cannot be without may be changed, but not into something that is none.
bool IsSoundPseudo(std::string_view name, std::string_view value) {
  if (name == ":path") return value.starts_with('/') && http::AllAre(http::kTargetChar, value);
  if (name == ":authority" || name == "host") {
    return !value.empty() && http::IsValidAuthority(value);
  }
  if (name == ":method") return http::IsToken(value) && value != "CONNECT";
  if (name == ":scheme") return value == "http" || value == "https";
  return false;
}

bool IsSoundField(const FieldEdit& edit, bool of_request) {
  if (IsFraming(edit.name)) return true;
  if (edit.name.size() > kMaxNameBytes || !http::IsFieldValue(edit.value)) return false;
  if (edit.value != http::TrimOws(edit.value)) return false;
  if (of_request && edit.name == "host") return IsSoundPseudo(edit.name, edit.value);
  if (!edit.name.starts_with(':')) return http::IsLowerToken(edit.name);
  return of_request ? IsSoundPseudo(edit.name, edit.value) : edit.name == ":status";
}

bool AreSound(const std::vector<FieldEdit>& edits, bool of_request, size_t& bytes) {
  return std::ranges::all_of(edits, [&](const FieldEdit& edit) {
    bytes += edit.name.size() + edit.value.size();
    return bytes <= kMaxEditBytes && IsSoundField(edit, of_request);
  });
}

bool IsPassedOver(const FieldEdit& edit, bool of_request) {
  return IsFraming(edit.name) || (!of_request && edit.name == ":status");
}

void Join(http::HeaderMap& head, const FieldEdit& edit) {
  const auto old = head.GetJoined(edit.name);
  if (!old) return head.Add(edit.name, edit.value);
  std::string joined(*old);
  head.Set(edit.name, joined.append(",").append(edit.value));
}

void Apply(const FieldEdit& edit, http::HeaderMap& head) {
  // There is one of each of these.
  const bool single = edit.name.starts_with(':');
  const bool present = head.Get(edit.name).has_value();
  switch (edit.action) {
    case FieldAction::kAdd:
      if (!single) return head.Add(edit.name, edit.value);
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
  head.Set(edit.name, edit.value);
}

bool IsRemovable(std::string_view name) {
  return !name.starts_with(':') && name != "host" && !IsFraming(name);
}

std::string_view KeyOf(std::string_view parameter) {
  return parameter.substr(0, parameter.find('='));
}

}  // namespace

bool IsFraming(std::string_view lower_name) {
  return std::ranges::find(kFraming, lower_name) != kFraming.end();
}

bool IsSound(const Verdict& verdict) {
  const size_t count = verdict.request.size() + verdict.response.size() + verdict.query_set.size() +
                       verdict.query_remove.size() + verdict.request_remove.size();
  size_t bytes = 0;
  if (count > kMaxEdits || !AreSound(verdict.request, true, bytes) ||
      !AreSound(verdict.response, false, bytes)) {
    return false;
  }
  for (const auto& [key, value] : verdict.query_set) {
    bytes += key.size() + value.size();
    if (key.empty() || !IsQueryText(key, true) || !IsQueryText(value, false)) return false;
  }
  return bytes <= kMaxEditBytes;
}

bool ChangesRequest(const Verdict& verdict) {
  return !verdict.request.empty() || !verdict.request_remove.empty() ||
         !verdict.query_set.empty() || !verdict.query_remove.empty();
}

void ChangeRequest(const Verdict& verdict, http::HeaderMap& head) {
  for (const FieldEdit& edit : verdict.request) {
    if (IsPassedOver(edit, true)) continue;
    if (edit.name == "host") {
      head.Set(HeaderId::kAuthority, edit.value);
    } else {
      Apply(edit, head);
    }
  }
  for (const std::string& name : verdict.request_remove) {
    if (IsRemovable(name)) head.Remove(name);
  }
  if (verdict.query_set.empty() && verdict.query_remove.empty()) return;
  const auto path = head.Get(HeaderId::kPath);
  if (path) head.Set(HeaderId::kPath, ChangeQuery(*path, verdict));
}

void ChangeResponse(const std::vector<FieldEdit>& edits, http::HeaderMap& head) {
  for (const FieldEdit& edit : edits) {
    if (!IsPassedOver(edit, false)) Apply(edit, head);
  }
}

void FillReply(const std::vector<FieldEdit>& edits, http::HeaderMap& head) {
  for (const FieldEdit& edit : edits) {
    if (edit.action == FieldAction::kSet && !IsPassedOver(edit, false)) head.Remove(edit.name);
  }
  for (const FieldEdit& edit : edits) {
    if (IsPassedOver(edit, false)) continue;
    const bool present = head.Get(edit.name).has_value();
    if (edit.action == FieldAction::kAddIfAbsent && present) continue;
    if (edit.action == FieldAction::kSetIfPresent) {
      if (present) head.Set(edit.name, edit.value);
      continue;
    }
    head.Add(edit.name, edit.value);
  }
}

std::string ChangeQuery(std::string_view path, const Verdict& verdict) {
  const http::PathAndQuery parts = http::SplitPath(path);
  std::string out(parts.path);
  char separator = '?';
  const auto add = [&](std::string_view parameter) {
    out += std::exchange(separator, '&');
    out += parameter;
  };
  const auto named = [&](std::string_view key) {
    return std::ranges::any_of(verdict.query_set,
                               [&](const auto& set) { return set.first == key; });
  };
  const auto removed = [&](std::string_view key) {
    return std::ranges::find(verdict.query_remove, key) != verdict.query_remove.end();
  };
  std::string_view rest = parts.query;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view parameter = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::string_view key = KeyOf(parameter);
    if (!parameter.empty() && !named(key) && !removed(key)) add(parameter);
  }
  for (size_t i = 0; i < verdict.query_set.size(); ++i) {
    const auto& [key, value] = verdict.query_set[i];
    // Of several with one name the last holds; removing comes last of all.
    const bool again =
        std::any_of(verdict.query_set.begin() + static_cast<ptrdiff_t>(i) + 1,
                    verdict.query_set.end(), [&](const auto& later) { return later.first == key; });
    if (!again && !removed(key)) add(key + "=" + value);
  }
  return out;
}

}  // namespace sluice::filters::ext_authz
