// The schemas of value, metadata and address matchers.
#include "sluice/config/schema.h"
#include "sluice/match/config.h"

namespace sluice::match {

using config::Field;
using config::Message;

ValueMatcherConfig::ValueMatcherConfig() = default;
ValueMatcherConfig::ValueMatcherConfig(ValueMatcherConfig&&) noexcept = default;
ValueMatcherConfig& ValueMatcherConfig::operator=(ValueMatcherConfig&&) noexcept = default;
ValueMatcherConfig::~ValueMatcherConfig() = default;

const Message& DoubleMatcherConfig::Schema() {
  using C = DoubleMatcherConfig;
  static const auto message =
      Message::Of<C>("envoy.type.matcher.v3.DoubleMatcher", "Matches a number.",
                     {Field("range", &C::range, "The range it lies in.").Oneof("match_pattern"),
                      Field("exact", &C::exact, "The number.").Oneof("match_pattern")})
          .RequireOneof("match_pattern");
  return message;
}

const Message& ValueMatcherConfig::Schema() {
  using C = ValueMatcherConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.type.matcher.v3.ValueMatcher", "Matches a JSON-like value.",
          {Field("null_match", &C::null_match, "The value is null.").Oneof("match_pattern"),
           Field("double_match", &C::double_match, "A number.").Oneof("match_pattern"),
           Field("string_match", &C::string_match, "A string.").Oneof("match_pattern"),
           Field("bool_match", &C::bool_match, "A boolean.").Oneof("match_pattern"),
           Field("present_match", &C::present_match,
                 "true: the value is null, a number, a string or a boolean; false never matches.")
               .Oneof("match_pattern"),
           Field("list_match", &C::list_match, "A list.").Oneof("match_pattern"),
           Field("or_match", &C::or_match, "Any of several.").Oneof("match_pattern")})
          .RequireOneof("match_pattern");
  return message;
}

const Message& ListMatcherConfig::Schema() {
  using C = ListMatcherConfig;
  static const auto message =
      Message::Of<C>("envoy.type.matcher.v3.ListMatcher", "Matches a list.",
                     {Field("one_of", &C::one_of, "Some element matches.").Required()});
  return message;
}

const Message& OrMatcherConfig::Schema() {
  using C = OrMatcherConfig;
  static const auto message = Message::Of<C>(
      "envoy.type.matcher.v3.OrMatcher", "Matches when any of several does.",
      {Field("value_matchers", &C::value_matchers, "The matchers.").Required().Size(2, SIZE_MAX)});
  return message;
}

const Message& PathSegmentConfig::Schema() {
  using C = PathSegmentConfig;
  static const auto message =
      Message::Of<C>("envoy.type.matcher.v3.MetadataMatcher.PathSegment", "A step into a struct.",
                     {Field("key", &C::key, "The member.").Required().NonEmpty()});
  return message;
}

const Message& MetadataMatcherConfig::Schema() {
  using C = MetadataMatcherConfig;
  static const auto message = Message::Of<C>(
      "envoy.type.matcher.v3.MetadataMatcher", "Matches a value in the metadata of a filter.",
      {Field("filter", &C::filter, "Name of the filter, the metadata's namespace.")
           .Required()
           .NonEmpty(),
       Field("path", &C::path, "Keys that lead to the value.").Required().NonEmpty(),
       Field("value", &C::value, "Matches the value.").Required(),
       Field("invert", &C::invert, "Turns the result around.")});
  return message;
}

}  // namespace sluice::match
