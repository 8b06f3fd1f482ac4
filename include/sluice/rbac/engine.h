// Rules of an RBAC config, compiled: decides about a connection or a request. Immutable, any
// thread; the HTTP and the network filter share it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/value.h"
#include "sluice/http/header_map.h"
#include "sluice/rbac/rbac_config.h"
#include "sluice/stream/stream_info.h"

namespace sluice::rbac {

struct Subject {
  const stream::StreamInfo& info;
  const http::HeaderMap* head = nullptr;  // null: a connection
  const Value* route_metadata = nullptr;  // null: none
};

struct Verdict {
  bool allowed = true;
  std::string_view policy;  // the one that decided; empty when none matched
  size_t index = kNone;     // the same, as its place among them
  static constexpr size_t kNone = static_cast<size_t>(-1);
};

class Rule {
 public:
  virtual ~Rule() = default;
  virtual bool Matches(const Subject& subject) const = 0;
};

class Engine {
 public:
  explicit Engine(const RbacConfig& config);
  ~Engine();
  Engine(Engine&&) noexcept;

  Verdict Decide(const Subject& subject) const;
  Action action() const { return action_; }
  std::vector<std::string_view> policy_names() const;

 private:
  struct Policy {
    std::string name;
    std::unique_ptr<Rule> permission;
    std::unique_ptr<Rule> principal;
  };
  Action action_;
  std::vector<Policy> policies_;  // in the order of their names, as Envoy tries them
};

// Rules of action LOG decide nothing but this: envoy.common:access_log_hint, true when one matched.
void NoteForLogs(const Engine& engine, const Verdict& verdict, stream::StreamInfo& info);

}  // namespace sluice::rbac
