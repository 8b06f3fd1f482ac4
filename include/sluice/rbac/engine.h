// An RBAC config, compiled: decides about a connection or a request, by policies or by a matcher.
// Immutable, any thread; the HTTP and the network filter share it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/value.h"
#include "sluice/http/header_map.h"
#include "sluice/match_tree/tree.h"
#include "sluice/rbac/rbac_config.h"
#include "sluice/stats/stats.h"
#include "sluice/stream/stream_info.h"

namespace sluice::rbac {

struct Subject {
  const stream::StreamInfo& info;
  const http::HeaderMap* head = nullptr;  // null: a connection
  const Value* route_metadata = nullptr;  // null: none
  std::span<stats::Counter> counters{};   // of the engine's, or none
};

struct Verdict {
  bool allowed = true;
  std::string_view policy;  // the one that decided; empty when none matched
  size_t index = kNone;     // the same, as its place among them
  // For logs: whether a rule of action LOG matched. Nothing: there is no such rule.
  std::optional<bool> log_hint{};
  static constexpr size_t kNone = static_cast<size_t>(-1);
};

class Engine {
 public:
  explicit Engine(const RbacConfig& config);
  // What the matcher cannot hold here is added to `problems`.
  Engine(const match_tree::MatcherConfig& matcher, match_tree::Scene scene,
         config::Problems& problems);
  ~Engine();
  Engine(Engine&&) noexcept;

  Verdict Decide(const Subject& subject) const;
  // Of policies, or of a matcher's actions.
  std::vector<std::string_view> policy_names() const;
  // One worker's, for Subject.
  std::vector<stats::Counter> MakeCounters(stats::Store& store, uint32_t slot) const;

  class Rules {
   public:
    virtual ~Rules() = default;
    virtual Verdict Decide(const Subject& subject) const = 0;
    virtual std::vector<std::string_view> names() const = 0;
    virtual std::vector<stats::Counter> MakeCounters(stats::Store& store, uint32_t slot) const = 0;
  };

 private:
  std::unique_ptr<const Rules> rules_;
};

// The engine of a filter's fields, of which the matcher goes first; nothing unless one is set.
std::optional<Engine> MakeEngine(const std::optional<RbacConfig>& rules,
                                 const std::optional<match_tree::MatcherConfig>& matcher,
                                 match_tree::Scene scene, const config::Where& where,
                                 config::Problems& problems);

// envoy.common:access_log_hint.
void NoteForLogs(const Verdict& verdict, stream::StreamInfo& info);

}  // namespace sluice::rbac
