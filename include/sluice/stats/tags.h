// Splits a stat's name into a family and labels, the way Envoy's default tag extraction does:
// "cluster.web.upstream_rq_200" -> "cluster.upstream_rq" {response_code="200", cluster_name="web"}.
// Pure functions; any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::stats {

struct Tag {
  std::string name;  // "envoy.cluster_name"
  std::string value;
  bool operator==(const Tag&) const = default;
};

struct TaggedName {
  std::string family;  // the name without what became a tag
  std::vector<Tag> tags;
};

// What of a name a tag takes away, and the value that it has.
struct TagCut {
  size_t begin = 0;
  size_t end = 0;
  std::string_view value;
};

// A tag that a configuration adds (stats_config.stats_tags).
class TagRule {
 public:
  virtual ~TagRule() = default;
  virtual const std::string& tag() const = 0;
  virtual bool Match(std::string_view name, TagCut& cut) const = 0;
};

// Which tags there are: those of Envoy, all or some of them, then one's own.
struct TagRules {
  bool all_defaults = true;
  std::vector<std::string> some_defaults;  // unless all
  std::vector<std::unique_ptr<const TagRule>> own;
};
bool IsDefaultTag(std::string_view tag);

struct Tagging {
  std::vector<Tag> fixed;  // on every stat
  TagRules rules;
};

TaggedName ExtractTags(std::string_view name, const TagRules& rules = {});

}  // namespace sluice::stats
