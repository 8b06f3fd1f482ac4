#include "effects.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/base64.h"
#include "sluice/config/node.h"
#include "sluice/http/chars.h"

namespace sluice::filters::jwt_authn {
namespace {

constexpr std::string_view kName = "envoy.filters.http.jwt_authn";

std::string NumberText(double number) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (number == std::floor(number) && std::abs(number) <= kExact) {
    return fmt::format("{}", static_cast<int64_t>(number));
  }
  return fmt::format("{}", number);
}

config::Node ToNode(const Value& value) {
  if (const bool* flag = value.AsBool()) return config::Node::Plain(*flag ? "true" : "false");
  if (const double* number = value.AsNumber()) return config::Node::Plain(NumberText(*number));
  if (const std::string* text = value.AsString()) return config::Node::Text(*text);
  if (const ValueList* list = value.AsList()) {
    config::Node out = config::Node::List();
    for (const Value& item : *list) out.items.push_back(ToNode(item));
    return out;
  }
  if (const ValueStruct* fields = value.AsStruct()) {
    config::Node out = config::Node::Map();
    for (const auto& [key, item] : *fields) {
      config::Node node = ToNode(item);
      node.key = key;
      out.items.push_back(std::move(node));
    }
    return out;
  }
  return {};
}

const Value* FindClaim(const Value& payload, const std::vector<std::string>& path) {
  const Value* at = &payload;
  for (const std::string& name : path) {
    if (at != nullptr) at = at->Find(name);
  }
  return at;
}

// Lists and structs go as JSON in base64.
std::optional<std::string> ClaimText(const Value& claim) {
  if (const std::string* text = claim.AsString()) return *text;
  if (const bool* flag = claim.AsBool()) return *flag ? "true" : "false";
  if (const double* number = claim.AsNumber()) return NumberText(*number);
  if (claim.IsNull()) return std::nullopt;
  return EncodeBase64(config::ToJson(ToNode(claim), config::JsonStyle::kCompact));
}

bool AddClaims(const Provider& provider, const Token& token, http::HeaderMap& head) {
  bool added = false;
  for (const ClaimField& claim : provider.claims) {
    const Value* value = FindClaim(token.payload, claim.path);
    const auto text = value == nullptr ? std::nullopt : ClaimText(*value);
    // What cannot stand in a field is not passed on.
    if (!text || !http::IsFieldValue(*text)) continue;
    head.Add(claim.field, http::TrimOws(*text));
    added = true;
  }
  return added;
}

ValueList Words(std::string_view text) {
  ValueList words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) return words;
    const size_t end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

Value NormalPayload(const Provider& provider, const Token& token) {
  Value payload = token.payload;
  for (const std::string& name : provider.space_delimited) {
    const auto found = payload.AsStruct()->find(name);
    if (found == payload.AsStruct()->end()) continue;
    if (const std::string* text = found->second.AsString()) found->second = Value(Words(*text));
  }
  return payload;
}

void AddMetadata(const Provider& provider, const Token& token, stream::StreamInfo& info) {
  if (!provider.header_key.empty()) {
    info.dynamic_metadata(kName).insert_or_assign(provider.header_key, token.header);
  }
  if (!provider.payload_key.empty()) {
    info.dynamic_metadata(kName).insert_or_assign(provider.payload_key,
                                                  NormalPayload(provider, token));
  }
}

void AddFailure(const Provider& provider, Status status, stream::StreamInfo& info) {
  if (provider.failure_key.empty()) return;
  ValueStruct failure;
  failure.emplace("code", Value(static_cast<double>(status)));
  failure.emplace("message", Value(jwt_authn::Words(status)));
  info.dynamic_metadata(kName).insert_or_assign(provider.failure_key, Value(std::move(failure)));
}

bool ApplyGood(const Finding& finding, http::HeaderMap& head, stream::StreamInfo& info) {
  const Provider& provider = *finding.provider;
  const Token& token = *finding.token;
  if (!provider.forward) RemoveToken(*finding.place, head);
  if (!provider.payload_field.empty()) {
    std::string text(token.payload_text());
    while (provider.pad_payload && text.size() % 4 != 0) text.push_back('=');
    head.Add(provider.payload_field, text);
  }
  const bool added = AddClaims(provider, token, head);
  AddMetadata(provider, token, info);
  return provider.clear_route_cache && (added || !provider.payload_key.empty());
}

}  // namespace

void RemoveClaims(const Plan& plan, const Requirement& requirement, http::HeaderMap& head) {
  for (const size_t index : requirement.providers) {
    const Provider& provider = plan.providers[index];
    if (!provider.payload_field.empty()) head.Remove(provider.payload_field);
    for (const ClaimField& claim : provider.claims) head.Remove(claim.field);
  }
}

bool Apply(const std::vector<Finding>& findings, http::HeaderMap& head, stream::StreamInfo& info) {
  bool new_route = false;
  for (const Finding& finding : findings) {
    if (finding.provider == nullptr) continue;
    if (finding.token == nullptr) {
      AddFailure(*finding.provider, finding.status, info);
    } else {
      new_route = ApplyGood(finding, head, info) || new_route;
    }
  }
  return new_route;
}

}  // namespace sluice::filters::jwt_authn
