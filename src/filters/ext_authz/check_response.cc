#include "check_response.h"

#include <string>
#include <utility>

#include "sluice/base/protobuf.h"
#include "sluice/base/protobuf_value.h"
#include "sluice/filter/proto_fields.h"

namespace sluice::filters::ext_authz {
namespace {

using filter::LowerName;
using filter::ReadHeaderOption;

// Where a list of options stands says what one without an action means.
constexpr filter::OptionRules kSets = {FieldAction::kSet, FieldAction::kJoin};
constexpr filter::OptionRules kAdds = {FieldAction::kAdd, FieldAction::kJoin};

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
    if (in.IsText(2)) ok = ReadHeaderOption(in.text(), kSets, out.request);
    if (in.IsText(3)) ok = ReadStruct(in.text(), metadata.emplace());
    if (in.IsText(5)) out.request_remove.push_back(LowerName(in.text()));
    if (in.IsText(6)) ok = ReadHeaderOption(in.text(), kAdds, out.response);
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
    if (in.IsText(2)) ok = ReadHeaderOption(in.text(), kSets, out.response);
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
    if (in.IsText(4)) ok = ReadStruct(in.text(), metadata);
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
