#include "property_values.h"

#include <algorithm>
#include <cstring>

#include "proto.h"

namespace sluice::wasm {
namespace {

std::string Encode(const Value& value) {
  if (const bool* flag = value.AsBool()) return Bool(*flag);
  if (const double* number = value.AsNumber()) {
    return {reinterpret_cast<const char*>(number), sizeof *number};
  }
  if (const std::string* text = value.AsString()) return *text;
  Pairs pairs;
  if (const ValueStruct* fields = value.AsStruct()) {
    for (const auto& [key, field] : *fields) pairs.emplace_back(key, Encode(field));
  } else if (const ValueList* list = value.AsList()) {
    for (const Value& item : *list) pairs.emplace_back(Encode(item), std::string());
  }
  return WritePairs(pairs);
}

void PutMessage(std::string& out, uint32_t field, std::string_view message) {
  PutU32(out, field << 3 | 2);
  PutName(out, message);
}

std::string StructMessage(const ValueStruct& fields);

// google.protobuf.Value: null 1, number 2, string 3, bool 4, struct 5, list 6.
std::string ValueMessage(const Value& value) {
  std::string out;
  if (const bool* flag = value.AsBool()) {
    PutBytes(out, {4 << 3, *flag ? uint8_t{1} : uint8_t{0}});
  } else if (const double* number = value.AsNumber()) {
    PutBytes(out, {2 << 3 | 1});
    out.append(reinterpret_cast<const char*>(number), sizeof *number);
  } else if (const std::string* text = value.AsString()) {
    PutMessage(out, 3, *text);
  } else if (const ValueStruct* fields = value.AsStruct()) {
    PutMessage(out, 5, StructMessage(*fields));
  } else if (const ValueList* list = value.AsList()) {
    std::string items;
    for (const Value& item : *list) PutMessage(items, 1, ValueMessage(item));
    PutMessage(out, 6, items);
  } else {
    PutBytes(out, {1 << 3, 0});
  }
  return out;
}

// One entry of a map: key 1, value 2.
std::string EntryMessage(std::string_view key, std::string_view value) {
  std::string out;
  PutText(out, 1, key);
  PutMessage(out, 2, value);
  return out;
}

std::string StructMessage(const ValueStruct& fields) {
  std::string out;
  for (const auto& [key, value] : fields) {
    PutMessage(out, 1, EntryMessage(key, ValueMessage(value)));
  }
  return out;
}

}  // namespace

std::optional<std::string> JoinedValue(const http::HeaderMap& map, std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), http::ToLowerAscii);
  std::optional<std::string> joined;
  for (const http::HeaderEntry& entry : map.entries()) {
    if (entry.Name() != lower) continue;
    if (joined) joined->push_back(',');
    if (!joined) joined.emplace();
    joined->append(entry.Value());
  }
  return joined;
}

std::string MetadataMessage(const Value& filters) {
  std::string out;
  const ValueStruct* all = filters.AsStruct();
  if (all == nullptr) return out;
  for (const auto& [filter, value] : *all) {
    const ValueStruct* fields = value.AsStruct();
    if (fields != nullptr) PutMessage(out, 1, EntryMessage(filter, StructMessage(*fields)));
  }
  return out;
}

std::string LocalityMessage(const LocalityText& locality) {
  std::string out;
  PutText(out, 1, locality.region);
  PutText(out, 2, locality.zone);
  PutText(out, 3, locality.sub_zone);
  return out;
}

std::string NodeMessage(std::string_view id, std::string_view cluster, const Value& metadata,
                        const LocalityText& locality) {
  std::string out;
  PutText(out, 1, id);
  PutText(out, 2, cluster);
  if (const ValueStruct* fields = metadata.AsStruct()) PutMessage(out, 3, StructMessage(*fields));
  if (std::string place = LocalityMessage(locality); !place.empty()) PutMessage(out, 4, place);
  return out;
}

std::optional<std::string> Protocol(std::optional<http::Version> version) {
  if (!version) return std::nullopt;
  return std::string(http::VersionName(*version));
}

std::optional<std::string> ValueAt(const Value* at, const std::vector<std::string_view>& parts) {
  for (const std::string_view part : parts) {
    at = at->Find(part);
    if (at == nullptr) return std::nullopt;
  }
  return Encode(*at);
}

}  // namespace sluice::wasm
