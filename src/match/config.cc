// The schemas of string, header, query and cookie matchers.
#include "sluice/match/config.h"

#include <fmt/core.h>

#include "sluice/config/context.h"
#include "sluice/config/schema.h"
#include "sluice/http/chars.h"

namespace sluice::match {

using config::Context;
using config::Field;
using config::Message;
using config::Node;
using config::Unimplemented;

namespace {

const Node& Member(const Node& node, std::string_view name) {
  const Node* found = node.Find(name);
  return found != nullptr ? *found : node;
}

void CheckRegex(const RegexMatcherConfig& value, const Node& node, Context& ctx) {
  const Context::Scope scope(ctx, "regex");
  const Result<Regex> regex = Regex::Compile(value.regex);
  if (!regex) {
    ctx.Fail(Member(node, "regex"), regex.error().detail, "RE2 syntax");
  } else if (value.google_re2 && value.google_re2->max_program_size &&
             static_cast<uint32_t>(regex->ProgramSize()) > *value.google_re2->max_program_size) {
    ctx.Fail(Member(node, "regex"),
             fmt::format("the regular expression's program size is {}, over max_program_size {}",
                         regex->ProgramSize(), *value.google_re2->max_program_size));
  }
}

void CheckSubstitution(const RegexMatchAndSubstituteConfig& value, const Node& node, Context& ctx) {
  const Result<RegexRewrite> rewrite =
      RegexRewrite::Compile(value.pattern.regex, value.substitution);
  const Context::Scope scope(ctx, "substitution");
  if (!rewrite) ctx.Fail(Member(node, "substitution"), rewrite.error().detail);
}

void CheckStringMatcher(const StringMatcherConfig& value, const Node& node, Context& ctx) {
  const Context::Scope scope(ctx, "ignore_case");
  if (value.ignore_case && value.safe_regex) {
    ctx.Fail(Member(node, "ignore_case"), "has no effect on safe_regex", {},
             "begin the regex with (?i)");
  }
}

void CheckDoubleRange(const DoubleRangeConfig& value, const Node& node, Context& ctx) {
  if (!(value.start < value.end)) {
    ctx.Fail(node, "the range is empty: it goes from start to before end", "start < end");
  }
}

void CheckHeaderMatcher(const HeaderMatcherConfig& value, const Node& node, Context& ctx) {
  {
    const Context::Scope scope(ctx, "name");
    CheckHeaderName(value.name, Member(node, "name"), ctx);
  }
  const Context::Scope scope(ctx, "range_match");
  if (value.range_match && value.range_match->start >= value.range_match->end) {
    ctx.Fail(Member(node, "range_match"), "the range is empty", "start < end");
  }
}

}  // namespace

void CheckHeaderName(std::string_view name, const Node& node, Context& ctx) {
  if (name.starts_with(':')) name.remove_prefix(1);
  if (!http::IsToken(name)) ctx.Fail(node, "not a header name", "a token of RFC 9110");
}

const Message& GoogleRe2Config::Schema() {
  using C = GoogleRe2Config;
  static const auto message = Message::Of<C>(
      "envoy.type.matcher.v3.RegexMatcher.GoogleRE2", "RE2, the only engine.",
      {Field("max_program_size", &C::max_program_size, "Largest program that is accepted.")
           .Deprecated("")});
  return message;
}

const Message& RegexMatcherConfig::Schema() {
  using C = RegexMatcherConfig;
  static const auto message =
      Message::Of<C>("envoy.type.matcher.v3.RegexMatcher", "A regular expression.",
                     {Field("google_re2", &C::google_re2, "The engine; RE2 is the only one."),
                      Field("regex", &C::regex, "In RE2's syntax; must match the whole value.")
                          .Required()
                          .NonEmpty()})
          .Check(&CheckRegex);
  return message;
}

const Message& RegexMatchAndSubstituteConfig::Schema() {
  using C = RegexMatchAndSubstituteConfig;
  static const auto message =
      Message::Of<C>("envoy.type.matcher.v3.RegexMatchAndSubstitute",
                     "Replaces every match of a pattern.",
                     {Field("pattern", &C::pattern, "What to look for.").Required(),
                      Field("substitution", &C::substitution,
                            "What to put there; \\1 to \\9 are the groups, \\0 is the match.")})
          .Check(&CheckSubstitution);
  return message;
}

const Message& StringMatcherConfig::Schema() {
  using C = StringMatcherConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.type.matcher.v3.StringMatcher", "Matches a string.",
          {Field("exact", &C::exact, "The whole string.").Oneof("match_pattern"),
           Field("prefix", &C::prefix, "How it begins.").NonEmpty().Oneof("match_pattern"),
           Field("suffix", &C::suffix, "How it ends.").NonEmpty().Oneof("match_pattern"),
           Field("contains", &C::contains, "A part of it.").NonEmpty().Oneof("match_pattern"),
           Field("safe_regex", &C::safe_regex, "A regular expression for all of it.")
               .Oneof("match_pattern"),
           Unimplemented("custom", "use one of the other patterns"),
           Field("ignore_case", &C::ignore_case, "Whether case of ASCII letters counts.")})
          .RequireOneof("match_pattern")
          .Check(&CheckStringMatcher);
  return message;
}

const Message& ListStringMatcherConfig::Schema() {
  using C = ListStringMatcherConfig;
  static const auto message =
      Message::Of<C>("envoy.type.matcher.v3.ListStringMatcher", "Matches when any pattern does.",
                     {Field("patterns", &C::patterns, "The patterns.").Required().NonEmpty()});
  return message;
}

const Message& PathMatcherConfig::Schema() {
  using C = PathMatcherConfig;
  static const auto message =
      Message::Of<C>("envoy.type.matcher.v3.PathMatcher", "Matches a path without its query.",
                     {Field("path", &C::path, "The path.").Required()});
  return message;
}

const Message& DoubleRangeConfig::Schema() {
  using C = DoubleRangeConfig;
  static const auto message =
      Message::Of<C>("envoy.type.v3.DoubleRange", "A half-open range of numbers.",
                     {Field("start", &C::start, "First value in it."),
                      Field("end", &C::end, "First value behind it.")})
          .Check(&CheckDoubleRange);
  return message;
}

const Message& HeaderMatcherConfig::Schema() {
  using C = HeaderMatcherConfig;
  constexpr std::string_view kGroup = "header_match_specifier";
  static const auto message =
      Message::Of<C>(
          "envoy.config.route.v3.HeaderMatcher",
          "Matches a header field; without a pattern, its presence.",
          {Field("name", &C::name, "Name of the field; :method and the like are allowed.")
               .Required()
               .NonEmpty(),
           Field("exact_match", &C::exact_match, "The whole value.")
               .Oneof(kGroup)
               .Deprecated("string_match.exact"),
           Field("safe_regex_match", &C::safe_regex_match, "A regular expression for all of it.")
               .Oneof(kGroup)
               .Deprecated("string_match.safe_regex"),
           Field("range_match", &C::range_match, "The value is an integer in this range.")
               .Oneof(kGroup),
           Field("present_match", &C::present_match, "Whether the field is there.").Oneof(kGroup),
           Field("prefix_match", &C::prefix_match, "How the value begins.")
               .NonEmpty()
               .Oneof(kGroup)
               .Deprecated("string_match.prefix"),
           Field("suffix_match", &C::suffix_match, "How the value ends.")
               .NonEmpty()
               .Oneof(kGroup)
               .Deprecated("string_match.suffix"),
           Field("contains_match", &C::contains_match, "A part of the value.")
               .NonEmpty()
               .Oneof(kGroup)
               .Deprecated("string_match.contains"),
           Field("string_match", &C::string_match, "Matches the value.").Oneof(kGroup),
           Field("invert_match", &C::invert_match, "Turns the result around."),
           Field("treat_missing_header_as_empty", &C::treat_missing_header_as_empty,
                 "Reads a field that is not there as an empty value.")})
          .Check(&CheckHeaderMatcher);
  return message;
}

const Message& QueryParameterMatcherConfig::Schema() {
  using C = QueryParameterMatcherConfig;
  constexpr std::string_view kGroup = "query_parameter_match_specifier";
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.QueryParameterMatcher",
      "Matches a query parameter; without a pattern, its presence.",
      {Field("name", &C::name, "Name of the parameter.").Required().Size(1, 1024),
       Field("string_match", &C::string_match, "Matches the value, undecoded.").Oneof(kGroup),
       Field("present_match", &C::present_match, "Whether the parameter is there.").Oneof(kGroup)});
  return message;
}

const Message& CookieMatcherConfig::Schema() {
  using C = CookieMatcherConfig;
  static const auto message =
      Message::Of<C>("envoy.config.route.v3.CookieMatcher", "Matches a cookie of the request.",
                     {Field("name", &C::name, "Name of the cookie.").Required().Size(1, 1024),
                      Field("string_match", &C::string_match, "Matches the value.").Required(),
                      Field("invert_match", &C::invert_match,
                            "Turns the result around; a cookie that is not there then matches.")});
  return message;
}

}  // namespace sluice::match
