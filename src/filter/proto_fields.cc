#include "sluice/filter/proto_fields.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sluice/base/protobuf.h"
#include "sluice/http/chars.h"

namespace sluice::filter {

using http::FieldAction;
using http::FieldEdit;

namespace {

bool ReadFlag(std::string_view bytes, bool& out) {  // google.protobuf.BoolValue
  ProtoReader in(bytes);
  out = false;
  while (in.Next()) {
    if (in.IsNumber(1)) out = in.number() != 0;
  }
  return in.ok();
}

}  // namespace

std::string LowerName(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), http::ToLowerAscii);
  return lower;
}

bool ReadHeaderValue(std::string_view bytes, FieldEdit& out) {
  ProtoReader in(bytes);
  std::string_view raw;
  while (in.Next()) {
    if (in.IsText(1)) out.name = LowerName(in.text());
    if (in.IsText(2)) out.value = in.text();
    if (in.IsText(3)) raw = in.text();
  }
  if (out.value.empty()) out.value = raw;
  return in.ok();
}

bool ReadHeaderOption(std::string_view bytes, const OptionRules& rules,
                      std::vector<FieldEdit>& out) {
  ProtoReader in(bytes);
  FieldEdit edit;
  std::optional<bool> append;
  uint64_t action = 0;
  bool ok = true;
  while (ok && in.Next()) {
    if (in.IsText(1)) ok = ReadHeaderValue(in.text(), edit);
    if (in.IsText(2)) ok = ReadFlag(in.text(), append.emplace());
    if (in.IsNumber(3)) action = in.number();
  }
  if (!ok || !in.ok() || edit.name.empty() || action > 3) return false;
  constexpr FieldAction kActions[] = {FieldAction::kAdd, FieldAction::kAddIfAbsent,
                                      FieldAction::kSet, FieldAction::kSetIfPresent};
  edit.action = action == 0 ? rules.unsaid : kActions[action];
  if (append) edit.action = *append ? rules.append : FieldAction::kSet;
  out.push_back(std::move(edit));
  return true;
}

}  // namespace sluice::filter
