#include "sluice/match/metadata_criteria.h"

#include <algorithm>
#include <bit>

#include "sluice/base/hash.h"
#include "sluice/config/common.h"

namespace sluice::match {
namespace {

uint64_t Mix(uint64_t seed, uint64_t value) {
  return XxHash64({reinterpret_cast<const char*>(&value), sizeof(value)}, seed);
}

}  // namespace

uint64_t HashOfValue(const Value& value) {
  if (const bool* flag = value.AsBool()) return Mix(1, *flag ? 1 : 0);
  if (const double* number = value.AsNumber()) {
    return Mix(2, std::bit_cast<uint64_t>(*number == 0 ? 0.0 : *number));
  }
  if (const std::string* text = value.AsString()) return XxHash64(*text, 3);
  uint64_t hash = 4;
  if (const ValueList* list = value.AsList()) {
    for (const Value& each : *list) hash = Mix(hash, HashOfValue(each));
  } else if (const ValueStruct* fields = value.AsStruct()) {
    for (const auto& [key, each] : *fields) hash = Mix(XxHash64(key, hash), HashOfValue(each));
  }
  return hash;
}

MetadataCriteria CompileCriteria(const config::Metadata& metadata) {
  MetadataCriteria criteria;
  const auto lb = metadata.filter_metadata.find("envoy.lb");
  return lb == metadata.filter_metadata.end() ? criteria
                                              : CompileCriteria(config::ToValue(lb->second));
}

MetadataCriteria CompileCriteria(const Value& fields) {
  MetadataCriteria criteria;
  const ValueStruct* members = fields.AsStruct();
  if (members == nullptr) return criteria;
  for (const auto& [key, value] : *members) criteria.push_back({key, value, HashOfValue(value)});
  return criteria;  // a struct's members are sorted
}

MetadataCriteria MergeCriteria(const MetadataCriteria* base, MetadataCriteria over) {
  if (base == nullptr) return over;
  for (const MetadataCriterion& each : *base) {
    const auto same = std::ranges::find(over, each.key, &MetadataCriterion::key);
    if (same == over.end()) over.push_back(each);
  }
  std::ranges::sort(over, {}, &MetadataCriterion::key);
  return over;
}

}  // namespace sluice::match
