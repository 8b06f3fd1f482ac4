// What a match tree looks at: one property of a request or of its connection. Another folder adds
// an input by an InputExtension of its own. Immutable, any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sluice/base/value.h"
#include "sluice/config/extension.h"
#include "sluice/http/header_map.h"
#include "sluice/stats/stats.h"
#include "sluice/stream/stream_info.h"

namespace sluice::net {
class Address;
}

namespace sluice::match_tree {

struct Subject {
  const stream::StreamInfo& info;
  const http::HeaderMap* request = nullptr;  // its head; null: a connection
  std::span<stats::Counter> counters = {};   // of the tree's, from Tree::MakeCounters, or none
};

// Which matchers an input can stand beside.
enum class InputKind : uint8_t { kText, kAddress, kData };

class Input {
 public:
  virtual ~Input() = default;
  virtual InputKind kind() const { return InputKind::kText; }
  // Nothing: there is no such property. `room` is there to hold what has to be made.
  virtual std::optional<std::string_view> Text(const Subject& subject, std::string& room) const = 0;
  // Of kAddress: the same, as it is. Null when there is none, or none with an IP.
  virtual const net::Address* Address(const Subject& /*subject*/) const { return nullptr; }
  // Of kData, which have no text.
  virtual const Value* Data(const Subject& /*subject*/) const { return nullptr; }
};

struct InputExtension : config::Extension {
  using Extension::Extension;
  virtual bool needs_request() const { return false; }
  virtual std::unique_ptr<const Input> Make(const config::TypedConfig& config) const = 0;
};

}  // namespace sluice::match_tree
