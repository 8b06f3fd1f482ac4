#include "messages.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "sluice/base/protobuf_value.h"
#include "sluice/filter/proto_fields.h"

namespace sluice::filters::ext_proc {
namespace {

constexpr std::string_view kFilterName = "envoy.filters.http.ext_proc";
// As Envoy documents it: what says neither `append` nor another action replaces.
constexpr filter::OptionRules kOptions = {http::FieldAction::kSet, http::FieldAction::kAdd};
constexpr size_t kMaxDetails = 1024;

// The members of ProcessingRequest's oneof stand in another order than those of the answer's.
uint32_t RequestField(Part part) {
  switch (part) {
    case Part::kRequestHead: return 2;
    case Part::kResponseHead: return 3;
    case Part::kRequestBody: return 4;
    case Part::kResponseBody: return 5;
    case Part::kRequestTrailers: return 6;
    default: return 7;
  }
}

void WriteFields(ProtoWriter& out, const http::HeaderMap& map, const ForwardRules& rules) {
  out.Message(1, [&] {  // HeaderMap
    for (const http::HeaderEntry& entry : map.entries()) {
      if (!rules.Forwards(entry.Name())) continue;
      out.Message(1, [&] {
        out.Text(1, entry.Name());
        out.Text(3, entry.Value());  // raw_value
      });
    }
  });
}

bool ReadHeaderMutation(std::string_view bytes, HeaderMutation& out) {
  ProtoReader in(bytes);
  bool ok = true;
  while (ok && in.Next()) {
    if (in.IsText(1)) ok = filter::ReadHeaderOption(in.text(), kOptions, out.set);
    if (in.IsText(2)) out.remove.push_back(filter::LowerName(in.text()));
    ok = ok && out.set.size() + out.remove.size() <= http::kMaxEdits;
  }
  return ok && in.ok();
}

bool ReadBodyMutation(std::string_view bytes, std::optional<std::string>& out) {
  ProtoReader in(bytes);
  bool ok = true;
  while (ok && in.Next()) {
    if (in.IsText(1)) out = in.text();
    if (in.IsNumber(2)) out = in.number() != 0 ? std::optional<std::string>("") : std::nullopt;
    if (in.IsText(3)) ok = false;  // of body modes that sluice does not have
  }
  return ok && in.ok();
}

bool ReadCommon(std::string_view bytes, CommonAnswer& out) {
  ProtoReader in(bytes);
  bool ok = true;
  while (ok && in.Next()) {
    if (in.IsNumber(1)) {
      ok = in.number() <= 1;
      out.replace = in.number() == 1;
    }
    if (in.IsText(2)) {
      if (!out.headers) out.headers.emplace();
      ok = ReadHeaderMutation(in.text(), *out.headers);
    }
    if (in.IsText(3)) ok = ReadBodyMutation(in.text(), out.body);
    if (in.IsNumber(5)) out.clear_route_cache = in.number() != 0;
  }
  return ok && in.ok();
}

// HeadersResponse and BodyResponse.
bool ReadCommonIn(std::string_view bytes, CommonAnswer& out) {
  ProtoReader in(bytes);
  bool ok = true;
  while (ok && in.Next()) {
    if (in.IsText(1)) ok = ReadCommon(in.text(), out);
  }
  return ok && in.ok();
}

bool ReadTrailersAnswer(std::string_view bytes, CommonAnswer& out) {
  ProtoReader in(bytes);
  bool ok = true;
  while (ok && in.Next()) {
    if (!in.IsText(1)) continue;
    if (!out.headers) out.headers.emplace();
    ok = ReadHeaderMutation(in.text(), *out.headers);
  }
  return ok && in.ok();
}

std::optional<uint64_t> ReadNumber(std::string_view bytes) {  // field 1: of both kinds of status
  ProtoReader in(bytes);
  uint64_t out = 0;
  while (in.Next()) {
    if (in.IsNumber(1)) out = in.number();
  }
  return in.ok() ? std::optional(out) : std::nullopt;
}

bool ReadImmediate(std::string_view bytes, ImmediateAnswer& out) {
  ProtoReader in(bytes);
  bool ok = true;
  while (ok && in.Next()) {
    if (in.IsText(1)) {
      const auto status = ReadNumber(in.text());
      ok = status && *status >= 200 && *status <= 599;
      if (ok) out.status = static_cast<uint32_t>(*status);
    }
    if (in.IsText(2)) ok = ReadHeaderMutation(in.text(), out.headers);
    if (in.IsText(3)) out.body = in.text();
    if (in.IsText(4)) {
      const auto status = ReadNumber(in.text());
      ok = status && *status <= UINT32_MAX;
      if (ok) out.grpc_status = static_cast<uint32_t>(*status);
    }
    if (in.IsText(5)) out.details = in.text().substr(0, kMaxDetails);
  }
  return ok && in.ok();
}

// Nothing over the hour that a config may allow counts, and nothing below zero.
bool ReadDuration(std::string_view bytes, Duration& out) {
  constexpr uint64_t kMaxSeconds = 3600;
  ProtoReader in(bytes);
  uint64_t seconds = 0;
  uint64_t nanos = 0;
  while (in.Next()) {
    if (in.IsNumber(1)) seconds = std::min(in.number(), kMaxSeconds + 1);
    if (in.IsNumber(2)) nanos = in.number() < 1'000'000'000 ? in.number() : 0;
  }
  out = std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanos);
  return in.ok();
}

bool ReadPart(Part part, std::string_view bytes, Answer& out) {
  out.part = part;
  out.common = {};
  switch (part) {
    case Part::kImmediate: return ReadImmediate(bytes, out.immediate);
    case Part::kRequestTrailers:
    case Part::kResponseTrailers: return ReadTrailersAnswer(bytes, out.common);
    case Part::kOther: return true;
    default: return ReadCommonIn(bytes, out.common);
  }
}

std::optional<Part> PartOf(const ProtoReader& in) {
  for (uint32_t field = 1; field <= 7; ++field) {
    if (in.IsText(field)) return static_cast<Part>(field);
  }
  return in.IsText(11) ? std::optional(Part::kOther) : std::nullopt;
}

}  // namespace

bool ForwardRules::Forwards(std::string_view lower_name) const {
  if (match::AnyMatches(disallowed, lower_name)) return false;
  return !allowed || match::AnyMatches(*allowed, lower_name);
}

void WriteHead(ProtoWriter& out, Part part, const http::HeaderMap& head, const ForwardRules& rules,
               bool end) {
  out.Message(RequestField(part), [&] {
    WriteFields(out, head, rules);
    out.Number(3, end ? 1 : 0);
  });
}

void WriteBody(ProtoWriter& out, Part part, std::string_view bytes, bool end) {
  out.Message(RequestField(part), [&] {
    out.Text(1, bytes);
    out.Number(2, end ? 1 : 0);
  });
}

void WriteTrailers(ProtoWriter& out, Part part, const http::HeaderMap& trailers,
                   const ForwardRules& rules) {
  out.Message(RequestField(part), [&] { WriteFields(out, trailers, rules); });
}

void WriteMetadata(ProtoWriter& out, const Value* all, const std::vector<std::string>& namespaces) {
  if (namespaces.empty()) return;
  out.Message(8, [&] {
    for (const std::string& name : namespaces) {
      const Value* value = all == nullptr ? nullptr : all->Find(name);
      if (value == nullptr || value->AsStruct() == nullptr) continue;
      out.Message(1, [&] {  // an entry of core.v3.Metadata.filter_metadata
        out.Text(1, name);
        out.Message(2, [&] { WriteStruct(out, *value->AsStruct()); });
      });
    }
  });
}

void WriteAttributes(ProtoWriter& out, const ValueStruct& attributes) {
  if (attributes.empty()) return;
  out.Message(9, [&] {
    out.Text(1, kFilterName);
    out.Message(2, [&] { WriteStruct(out, attributes); });
  });
}

void WriteProtocol(ProtoWriter& out, const Mode& mode) {
  out.Message(11, [&] {
    out.Number(1, static_cast<uint64_t>(mode.request.body));
    out.Number(2, static_cast<uint64_t>(mode.response.body));
  });
}

std::optional<Answer> ReadAnswer(std::string_view message) {
  ProtoReader in(message);
  Answer answer;
  bool ok = true;
  while (ok && in.Next()) {
    if (const auto part = PartOf(in)) ok = ReadPart(*part, in.text(), answer);
    if (in.IsText(8)) ok = ReadStruct(in.text(), answer.metadata);
    if (in.IsText(9)) {
      ProcessingModeConfig mode;
      if (ReadProcessingMode(in.text(), mode)) answer.mode = mode;
    }
    if (in.IsText(10)) ok = ReadDuration(in.text(), answer.timeout.emplace());
  }
  return ok && in.ok() ? std::optional(std::move(answer)) : std::nullopt;
}

}  // namespace sluice::filters::ext_proc
