#include "rule.h"

#include <fmt/core.h>

#include "sluice/http/chars.h"
#include "sluice/http/number.h"
#include "sluice/http/target.h"

namespace sluice::route {
namespace {

// application/grpc, alone or with a +suffix; parameters do not count.
bool IsGrpc(const http::HeaderMap& head) {
  constexpr std::string_view kGrpc = "application/grpc";
  const std::string_view type = head.Get(http::HeaderId::kContentType).value_or("");
  return type.starts_with(kGrpc) &&
         (type.size() == kGrpc.size() || type[kGrpc.size()] == '+' || type[kGrpc.size()] == ';');
}

bool HasPrefix(std::string_view path, const PathRule& rule) {
  if (!rule.ignore_case) return path.starts_with(rule.text);
  return path.size() >= rule.text.size() &&
         http::EqualsIgnoreCase(path.substr(0, rule.text.size()), rule.text);
}

}  // namespace

RequestPath::RequestPath(const http::HeaderMap& head, bool ignore_parameters) {
  connect = head.Get(http::HeaderId::kMethod) == "CONNECT";
  const std::optional<std::string_view> target = head.Get(http::HeaderId::kPath);
  present = target.has_value() && !target->empty();
  if (!present) return;
  const http::PathAndQuery parts = http::SplitPath(*target);
  path = parts.path;
  query = parts.query;
  match_path = ignore_parameters ? path.substr(0, path.find(';')) : path;
}

bool PathRule::Matches(const RequestPath& request) const {
  if (kind == PathKind::kConnect) return request.connect;
  if (!request.present) return false;
  const std::string_view path = request.match_path;
  switch (kind) {
    case PathKind::kExact: return ignore_case ? http::EqualsIgnoreCase(path, text) : path == text;
    case PathKind::kPrefix: return HasPrefix(path, *this);
    case PathKind::kSeparatedPrefix:
      return HasPrefix(path, *this) && (path.size() == text.size() || path[text.size()] == '/');
    case PathKind::kRegex: return regex->FullMatch(path);
    case PathKind::kTemplate: return uri_template->Matches(request.path);
    case PathKind::kConnect: break;
  }
  return false;
}

std::string PathRule::Describe() const {
  constexpr std::string_view kNames[] = {"path",       "prefix",        "path_separated_prefix",
                                         "safe_regex", "path_template", "connect_matcher"};
  const std::string_view name = kNames[static_cast<size_t>(kind)];
  if (kind == PathKind::kConnect) return std::string(name);
  return fmt::format("{} `{}`{}", name, text, ignore_case ? " (any case)" : "");
}

bool Conditions::Match(const MatchInput& input, std::string_view query_string) const {
  if (fraction && !fraction->Includes(input.random, input.runtime)) return false;
  if (grpc && !IsGrpc(input.head)) return false;
  if (!match::AllMatch(headers, input.head)) return false;
  if (!match::AllMatch(query, query_string)) return false;
  if (!match::AllMatch(cookies, input.head)) return false;
  if (certificate_presented && *certificate_presented != input.tls.certificate_presented) {
    return false;
  }
  if (certificate_validated && *certificate_validated != input.tls.certificate_validated) {
    return false;
  }
  for (const match::MetadataMatcher& matcher : metadata) {
    if (!matcher.Matches(input.dynamic_metadata)) return false;
  }
  return true;
}

std::string Conditions::WhyNot(const MatchInput& input, std::string_view query_string) const {
  if (fraction && !fraction->Includes(input.random, input.runtime)) {
    return fmt::format("runtime_fraction {}/{} did not take it", fraction->default_value.numerator,
                       fraction->default_value.denominator);
  }
  if (grpc && !IsGrpc(input.head)) return "not gRPC";
  for (const auto& matcher : headers) {
    if (!matcher.Matches(input.head)) return "not " + matcher.Describe();
  }
  for (const auto& matcher : query) {
    if (!matcher.Matches(query_string)) return "not " + matcher.Describe();
  }
  for (const auto& matcher : cookies) {
    if (!matcher.Matches(input.head)) return "not " + matcher.Describe();
  }
  if (certificate_presented && *certificate_presented != input.tls.certificate_presented) {
    return fmt::format("client certificate {}presented", *certificate_presented ? "not " : "");
  }
  if (certificate_validated && *certificate_validated != input.tls.certificate_validated) {
    return fmt::format("client certificate {}validated", *certificate_validated ? "not " : "");
  }
  for (const auto& matcher : metadata) {
    if (!matcher.Matches(input.dynamic_metadata)) return "not " + matcher.Describe();
  }
  return {};
}

uint64_t Rule::WeightOf(size_t index, const MatchInput& input) const {
  if (input.runtime != nullptr && !weight_keys.empty()) {
    if (auto weight = input.runtime->FindInteger(weight_keys[index])) return *weight;
  }
  return weights[index];
}

const RouteEntry* Rule::Choose(const MatchInput& input) const {
  if (weighted.empty()) return &entry;
  uint64_t number = input.random;
  if (!weight_header.empty()) {
    if (const auto text = input.head.Get(weight_header)) {
      number = http::ParseDecimal(*text).value_or(number);
    }
  }
  uint64_t sum = weight_sum;
  if (input.runtime != nullptr && !weight_keys.empty()) {
    sum = 0;
    for (size_t i = 0; i < weights.size(); ++i) sum += WeightOf(i, input);
    if (sum == 0) return &weighted.front();  // runtime has taken all weights away
  }
  number %= sum;
  for (size_t i = 0; i + 1 < weighted.size(); ++i) {
    const uint64_t weight = WeightOf(i, input);
    if (number < weight) return &weighted[i];
    number -= weight;
  }
  return &weighted.back();
}

}  // namespace sluice::route
