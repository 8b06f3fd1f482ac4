// One route compiled: what it takes (a rule for the path and conditions beside it) and what becomes
// of it. Immutable after the table is built.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/match/cookie_matcher.h"
#include "sluice/match/header_matcher.h"
#include "sluice/match/metadata_matcher.h"
#include "sluice/match/query_matcher.h"
#include "sluice/match/regex.h"
#include "sluice/match/runtime.h"
#include "sluice/match/uri_template.h"
#include "sluice/route/route_entry.h"
#include "sluice/route/route_table.h"

namespace sluice::route {

enum class PathKind : uint8_t { kExact, kPrefix, kSeparatedPrefix, kRegex, kTemplate, kConnect };

// The request line as rules see it, taken apart once a match.
struct RequestPath {
  explicit RequestPath(const http::HeaderMap& head, bool ignore_parameters);

  bool present = false;         // CONNECT has none
  std::string_view path;        // without query
  std::string_view match_path;  // without ;parameters too, if those are ignored
  std::string_view query;       // without '?'
  bool connect = false;
};

struct PathRule {
  PathKind kind = PathKind::kPrefix;
  std::string text;
  bool ignore_case = false;
  std::optional<match::Regex> regex;
  std::optional<match::UriTemplate> uri_template;

  bool Matches(const RequestPath& request) const;
  std::string Describe() const;  // `prefix "/api"`
};

struct Conditions {
  std::optional<match::RuntimeFraction> fraction;
  std::vector<match::HeaderMatcher> headers;
  std::vector<match::QueryParameterMatcher> query;
  std::vector<match::CookieMatcher> cookies;
  std::vector<match::MetadataMatcher> metadata;
  std::optional<bool> certificate_presented;
  std::optional<bool> certificate_validated;
  bool grpc = false;

  bool empty() const {
    return !fraction && headers.empty() && query.empty() && cookies.empty() && metadata.empty() &&
           !certificate_presented && !certificate_validated && !grpc;
  }
  bool Match(const MatchInput& input, std::string_view query_string) const;
  // The first condition that fails, in words; empty when all hold.
  std::string WhyNot(const MatchInput& input, std::string_view query_string) const;
};

struct Rule {
  PathRule path;
  Conditions conditions;
  RouteEntry entry;  // without weighted clusters

  // One entry a cluster; empty without weighted clusters.
  std::vector<RouteEntry> weighted;
  std::vector<uint32_t> weights;
  std::vector<std::string> weight_keys;  // runtime keys; empty: no runtime_key_prefix
  uint64_t weight_sum = 0;
  std::string weight_header;  // lower case; empty: by chance

  const RouteEntry* Choose(const MatchInput& input) const;

 private:
  uint64_t WeightOf(size_t index, const MatchInput& input) const;
};

}  // namespace sluice::route
