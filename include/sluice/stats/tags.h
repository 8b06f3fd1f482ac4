// Splits a stat's name into a family and labels, the way Envoy's default tag extraction does:
// "cluster.web.upstream_rq_200" -> "cluster.upstream_rq" {response_code="200", cluster_name="web"}.
// Pure functions; any thread.
#pragma once

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

TaggedName ExtractTags(std::string_view name);

}  // namespace sluice::stats
