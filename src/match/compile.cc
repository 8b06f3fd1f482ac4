// Config structs to compiled matchers. What can fail was checked while parsing.
#include <algorithm>

#include "sluice/base/check.h"
#include "sluice/http/chars.h"
#include "sluice/match/config.h"

namespace sluice::match {
namespace {

using Kind = StringMatcher::Kind;

template <typename T>
T Checked(Result<T> result) {
  SLUICE_CHECK(result.has_value());
  return *std::move(result);
}

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), http::ToLowerAscii);
  return text;
}

std::optional<StringMatcher> StringOf(const HeaderMatcherConfig& config) {
  if (config.string_match) return Compile(*config.string_match);
  if (config.safe_regex_match) return StringMatcher(Compile(*config.safe_regex_match));
  if (config.prefix_match) return StringMatcher(Kind::kPrefix, *config.prefix_match, false);
  if (config.suffix_match) return StringMatcher(Kind::kSuffix, *config.suffix_match, false);
  if (config.contains_match) return StringMatcher(Kind::kContains, *config.contains_match, false);
  // An empty exact_match has always meant presence.
  if (config.exact_match && !config.exact_match->empty()) {
    return StringMatcher::Exact(*config.exact_match);
  }
  return std::nullopt;
}

}  // namespace

Regex Compile(const RegexMatcherConfig& config) { return Checked(Regex::Compile(config.regex)); }

RegexRewrite Compile(const RegexMatchAndSubstituteConfig& config) {
  return Checked(RegexRewrite::Compile(config.pattern.regex, config.substitution));
}

StringMatcher Compile(const StringMatcherConfig& config) {
  if (config.safe_regex) return StringMatcher(Compile(*config.safe_regex));
  if (config.prefix) return {Kind::kPrefix, *config.prefix, config.ignore_case};
  if (config.suffix) return {Kind::kSuffix, *config.suffix, config.ignore_case};
  if (config.contains) return {Kind::kContains, *config.contains, config.ignore_case};
  return {Kind::kExact, config.exact.value_or(""), config.ignore_case};
}

StringMatchers Compile(const std::vector<StringMatcherConfig>& configs) {
  StringMatchers out;
  for (const StringMatcherConfig& config : configs) out.push_back(Compile(config));
  return out;
}

HeaderMatcher Compile(const HeaderMatcherConfig& config) {
  HeaderMatcher out;
  out.name = LowerCase(config.name);
  if (out.name == "host") out.name = ":authority";  // heads hold it under this name
  out.id = http::FindHeaderId(out.name);
  out.string = StringOf(config);
  if (config.range_match) {
    out.kind = HeaderMatcher::Kind::kRange;
    out.range_start = config.range_match->start;
    out.range_end = config.range_match->end;
  } else if (out.string) {
    out.kind = HeaderMatcher::Kind::kString;
  }
  out.present = config.present_match.value_or(true);
  out.invert = config.invert_match;
  out.missing_is_empty = config.treat_missing_header_as_empty;
  return out;
}

std::vector<HeaderMatcher> Compile(const std::vector<HeaderMatcherConfig>& configs) {
  std::vector<HeaderMatcher> out;
  for (const HeaderMatcherConfig& config : configs) out.push_back(Compile(config));
  return out;
}

QueryParameterMatcher Compile(const QueryParameterMatcherConfig& config) {
  QueryParameterMatcher out;
  out.name = config.name;
  if (config.string_match) out.string = Compile(*config.string_match);
  out.present = config.present_match.value_or(true);
  return out;
}

CookieMatcher Compile(const CookieMatcherConfig& config) {
  return {config.name, Compile(config.string_match), config.invert_match};
}

ValueMatcher Compile(const ValueMatcherConfig& config) {
  ValueMatcher out;
  if (config.null_match) {
    out.kind = ValueMatcher::Kind::kNull;
  } else if (config.double_match && config.double_match->range) {
    out.kind = ValueMatcher::Kind::kNumberRange;
    out.number = config.double_match->range->start;
    out.number_end = config.double_match->range->end;
  } else if (config.double_match) {
    out.kind = ValueMatcher::Kind::kNumber;
    out.number = config.double_match->exact.value_or(0);
  } else if (config.string_match) {
    out.kind = ValueMatcher::Kind::kString;
    out.string = Compile(*config.string_match);
  } else if (config.bool_match) {
    out.kind = ValueMatcher::Kind::kBool;
    out.flag = *config.bool_match;
  } else if (config.present_match) {
    out.kind = ValueMatcher::Kind::kPresent;
    out.flag = *config.present_match;
  } else if (config.list_match) {
    out.kind = ValueMatcher::Kind::kListHas;
    out.nested.push_back(Compile(config.list_match->one_of));
  } else if (config.or_match) {
    out.kind = ValueMatcher::Kind::kAnyOf;
    for (const ValueMatcherConfig& one : config.or_match->value_matchers) {
      out.nested.push_back(Compile(one));
    }
  }
  return out;
}

MetadataMatcher Compile(const MetadataMatcherConfig& config) {
  MetadataMatcher out;
  out.filter = config.filter;
  for (const PathSegmentConfig& segment : config.path) out.path.push_back(segment.key);
  out.value = Compile(config.value);
  out.invert = config.invert;
  return out;
}

CidrSet Compile(const std::vector<config::CidrRange>& configs) {
  std::vector<CidrRange> ranges;
  for (const config::CidrRange& config : configs) {
    ranges.push_back(Checked(CidrRange::Parse(config.address_prefix, config.prefix_len)));
  }
  return CidrSet(ranges);
}

Fraction Compile(const config::FractionalPercent& config) {
  switch (config.denominator) {
    case config::Denominator::kHundred: return {config.numerator, 100};
    case config::Denominator::kTenThousand: return {config.numerator, 10'000};
    case config::Denominator::kMillion: return {config.numerator, 1'000'000};
  }
  return {};
}

RuntimeFraction Compile(const config::RuntimeFractionalPercent& config) {
  return {Compile(config.default_value), config.runtime_key};
}

}  // namespace sluice::match
