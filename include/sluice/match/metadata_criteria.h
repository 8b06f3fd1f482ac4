// What hosts must say of themselves to be picked: metadata_match of a route, its "envoy.lb" part,
// compiled. Immutable, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/base/value.h"

namespace sluice::config {
struct Metadata;
}

namespace sluice::match {

struct MetadataCriterion {
  std::string key;
  Value value;
  uint64_t hash = 0;  // of the value
};

// Sorted by key. Empty: nothing is asked for.
using MetadataCriteria = std::vector<MetadataCriterion>;

MetadataCriteria CompileCriteria(const config::Metadata& metadata);
MetadataCriteria CompileCriteria(const Value& fields);  // of the "envoy.lb" part itself
// `over` in place of those of `base` (may be null), name by name.
MetadataCriteria MergeCriteria(const MetadataCriteria* base, MetadataCriteria over);
// Of the content; equal values have equal hashes.
uint64_t HashOfValue(const Value& value);

}  // namespace sluice::match
