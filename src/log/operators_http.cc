// Operators that read heads: fields, their sizes, the path, and the status of gRPC.
#include <algorithm>
#include <charconv>

#include "operators.h"
#include "sluice/log/grpc_status.h"

namespace sluice::log {
namespace {

using HeadMember = const http::HeaderMap* FormatContext::*;
using http::HeaderId;

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// "X" or "X?Y": the field, and the one to take in its place when it is missing.
Result<> SetHeaders(std::string_view arguments, Op& op) {
  const size_t mark = arguments.find('?');
  op.text = Lower(arguments.substr(0, mark));
  if (mark != std::string_view::npos) op.other = Lower(arguments.substr(mark + 1));
  if (op.text.empty()) return BadFormat("the name of a header is missing");
  if (op.other.find('?') != std::string::npos) return BadFormat("more than one alternative header");
  op.id = http::FindHeaderId(op.text);
  op.other_id = http::FindHeaderId(op.other);
  return {};
}

std::optional<std::string_view> Get(const http::HeaderMap& head, HeaderId id,
                                    const std::string& name) {
  return id != HeaderId::kOther ? head.Get(id) : head.Get(std::string_view(name));
}

std::optional<std::string_view> FindField(const Op& op, const http::HeaderMap* head) {
  if (head == nullptr) return std::nullopt;
  std::optional<std::string_view> value = Get(*head, op.id, op.text);
  if (!value && !op.other.empty()) value = Get(*head, op.other_id, op.other);
  return value;
}

template <HeadMember kHead>
Emitted Field(const Op& op, std::string& out, const FormatContext& context) {
  const auto value = FindField(op, context.*kHead);
  if (!value) return Emitted::kMissing;
  out.append(*value);
  return Emitted::kText;
}

Emitted FieldWithoutQuery(const Op& op, std::string& out, const FormatContext& context) {
  const auto value = FindField(op, context.request);
  if (!value) return Emitted::kMissing;
  out.append(value->substr(0, value->find('?')));
  return Emitted::kText;
}

template <HeadMember kHead>
Emitted HeadBytes(const Op& /*op*/, std::string& out, const FormatContext& context) {
  AppendNumber(out, context.*kHead == nullptr ? 0 : (context.*kHead)->byte_size());
  return Emitted::kNumber;
}

// %PATH(query:original)%: WQ, NQ; PATH, ORIG, ORIG_OR_PATH.
Result<> SetPath(std::string_view arguments, Op& op) {
  const size_t colon = arguments.find(':');
  const std::string_view query = arguments.substr(0, colon);
  const std::string_view which =
      colon == std::string_view::npos ? std::string_view() : arguments.substr(colon + 1);
  if (!query.empty() && query != "WQ" && query != "NQ") {
    return BadFormat("the first argument is WQ (with query) or NQ (without)");
  }
  op.unit = query == "NQ" ? 1 : 0;
  op.id = HeaderId::kPath;
  op.text = ":path";
  if (which == "PATH") return {};
  if (!which.empty() && which != "ORIG" && which != "ORIG_OR_PATH") {
    return BadFormat("the second argument is PATH, ORIG or ORIG_OR_PATH");
  }
  op.id = HeaderId::kXEnvoyOriginalPath;
  op.text = "x-envoy-original-path";
  if (which == "ORIG") return {};
  op.other_id = HeaderId::kPath;
  op.other = ":path";
  return {};
}

Emitted Path(const Op& op, std::string& out, const FormatContext& context) {
  const auto value = FindField(op, context.request);
  if (!value) return Emitted::kMissing;
  out.append(op.unit == 1 ? value->substr(0, value->find('?')) : *value);
  return Emitted::kText;
}

Result<> SetName(std::string_view arguments, Op& op) {
  if (arguments.empty()) return BadFormat("the name of a parameter is missing");
  op.text = arguments;
  return {};
}

Emitted QueryParameter(const Op& op, std::string& out, const FormatContext& context) {
  if (context.request == nullptr) return Emitted::kMissing;
  std::string_view path = context.request->Get(HeaderId::kPath).value_or("");
  const size_t mark = path.find('?');
  if (mark == std::string_view::npos) return Emitted::kMissing;
  for (path.remove_prefix(mark + 1); !path.empty();) {
    const size_t end = path.find('&');
    const std::string_view pair = path.substr(0, end);
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) == op.text) {
      out.append(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
      return Emitted::kText;
    }
    path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
  }
  return Emitted::kMissing;
}

enum GrpcForm : uint8_t { kCamel, kSnake, kNumber };

Result<> SetGrpcForm(std::string_view arguments, Op& op) {
  if (arguments.empty() || arguments == "CAMEL_STRING") {
    op.variant = kCamel;
  } else if (arguments == "SNAKE_STRING") {
    op.variant = kSnake;
  } else if (arguments == "NUMBER") {
    op.variant = kNumber;
  } else {
    return BadFormat("only CAMEL_STRING, SNAKE_STRING and NUMBER are known");
  }
  return {};
}

Result<> SetGrpcNumber(std::string_view /*arguments*/, Op& op) {
  op.variant = kNumber;
  return {};
}

Emitted GrpcStatus(const Op& op, std::string& out, const FormatContext& context) {
  if (context.request == nullptr || !IsGrpc(*context.request)) return Emitted::kMissing;
  const std::optional<uint32_t> status = FindGrpcStatus(context);
  if (!status) return Emitted::kMissing;
  const std::string_view name = op.variant == kCamel   ? GrpcCamelName(*status)
                                : op.variant == kSnake ? GrpcSnakeName(*status)
                                                       : std::string_view();
  if (!name.empty()) {
    out.append(name);
    return Emitted::kText;
  }
  AppendNumber(out, *status);
  return op.variant == kNumber ? Emitted::kNumber : Emitted::kText;
}

constexpr auto kRequest = &FormatContext::request;
constexpr auto kResponse = &FormatContext::response;
constexpr auto kTrailers = &FormatContext::trailers;

constexpr Command kCommands[] = {
    {"REQ", Arguments::kRequired, true, Field<kRequest>, SetHeaders},
    {"REQUEST_HEADER", Arguments::kRequired, true, Field<kRequest>, SetHeaders},
    {"RESP", Arguments::kRequired, true, Field<kResponse>, SetHeaders},
    {"RESPONSE_HEADER", Arguments::kRequired, true, Field<kResponse>, SetHeaders},
    {"TRAILER", Arguments::kRequired, true, Field<kTrailers>, SetHeaders},
    {"RESPONSE_TRAILER", Arguments::kRequired, true, Field<kTrailers>, SetHeaders},
    {"REQ_WITHOUT_QUERY", Arguments::kRequired, true, FieldWithoutQuery, SetHeaders},
    {"PATH", Arguments::kOptional, true, Path, SetPath},
    {"QUERY_PARAM", Arguments::kRequired, true, QueryParameter, SetName},
    {"REQUEST_HEADERS_BYTES", Arguments::kNone, false, HeadBytes<kRequest>},
    {"RESPONSE_HEADERS_BYTES", Arguments::kNone, false, HeadBytes<kResponse>},
    {"RESPONSE_TRAILERS_BYTES", Arguments::kNone, false, HeadBytes<kTrailers>},
    {"GRPC_STATUS", Arguments::kOptional, false, GrpcStatus, SetGrpcForm},
    {"GRPC_STATUS_NUMBER", Arguments::kNone, false, GrpcStatus, SetGrpcNumber},
};

}  // namespace

std::span<const Command> HttpCommands() { return kCommands; }

}  // namespace sluice::log
