#include "check_response.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sluice/base/protobuf.h"
#include "sluice/http/chars.h"

namespace sluice::filters::ext_authz {
namespace {

constexpr int kMaxDepth = 32;          // of metadata
constexpr size_t kMaxValues = 10'000;  // in it

// Where a list of HeaderValueOption stands says what an option without an action means.
enum class Unsaid : uint8_t { kSet, kAdd };

std::string Lower(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), http::ToLowerAscii);
  return lower;
}

bool ReadHeaderValue(std::string_view bytes, FieldEdit& out) {
  ProtoReader in(bytes);
  std::string_view raw;
  while (in.Next()) {
    if (in.IsText(1)) out.name = Lower(in.text());
    if (in.IsText(2)) out.value = in.text();
    if (in.IsText(3)) raw = in.text();
  }
  if (out.value.empty()) out.value = raw;
  return in.ok();
}

bool ReadFlag(std::string_view bytes, bool& out) {  // google.protobuf.BoolValue
  ProtoReader in(bytes);
  out = false;
  while (in.Next()) {
    if (in.IsNumber(1)) out = in.number() != 0;
  }
  return in.ok();
}

bool ReadHeaderOption(std::string_view bytes, Unsaid unsaid, std::vector<FieldEdit>& out) {
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
  edit.action = kActions[action];
  if (action == 0 && unsaid == Unsaid::kSet) edit.action = FieldAction::kSet;
  if (append) edit.action = *append ? FieldAction::kJoin : FieldAction::kSet;
  out.push_back(std::move(edit));
  return true;
}

// --- google.protobuf.Struct

class StructReader {
 public:
  bool ReadStruct(std::string_view bytes, ValueStruct& out, int depth = 0) {
    ProtoReader in(bytes);
    bool ok = depth < kMaxDepth;
    while (ok && in.Next()) {
      if (in.IsText(1)) ok = ReadMember(in.text(), out, depth);
    }
    return ok && in.ok();
  }

 private:
  bool ReadMember(std::string_view bytes, ValueStruct& out, int depth) {
    ProtoReader in(bytes);
    std::string key;
    Value value;
    bool ok = ++values_ <= kMaxValues;
    while (ok && in.Next()) {
      if (in.IsText(1)) key = in.text();
      if (in.IsText(2)) ok = ReadValue(in.text(), value, depth + 1);
    }
    if (ok && in.ok()) out.insert_or_assign(std::move(key), std::move(value));
    return ok && in.ok();
  }

  bool ReadValue(std::string_view bytes, Value& out, int depth) {
    ProtoReader in(bytes);
    bool ok = depth < kMaxDepth;
    while (ok && in.Next()) {
      if (in.IsDouble(2)) out = Value(in.real());
      if (in.IsText(3)) out = Value(in.text());
      if (in.IsNumber(4)) out = Value(in.number() != 0);
      if (in.IsText(5)) {
        ValueStruct fields;
        ok = ReadStruct(in.text(), fields, depth + 1);
        out = Value(std::move(fields));
      }
      if (in.IsText(6)) ok = ReadList(in.text(), out, depth + 1);
    }
    return ok && in.ok();
  }

  bool ReadList(std::string_view bytes, Value& out, int depth) {
    ProtoReader in(bytes);
    ValueList list;
    bool ok = depth < kMaxDepth;
    while (ok && in.Next()) {
      if (!in.IsText(1)) continue;
      ok = ++values_ <= kMaxValues && ReadValue(in.text(), list.emplace_back(), depth + 1);
    }
    out = Value(std::move(list));
    return ok && in.ok();
  }

  size_t values_ = 0;
};

// --- The parts of a CheckResponse.

bool ReadNumber(std::string_view bytes, uint64_t& out) {  // field 1: of both kinds of status
  ProtoReader in(bytes);
  out = 0;
  while (in.Next()) {
    if (in.IsNumber(1)) out = in.number();
  }
  return in.ok();
}

bool ReadQueryParameter(std::string_view bytes, Verdict& out) {
  ProtoReader in(bytes);
  auto& [key, value] = out.query_set.emplace_back();
  while (in.Next()) {
    if (in.IsText(1)) key = in.text();
    if (in.IsText(2)) value = in.text();
  }
  return in.ok();
}

bool ReadOkResponse(std::string_view bytes, Verdict& out, std::optional<ValueStruct>& metadata) {
  ProtoReader in(bytes);
  bool ok = true;
  while (ok && in.Next()) {
    if (in.IsText(2)) ok = ReadHeaderOption(in.text(), Unsaid::kSet, out.request);
    if (in.IsText(3)) ok = StructReader().ReadStruct(in.text(), metadata.emplace());
    if (in.IsText(5)) out.request_remove.push_back(Lower(in.text()));
    if (in.IsText(6)) ok = ReadHeaderOption(in.text(), Unsaid::kAdd, out.response);
    if (in.IsText(7)) ok = ReadQueryParameter(in.text(), out);
    if (in.IsText(8)) out.query_remove.emplace_back(in.text());
  }
  return ok && in.ok();
}

bool ReadReply(std::string_view bytes, Verdict& out) {  // DeniedHttpResponse
  ProtoReader in(bytes);
  bool ok = true;
  while (ok && in.Next()) {
    if (in.IsText(1)) {
      uint64_t status = 0;
      ok = ReadNumber(in.text(), status);
      if (status >= 200 && status <= 599) out.status = static_cast<uint32_t>(status);
    }
    if (in.IsText(2)) ok = ReadHeaderOption(in.text(), Unsaid::kSet, out.response);
    if (in.IsText(3)) out.body = in.text();
  }
  return ok && in.ok();
}

}  // namespace

// The last of the three answers is the one that counts, as in any oneof; and only if it goes with
// the status.
std::optional<Verdict> ReadCheckResponse(std::string_view message) {
  ProtoReader in(message);
  uint64_t status = 0;
  uint64_t which = 0;
  std::string_view answer;
  ValueStruct metadata;
  bool ok = true;
  while (ok && in.Next()) {
    if (in.IsText(1)) ok = ReadNumber(in.text(), status);
    for (const uint32_t field : {2U, 3U, 5U}) {
      if (!in.IsText(field)) continue;
      which = field;
      answer = in.text();
    }
    if (in.IsText(4)) ok = StructReader().ReadStruct(in.text(), metadata);
  }
  if (!ok || !in.ok()) return std::nullopt;
  Verdict verdict;
  std::optional<ValueStruct> old_metadata;
  if (status == 0) {
    verdict.decision = Decision::kAllow;
    if (which == 3) ok = ReadOkResponse(answer, verdict, old_metadata);
  } else {
    verdict.decision = which == 5 ? Decision::kError : Decision::kDeny;
    if (which == 2 || which == 5) ok = ReadReply(answer, verdict);
  }
  if (!ok) return std::nullopt;
  verdict.metadata = std::move(old_metadata ? *old_metadata : metadata);
  return verdict;
}

}  // namespace sluice::filters::ext_authz
