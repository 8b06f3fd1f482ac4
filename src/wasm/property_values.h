// Values as properties carry them. See properties.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pairs.h"
#include "sluice/base/value.h"
#include "sluice/http/chars.h"
#include "sluice/http/codec.h"
#include "sluice/http/header_map.h"
#include "sluice/http/number.h"
#include "sluice/stream/tls_info.h"

namespace sluice::wasm {

inline std::string Number(uint64_t value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
template <typename Rep, typename Period>
std::string Number(std::chrono::duration<Rep, Period> value) {
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(value).count();
  return Number(static_cast<uint64_t>(ns));
}
inline std::string Bool(bool value) { return std::string(1, value ? '\1' : '\0'); }

// Nothing for what is not known: those fields are empty then.
inline std::optional<std::string> Text(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

inline std::optional<std::string> DecimalHeader(const http::HeaderMap* map, http::HeaderId id) {
  const auto text = map == nullptr ? std::nullopt : map->Get(id);
  const auto number = text ? http::ParseDecimal(*text) : std::nullopt;
  return number ? std::optional<std::string>(Number(*number)) : std::nullopt;
}

// All fields of that name, joined by commas; nothing when there is none.
std::optional<std::string> JoinedValue(const http::HeaderMap& map, std::string_view name);

// Whole messages, as protobuf writes them: core.v3.Metadata of a struct of structs,
// core.v3.Locality, core.v3.Node.
struct LocalityText {
  std::string_view region;
  std::string_view zone;
  std::string_view sub_zone;
};
std::string MetadataMessage(const Value& filters);
std::string LocalityMessage(const LocalityText& locality);
std::string NodeMessage(std::string_view id, std::string_view cluster, const Value& metadata,
                        const LocalityText& locality);

std::optional<std::string> Protocol(std::optional<http::Version> version);
// The value below `at` that the parts lead to.
std::optional<std::string> ValueAt(const Value* at, const std::vector<std::string_view>& parts);

}  // namespace sluice::wasm
