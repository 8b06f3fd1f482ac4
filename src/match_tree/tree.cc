#include "sluice/match_tree/tree.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "matchers.h"

namespace sluice::match_tree {
namespace {

using Outcome = std::optional<size_t>;

// What a match comes to: an action, another matcher, or (by default) nothing.
class Target {
 public:
  Target() = default;
  explicit Target(size_t action) : action_(action) {}
  explicit Target(std::unique_ptr<const Tree::Node> next) : next_(std::move(next)) {}

  Outcome Match(const Subject& subject) const {
    return next_ != nullptr ? next_->Match(subject) : action_;
  }

 private:
  Outcome action_;
  std::unique_ptr<const Tree::Node> next_;
};

class ListNode final : public Tree::Node {
 public:
  struct Rule {
    std::unique_ptr<const Predicate> predicate;
    Target target;
  };
  ListNode(std::vector<Rule> rules, Target otherwise)
      : rules_(std::move(rules)), otherwise_(std::move(otherwise)) {}
  // Tree::Node
  Outcome Match(const Subject& subject) const override {
    for (const Rule& rule : rules_) {
      if (!rule.predicate->Matches(subject)) continue;
      if (const Outcome outcome = rule.target.Match(subject)) return outcome;
    }
    return otherwise_.Match(subject);
  }

 private:
  std::vector<Rule> rules_;
  Target otherwise_;
};

using TargetMap = std::map<std::string, Target, std::less<>>;

// By the whole text, or by its prefixes of the lengths that there are, the longest first.
class MapNode final : public Tree::Node {
 public:
  enum class By : uint8_t { kWhole, kPrefix };
  MapNode(std::unique_ptr<const Input> input, TargetMap map, By by, Target otherwise)
      : input_(std::move(input)), map_(std::move(map)), by_(by), otherwise_(std::move(otherwise)) {
    for (const auto& [text, target] : map_) lengths_.push_back(text.size());
    std::ranges::sort(lengths_, std::greater());
    lengths_.erase(std::ranges::unique(lengths_).begin(), lengths_.end());
  }
  // Tree::Node
  Outcome Match(const Subject& subject) const override {
    std::string room;
    const auto text = input_->Text(subject, room);
    if (!text) return otherwise_.Match(subject);
    if (by_ == By::kWhole) {
      if (const Outcome outcome = Find(*text, subject)) return outcome;
      return otherwise_.Match(subject);
    }
    for (const size_t length : lengths_) {
      if (length > text->size()) continue;
      if (const Outcome outcome = Find(text->substr(0, length), subject)) return outcome;
    }
    return otherwise_.Match(subject);
  }

 private:
  Outcome Find(std::string_view key, const Subject& subject) const {
    const auto found = map_.find(key);
    return found == map_.end() ? std::nullopt : found->second.Match(subject);
  }

  std::unique_ptr<const Input> input_;
  TargetMap map_;
  By by_;
  Target otherwise_;
  std::vector<size_t> lengths_;
};

std::unique_ptr<const Tree::Node> CompileNode(const MatcherConfig& config, Build& build);

Target CompileTarget(const OnMatchConfig& config, Build& build) {
  if (config.matcher != nullptr) return Target(CompileNode(*config.matcher, build));
  build.actions.push_back(config.action->typed_config);
  return Target(build.actions.size() - 1);
}

std::unique_ptr<const Tree::Node> CompileMap(const MatcherTreeConfig& config, Target otherwise,
                                             Build& build) {
  std::unique_ptr<const Input> input = MakeInput(config.input, build);
  if (input != nullptr && input->kind() == InputKind::kData) {
    build.problems.Add(config.input.typed_config.where(),
                       std::string(config.input.typed_config.extension()->type) +
                           " has no text to look up in a map");
  }
  const bool whole = config.exact_match_map.has_value();
  TargetMap map;
  for (const auto& [text, on_match] :
       whole ? config.exact_match_map->map : config.prefix_match_map->map) {
    map.emplace(text, CompileTarget(on_match, build));
  }
  return std::make_unique<MapNode>(std::move(input), std::move(map),
                                   whole ? MapNode::By::kWhole : MapNode::By::kPrefix,
                                   std::move(otherwise));
}

std::unique_ptr<const Tree::Node> CompileNode(const MatcherConfig& config, Build& build) {
  std::vector<ListNode::Rule> rules;
  if (config.matcher_list) {
    for (const FieldMatcherConfig& one : config.matcher_list->matchers) {
      rules.push_back({Compile(one.predicate, build), CompileTarget(one.on_match, build)});
    }
  }
  Target otherwise;
  if (config.on_no_match) otherwise = CompileTarget(*config.on_no_match, build);
  if (config.matcher_tree) return CompileMap(*config.matcher_tree, std::move(otherwise), build);
  return std::make_unique<ListNode>(std::move(rules), std::move(otherwise));
}

}  // namespace

Tree::Tree(const MatcherConfig& config, Scene scene, config::Problems& problems) {
  Build build{scene, problems, actions_, counter_names_};
  root_ = CompileNode(config, build);
}

Tree::Tree(Tree&&) noexcept = default;
Tree::~Tree() = default;

std::optional<size_t> Tree::Match(const Subject& subject) const { return root_->Match(subject); }

std::vector<stats::Counter> Tree::MakeCounters(stats::Store& store, uint32_t slot) const {
  std::vector<stats::Counter> counters;
  const stats::Scope root(store, slot, "");
  for (const std::string& name : counter_names_) counters.push_back(root.MakeCounter(name));
  return counters;
}

void AddExtensions(config::ExtensionRegistry& registry) {
  AddInputs(registry);
  AddInputMatchers(registry);
}

}  // namespace sluice::match_tree
