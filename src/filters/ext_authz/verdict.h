// What a service said about a request, whichever way it was asked. Names are lower case; nothing
// else in it has been checked: it is a stranger's until IsSound.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sluice/base/value.h"
#include "sluice/http/field_edits.h"

namespace sluice::filters::ext_authz {

enum class Decision : uint8_t {
  kAllow,
  kDeny,
  kError,  // there is no answer, or the service says that it could not decide
};

using http::FieldAction;
using http::FieldEdit;

struct Verdict {
  Decision decision = Decision::kError;
  // kAllow:
  std::vector<FieldEdit> request;
  std::vector<std::string> request_remove;
  std::vector<std::pair<std::string, std::string>> query_set;
  std::vector<std::string> query_remove;
  // To the response of an allowed request; to the reply in place of one to the others.
  std::vector<FieldEdit> response;
  // kDeny and kError: what is answered.
  std::optional<uint32_t> status;
  std::string body;

  ValueStruct metadata;
};

}  // namespace sluice::filters::ext_authz
