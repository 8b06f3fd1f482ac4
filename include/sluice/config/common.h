// Messages of envoy.config.core.v3 that many folders' configs are made of. Immutable once parsed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "sluice/base/error.h"
#include "sluice/base/value.h"
#include "sluice/config/types.h"

namespace sluice::config {

// {name, typed_config}: TypedExtensionConfig, TransportSocket and the like. The field that holds it
// names the category: Field("transport_socket", ...).Category(kUpstreamTransportSockets).
struct NamedExtension {
  std::string name;
  TypedConfig typed_config;
  static const Message& Schema();
};

// Exactly one of the four is set.
struct DataSource {
  std::optional<std::string> filename;
  std::optional<Bytes> inline_bytes;
  std::optional<std::string> inline_string;
  std::optional<std::string> environment_variable;
  Where where;

  bool empty() const {
    return !filename && !inline_bytes && !inline_string && !environment_variable;
  }
  static const Message& Schema();
};
// The content; errors name the file or the variable.
Result<std::string> Load(const DataSource& source, size_t max_bytes = size_t{64} << 20);

struct HeaderValue {
  std::string key;
  std::string value;
  std::optional<Bytes> raw_value;
  Where where;
  static const Message& Schema();
};

enum class HeaderAppendAction : uint8_t {
  kAppendIfExistsOrAdd,
  kAddIfAbsent,
  kOverwriteIfExistsOrAdd,
  kOverwriteIfExists,
};
const EnumTable& ConfigEnum(HeaderAppendAction);

struct HeaderValueOption {
  HeaderValue header;
  HeaderAppendAction append_action = HeaderAppendAction::kAppendIfExistsOrAdd;
  bool keep_empty_value = false;
  static const Message& Schema();
};

struct Locality {
  std::string region;
  std::string zone;
  std::string sub_zone;
  static const Message& Schema();
};

enum class RoutingPriority : uint8_t { kDefault, kHigh };
const EnumTable& ConfigEnum(RoutingPriority);

struct Int64Range {  // start <= x < end
  int64_t start = 0;
  int64_t end = 0;
  static const Message& Schema();
};

struct HttpUri {
  std::string uri;
  Located<std::string> cluster;
  Duration timeout{};
  static const Message& Schema();
};

struct BackoffStrategy {  // between attempts at something that the proxy itself wants
  Duration base_interval = std::chrono::seconds(1);
  std::optional<Duration> max_interval;
  static const Message& Schema();
};

// Free content as the data plane keeps it: numbers, booleans and texts told apart.
Value ToValue(const Node& node);

}  // namespace sluice::config
