#include "mutations.h"

#include <algorithm>
#include <cstddef>

#include "sluice/http/chars.h"
#include "sluice/http/target.h"

namespace sluice::filters::ext_authz {

using http::HeaderId;

namespace {

bool IsQueryText(std::string_view text, bool key) {
  return std::ranges::all_of(text, [&](char c) {
    return http::Is(http::kTargetChar, c) && c != '&' && c != '#' && !(key && c == '=');
  });
}

bool IsRemovable(std::string_view name) {
  return !name.starts_with(':') && name != "host" && !IsFraming(name);
}

std::string_view KeyOf(std::string_view parameter) {
  return parameter.substr(0, parameter.find('='));
}

}  // namespace

bool IsSound(const Verdict& verdict) {
  const size_t count = verdict.request.size() + verdict.response.size() + verdict.query_set.size() +
                       verdict.query_remove.size() + verdict.request_remove.size();
  size_t bytes = 0;
  if (count > http::kMaxEdits || !AreSound(verdict.request, true, bytes) ||
      !AreSound(verdict.response, false, bytes)) {
    return false;
  }
  for (const auto& [key, value] : verdict.query_set) {
    bytes += key.size() + value.size();
    if (key.empty() || !IsQueryText(key, true) || !IsQueryText(value, false)) return false;
  }
  return bytes <= http::kMaxEditBytes;
}

bool ChangesRequest(const Verdict& verdict) {
  return !verdict.request.empty() || !verdict.request_remove.empty() ||
         !verdict.query_set.empty() || !verdict.query_remove.empty();
}

void ChangeRequest(const Verdict& verdict, http::HeaderMap& head) {
  for (const FieldEdit& edit : verdict.request) {
    if (!IsPassedOver(edit, true)) Apply(edit, true, head);
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
    if (!IsPassedOver(edit, false)) Apply(edit, false, head);
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
