#include "stats_tags.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include "sluice/match/config.h"
#include "sluice/match/regex.h"

namespace sluice::server {
namespace {

// The first group goes out of the name, the second one (in it) is the value, or the first is both.
class RegexTag final : public stats::TagRule {
 public:
  RegexTag(std::string tag, match::Regex regex) : tag_(std::move(tag)), regex_(std::move(regex)) {}
  // stats::TagRule
  const std::string& tag() const override { return tag_; }
  bool Match(std::string_view name, stats::TagCut& cut) const override {
    std::array<std::string_view, 3> groups{};
    if (!regex_.Find(name, groups) || groups[1].data() == nullptr) return false;
    cut.begin = static_cast<size_t>(groups[1].data() - name.data());
    cut.end = cut.begin + groups[1].size();
    cut.value = groups[2].data() != nullptr ? groups[2] : groups[1];
    return true;
  }

 private:
  std::string tag_;
  match::Regex regex_;
};

void AddFixed(std::string name, std::string value, const config::Where& where,
              stats::Tagging& tagging, config::Problems& problems) {
  const auto same = [&](const stats::Tag& other) { return other.name == name; };
  if (std::ranges::any_of(tagging.fixed, same)) {
    return problems.Add(where, "the tag `" + name + "` is there twice");
  }
  tagging.fixed.push_back({std::move(name), std::move(value)});
}

void AddRegex(const StatsTagConfig& tag, stats::Tagging& tagging, config::Problems& problems) {
  auto regex = match::Regex::Compile(*tag.regex);
  if (!regex) return problems.Add(tag.where, regex.error().detail);
  if (regex->group_count() == 0) {
    return problems.Add(tag.where, "the regex of the tag `" + tag.tag_name + "` has no group",
                        "the first group is what goes out of the name, the second the value");
  }
  tagging.rules.own.push_back(std::make_unique<RegexTag>(tag.tag_name, *std::move(regex)));
}

void AddDefault(const StatsTagConfig& tag, stats::Tagging& tagging, config::Problems& problems) {
  if (!stats::IsDefaultTag(tag.tag_name)) {
    return problems.Add(tag.where, "`" + tag.tag_name + "` is no tag of Envoy's own",
                        "give it a regex or a fixed_value");
  }
  tagging.rules.some_defaults.push_back(tag.tag_name);
}

}  // namespace

stats::Store::NameFilter StatsFilter(const StatsConfig& config) {
  if (!config.stats_matcher) return {};
  const StatsMatcherConfig& matcher = *config.stats_matcher;
  if (matcher.reject_all) {
    if (!*matcher.reject_all) return {};
    return [](std::string_view) { return false; };
  }
  const bool excludes = matcher.exclusion_list.has_value();
  auto patterns = std::make_shared<const match::StringMatchers>(
      match::Compile((excludes ? matcher.exclusion_list : matcher.inclusion_list)->patterns));
  return [patterns, excludes](std::string_view name) {
    return match::AnyMatches(*patterns, name) != excludes;
  };
}

HistogramBounds::HistogramBounds(const StatsConfig& config) {
  for (const HistogramBucketConfig& one : config.histogram_bucket_settings) {
    Rule& rule = rules_.emplace_back(Rule{match::Compile(one.match), one.buckets});
    std::ranges::sort(rule.bounds);
  }
}

std::span<const double> HistogramBounds::Find(std::string_view name) const {
  for (const Rule& rule : rules_) {
    if (rule.names.Matches(name)) return rule.bounds;
  }
  return stats::kBucketBounds;
}

stats::Tagging CompileStatsTags(const StatsConfig& config, const std::vector<std::string>& given,
                                config::Problems& problems) {
  stats::Tagging tagging;
  for (const std::string& one : given) {
    const size_t colon = one.find(':');
    AddFixed(one.substr(0, colon), one.substr(colon + 1), {}, tagging, problems);
  }
  tagging.rules.all_defaults = config.use_all_default_tags;
  for (const StatsTagConfig& tag : config.stats_tags) {
    if (tag.fixed_value) {
      AddFixed(tag.tag_name, *tag.fixed_value, tag.where, tagging, problems);
    } else if (tag.regex) {
      AddRegex(tag, tagging, problems);
    } else {
      AddDefault(tag, tagging, problems);
    }
  }
  return tagging;
}

}  // namespace sluice::server
