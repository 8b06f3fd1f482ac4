#include "sluice/match_tree/config.h"

#include "sluice/config/schema.h"

namespace sluice::match_tree {

using config::Field;
using config::Message;
using config::Unimplemented;

OnMatchConfig::OnMatchConfig() = default;
OnMatchConfig::OnMatchConfig(OnMatchConfig&&) noexcept = default;
OnMatchConfig& OnMatchConfig::operator=(OnMatchConfig&&) noexcept = default;
OnMatchConfig::~OnMatchConfig() = default;
PredicateConfig::PredicateConfig() = default;
PredicateConfig::PredicateConfig(PredicateConfig&&) noexcept = default;
PredicateConfig& PredicateConfig::operator=(PredicateConfig&&) noexcept = default;
PredicateConfig::~PredicateConfig() = default;

const Message& OnMatchConfig::Schema() {
  using C = OnMatchConfig;
  constexpr std::string_view kGroup = "on_match";
  static const auto message =
      Message::Of<C>(
          "xds.type.matcher.v3.Matcher.OnMatch", "What a match comes to.",
          {Field("matcher", &C::matcher, "Another matcher, which may also come to nothing.")
               .Oneof(kGroup),
           Field("action", &C::action, "The action, of the kind that is wanted here.")
               .Category(kActions)
               .Oneof(kGroup),
           Unimplemented("keep_matching", "the first match counts").Accept({"false"})})
          .RequireOneof(kGroup);
  return message;
}

const Message& SinglePredicateConfig::Schema() {
  using C = SinglePredicateConfig;
  constexpr std::string_view kGroup = "matcher";
  static const auto message =
      Message::Of<C>("xds.type.matcher.v3.Matcher.MatcherList.Predicate.SinglePredicate",
                     "One property, and what it must be. One that is not there does not match.",
                     {Field("input", &C::input, "The property.").Required().Category(kInputs),
                      Field("value_match", &C::value_match, "Its text.").Oneof(kGroup),
                      Field("custom_match", &C::custom_match, "A matcher that is an extension.")
                          .Category(kInputMatchers)
                          .Oneof(kGroup)})
          .RequireOneof(kGroup);
  return message;
}

const Message& PredicateListConfig::Schema() {
  using C = PredicateListConfig;
  static const auto message = Message::Of<C>(
      "xds.type.matcher.v3.Matcher.MatcherList.Predicate.PredicateList", "Two or more predicates.",
      {Field("predicate", &C::predicate, "The predicates.").Required().Size(2, 1024)});
  return message;
}

const Message& PredicateConfig::Schema() {
  using C = PredicateConfig;
  constexpr std::string_view kGroup = "match_type";
  static const auto message =
      Message::Of<C>(
          "xds.type.matcher.v3.Matcher.MatcherList.Predicate", "A condition.",
          {Field("single_predicate", &C::single_predicate, "One property.").Oneof(kGroup),
           Field("or_matcher", &C::or_matcher, "One of these.").Oneof(kGroup),
           Field("and_matcher", &C::and_matcher, "All of these.").Oneof(kGroup),
           Field("not_matcher", &C::not_matcher, "Not this.").Oneof(kGroup)})
          .RequireOneof(kGroup);
  return message;
}

const Message& FieldMatcherConfig::Schema() {
  using C = FieldMatcherConfig;
  static const auto message =
      Message::Of<C>("xds.type.matcher.v3.Matcher.MatcherList.FieldMatcher", "A rule of a list.",
                     {Field("predicate", &C::predicate, "The condition.").Required(),
                      Field("on_match", &C::on_match, "What it comes to.").Required()});
  return message;
}

const Message& MatcherListConfig::Schema() {
  using C = MatcherListConfig;
  static const auto message =
      Message::Of<C>("xds.type.matcher.v3.Matcher.MatcherList", "Rules in order.",
                     {Field("matchers", &C::matchers, "The first that comes to something counts.")
                          .Required()
                          .NonEmpty()});
  return message;
}

const Message& MatchMapConfig::Schema() {
  using C = MatchMapConfig;
  static const auto message = Message::Of<C>(
      "xds.type.matcher.v3.Matcher.MatcherTree.MatchMap", "Texts, and what each comes to.",
      {Field("map", &C::map, "By text.").Required().NonEmpty()});
  return message;
}

const Message& MatcherTreeConfig::Schema() {
  using C = MatcherTreeConfig;
  constexpr std::string_view kGroup = "tree_type";
  static const auto message =
      Message::Of<C>(
          "xds.type.matcher.v3.Matcher.MatcherTree", "A property looked up in a map.",
          {Field("input", &C::input, "The property.").Required().Category(kInputs),
           Field("exact_match_map", &C::exact_match_map, "By its whole text.").Oneof(kGroup),
           Field("prefix_match_map", &C::prefix_match_map,
                 "By how its text begins; the longest that comes to something counts.")
               .Oneof(kGroup),
           Unimplemented("custom_match", "use one of the maps").Oneof(kGroup)})
          .RequireOneof(kGroup);
  return message;
}

const Message& MatcherConfig::Schema() {
  using C = MatcherConfig;
  constexpr std::string_view kGroup = "matcher_type";
  static const auto message = Message::Of<C>(
      "xds.type.matcher.v3.Matcher", "From properties of a request or connection to an action.",
      {Field("matcher_list", &C::matcher_list, "Rules in order.").Oneof(kGroup),
       Field("matcher_tree", &C::matcher_tree, "A map.").Oneof(kGroup),
       Field("on_no_match", &C::on_no_match, "When neither comes to anything.")});
  return message;
}

}  // namespace sluice::match_tree
