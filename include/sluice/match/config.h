// The config structs of Envoy's matchers (envoy.type.matcher.v3 and route.v3's HeaderMatcher and
// friends) and how each compiles. Regular expressions are checked while parsing, with the place in
// the file, so compiling cannot fail. Main thread, at load.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/address.h"
#include "sluice/config/common.h"
#include "sluice/config/types.h"
#include "sluice/match/cidr.h"
#include "sluice/match/cookie_matcher.h"
#include "sluice/match/header_matcher.h"
#include "sluice/match/metadata_matcher.h"
#include "sluice/match/query_matcher.h"
#include "sluice/match/regex.h"
#include "sluice/match/runtime.h"
#include "sluice/match/string_matcher.h"
#include "sluice/match/value_matcher.h"

namespace sluice::config {
class Context;
}

namespace sluice::match {

struct GoogleRe2Config {
  std::optional<uint32_t> max_program_size;
  static const config::Message& Schema();
};

struct RegexMatcherConfig {
  std::optional<GoogleRe2Config> google_re2;
  std::string regex;
  static const config::Message& Schema();
};

struct RegexMatchAndSubstituteConfig {
  RegexMatcherConfig pattern;
  std::string substitution;
  static const config::Message& Schema();
};

struct StringMatcherConfig {
  std::optional<std::string> exact;
  std::optional<std::string> prefix;
  std::optional<std::string> suffix;
  std::optional<std::string> contains;
  std::optional<RegexMatcherConfig> safe_regex;
  bool ignore_case = false;
  static const config::Message& Schema();
};

struct ListStringMatcherConfig {
  std::vector<StringMatcherConfig> patterns;
  static const config::Message& Schema();
};

struct PathMatcherConfig {
  StringMatcherConfig path;
  static const config::Message& Schema();
};

struct DoubleRangeConfig {
  double start = 0;
  double end = 0;
  static const config::Message& Schema();
};

struct HeaderMatcherConfig {
  std::string name;
  std::optional<std::string> exact_match;
  std::optional<RegexMatcherConfig> safe_regex_match;
  std::optional<config::Int64Range> range_match;
  std::optional<bool> present_match;
  std::optional<std::string> prefix_match;
  std::optional<std::string> suffix_match;
  std::optional<std::string> contains_match;
  std::optional<StringMatcherConfig> string_match;
  bool invert_match = false;
  bool treat_missing_header_as_empty = false;
  static const config::Message& Schema();
};

struct QueryParameterMatcherConfig {
  std::string name;
  std::optional<StringMatcherConfig> string_match;
  std::optional<bool> present_match;
  static const config::Message& Schema();
};

struct CookieMatcherConfig {
  std::string name;
  StringMatcherConfig string_match;
  bool invert_match = false;
  static const config::Message& Schema();
};

struct DoubleMatcherConfig {
  std::optional<DoubleRangeConfig> range;
  std::optional<double> exact;
  static const config::Message& Schema();
};

struct ListMatcherConfig;
struct OrMatcherConfig;

struct ValueMatcherConfig {
  std::optional<config::Empty> null_match;
  std::optional<DoubleMatcherConfig> double_match;
  std::optional<StringMatcherConfig> string_match;
  std::optional<bool> bool_match;
  std::optional<bool> present_match;
  std::unique_ptr<ListMatcherConfig> list_match;
  std::unique_ptr<OrMatcherConfig> or_match;

  ValueMatcherConfig();
  ValueMatcherConfig(ValueMatcherConfig&&) noexcept;
  ValueMatcherConfig& operator=(ValueMatcherConfig&&) noexcept;
  ~ValueMatcherConfig();
  static const config::Message& Schema();
};

struct ListMatcherConfig {
  ValueMatcherConfig one_of;
  static const config::Message& Schema();
};

struct OrMatcherConfig {
  std::vector<ValueMatcherConfig> value_matchers;
  static const config::Message& Schema();
};

// A step into a struct: `key` of MetadataMatcher.PathSegment and of MetadataKey.PathSegment.
struct PathSegmentConfig {
  std::string key;
  static const config::Message& Schema();
};

struct MetadataMatcherConfig {
  std::string filter;
  std::vector<PathSegmentConfig> path;
  ValueMatcherConfig value;
  bool invert = false;
  static const config::Message& Schema();
};

Regex Compile(const RegexMatcherConfig& config);
RegexRewrite Compile(const RegexMatchAndSubstituteConfig& config);
StringMatcher Compile(const StringMatcherConfig& config);
StringMatchers Compile(const std::vector<StringMatcherConfig>& configs);
HeaderMatcher Compile(const HeaderMatcherConfig& config);
std::vector<HeaderMatcher> Compile(const std::vector<HeaderMatcherConfig>& configs);
QueryParameterMatcher Compile(const QueryParameterMatcherConfig& config);
CookieMatcher Compile(const CookieMatcherConfig& config);
ValueMatcher Compile(const ValueMatcherConfig& config);
MetadataMatcher Compile(const MetadataMatcherConfig& config);
CidrSet Compile(const std::vector<config::CidrRange>& configs);
Fraction Compile(const config::FractionalPercent& config);
RuntimeFraction Compile(const config::RuntimeFractionalPercent& config);

// For Message::Check of structs with names of header fields; ":path" and the like pass.
void CheckHeaderName(std::string_view name, const config::Node& node, config::Context& ctx);

}  // namespace sluice::match
