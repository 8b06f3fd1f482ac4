// Hosts that are found by their names as requests ask for them (dynamic_forward_proxy): the name of
// a request's host, and waiting until main has resolved it.
//
// One worker. A wait belongs to whoever waits; destroying it ends it without an answer.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "sluice/base/intrusive_list.h"
#include "sluice/base/shared_budget.h"

namespace sluice {
class Arena;
}

namespace sluice::upstream {

struct ClusterOptions;

// As hosts are known: "example.com:80", "[::1]:443"; lower case, in the arena or the authority
// itself. Without a port the cluster's own stands for it: 443 with TLS, else 80. Empty for what is
// no host.
std::string_view NameOfHost(std::string_view authority, const ClusterOptions& options,
                            Arena& arena);

enum class NameOutcome : uint8_t {
  kKnown,   // the cluster has the host
  kFailed,  // the name leads nowhere
  kFull,    // there are max_hosts names already
  kBusy,    // max_pending_requests requests wait already
};

using NameAnswer = std::move_only_function<void(NameOutcome outcome, std::string_view detail)>;

class NameEvents {
 public:
  // Once, never from inside the call that began the wait. `detail`: why not.
  virtual void OnNameAnswered(NameOutcome outcome, std::string_view detail) = 0;

 protected:
  ~NameEvents() = default;
};

class NameWait : public ListNode<struct NameWaitTag> {
 public:
  explicit NameWait(NameEvents& events) : events_(events) {}

 private:
  friend class DynamicHosts;
  NameEvents& events_;
  BudgetToken place_;
};

}  // namespace sluice::upstream
