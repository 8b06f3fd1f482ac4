// envoy.service.ext_proc.v3 in protobuf: what a processor is told, and what it answers. Answers
// come from a stranger. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mode.h"
#include "sluice/base/clock.h"
#include "sluice/base/protobuf.h"
#include "sluice/base/value.h"
#include "sluice/http/field_edits.h"
#include "sluice/http/header_map.h"
#include "sluice/match/string_matcher.h"

namespace sluice::filters::ext_proc {

inline constexpr std::string_view kMethod = "/envoy.service.ext_proc.v3.ExternalProcessor/Process";

// Parts of a message and of its response; the numbers are those of ProcessingResponse.
enum class Part : uint8_t {
  kNone = 0,
  kRequestHead = 1,
  kResponseHead = 2,
  kRequestBody = 3,
  kResponseBody = 4,
  kRequestTrailers = 5,
  kResponseTrailers = 6,
  kImmediate = 7,
  kOther = 11,
};

struct ForwardRules {
  std::optional<match::StringMatchers> allowed;
  match::StringMatchers disallowed;
  bool Forwards(std::string_view lower_name) const;
};

// --- Parts of a ProcessingRequest.
void WriteHead(ProtoWriter& out, Part part, const http::HeaderMap& head, const ForwardRules& rules,
               bool end);
void WriteBody(ProtoWriter& out, Part part, std::string_view bytes, bool end);
void WriteTrailers(ProtoWriter& out, Part part, const http::HeaderMap& trailers,
                   const ForwardRules& rules);
void WriteMetadata(ProtoWriter& out, const Value* all, const std::vector<std::string>& namespaces);
void WriteAttributes(ProtoWriter& out, const ValueStruct& attributes);
void WriteProtocol(ProtoWriter& out, const Mode& mode);

// --- ProcessingResponse.
struct HeaderMutation {
  std::vector<http::FieldEdit> set;
  std::vector<std::string> remove;  // lower case
};

struct CommonAnswer {
  bool replace = false;  // CONTINUE_AND_REPLACE
  std::optional<HeaderMutation> headers;
  std::optional<std::string> body;  // in place of what was shown; empty: nothing
  bool clear_route_cache = false;
};

struct ImmediateAnswer {
  uint32_t status = 200;
  HeaderMutation headers;
  std::string body;
  std::optional<uint32_t> grpc_status;
  std::string details;
};

struct Answer {
  Part part = Part::kNone;
  CommonAnswer common;  // of trailers, only its headers
  ImmediateAnswer immediate;
  ValueStruct metadata;
  std::optional<ProcessingModeConfig> mode;
  std::optional<Duration> timeout;
};
// nullopt: it is none, or more than an answer may be.
std::optional<Answer> ReadAnswer(std::string_view message);

}  // namespace sluice::filters::ext_proc
