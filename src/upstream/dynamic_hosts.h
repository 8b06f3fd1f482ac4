// The balancer of a dynamic_forward_proxy cluster: the host that the request names, once main has
// resolved it. Requests for names that are not known yet wait here.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "sluice/base/intrusive_list.h"
#include "sluice/stats/stats.h"
#include "sluice/upstream/load_balancer.h"
#include "sluice/upstream/named_host.h"

namespace sluice::upstream {

class DynamicHosts final : public LoadBalancer {
 public:
  explicit DynamicHosts(Cluster& cluster);
  ~DynamicHosts() override;

  // LoadBalancer
  void Update(std::span<const HostView> priorities) override;
  Host* Pick(const LbContext& context) override;

  bool Knows(std::string_view name) const { return hosts_.contains(name); }
  // Asks main unless somebody waits for the same name already. False: too many wait.
  bool Wait(std::string_view name, NameWait& wait);
  void Answer(std::string_view name, NameOutcome outcome, std::string_view detail);
  // No answer will come any more.
  void GiveUp();

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };
  using Waits = IntrusiveList<NameWait, NameWaitTag>;
  static void Wake(Waits& waits, NameOutcome outcome, std::string_view detail);

  Cluster& cluster_;
  std::unordered_map<std::string_view, Host*> hosts_;  // names are the hosts' own
  std::unordered_map<std::string, Waits, Hash, std::equal_to<>> waiting_;
  stats::Counter overflow_;
};

}  // namespace sluice::upstream
