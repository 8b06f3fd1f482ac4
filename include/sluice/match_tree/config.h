// xds.type.matcher.v3.Matcher as structs: rules and maps that lead from properties of a request or
// a connection to an action. Main thread, at load; immutable once parsed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/types.h"
#include "sluice/match/config.h"

namespace sluice::match_tree {

inline constexpr std::string_view kInputs = "envoy.matching.inputs";
inline constexpr std::string_view kInputMatchers = "envoy.matching.input_matchers";
inline constexpr std::string_view kActions = "envoy.matching.actions";

struct MatcherConfig;

// Exactly one member is set.
struct OnMatchConfig {
  std::unique_ptr<MatcherConfig> matcher;
  std::optional<config::NamedExtension> action;

  OnMatchConfig();
  OnMatchConfig(OnMatchConfig&&) noexcept;
  OnMatchConfig& operator=(OnMatchConfig&&) noexcept;
  ~OnMatchConfig();
  static const config::Message& Schema();
};

struct SinglePredicateConfig {
  config::NamedExtension input;
  std::optional<match::StringMatcherConfig> value_match;
  std::optional<config::NamedExtension> custom_match;
  static const config::Message& Schema();
};

struct PredicateListConfig;

// Exactly one member is set.
struct PredicateConfig {
  std::optional<SinglePredicateConfig> single_predicate;
  std::unique_ptr<PredicateListConfig> or_matcher;
  std::unique_ptr<PredicateListConfig> and_matcher;
  std::unique_ptr<PredicateConfig> not_matcher;

  PredicateConfig();
  PredicateConfig(PredicateConfig&&) noexcept;
  PredicateConfig& operator=(PredicateConfig&&) noexcept;
  ~PredicateConfig();
  static const config::Message& Schema();
};

struct PredicateListConfig {
  std::vector<PredicateConfig> predicate;
  static const config::Message& Schema();
};

struct FieldMatcherConfig {
  PredicateConfig predicate;
  OnMatchConfig on_match;
  static const config::Message& Schema();
};

struct MatcherListConfig {
  std::vector<FieldMatcherConfig> matchers;
  static const config::Message& Schema();
};

struct MatchMapConfig {
  std::map<std::string, OnMatchConfig> map;
  static const config::Message& Schema();
};

struct MatcherTreeConfig {
  config::NamedExtension input;
  std::optional<MatchMapConfig> exact_match_map;
  std::optional<MatchMapConfig> prefix_match_map;
  static const config::Message& Schema();
};

// One of the first two, or neither: then nothing matches.
struct MatcherConfig {
  std::optional<MatcherListConfig> matcher_list;
  std::optional<MatcherTreeConfig> matcher_tree;
  std::optional<OnMatchConfig> on_no_match;
  static const config::Message& Schema();
};

}  // namespace sluice::match_tree
