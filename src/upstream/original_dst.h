// ORIGINAL_DST: a connection goes where the client meant it to go before it was redirected to us,
// so hosts come into being as they are asked for and go when nobody has used them for a while.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "sluice/event/loop.h"
#include "sluice/upstream/load_balancer.h"

namespace sluice::upstream {

class OriginalDst final : public LoadBalancer {
 public:
  explicit OriginalDst(Cluster& cluster);

  // LoadBalancer
  void Update(std::span<const HostView> /*priorities*/) override {}
  Host* Pick(const LbContext& context) override;

 private:
  // More destinations than this at once are refused.
  static constexpr size_t kMaxHosts = 16384;

  struct Known {
    Host* host;
    bool used;  // since the last cleanup
  };
  Host* Find(const net::Address& address);
  void Cleanup();

  Cluster& cluster_;
  std::unordered_map<net::Address, Known> hosts_;
  Timer cleanup_;
};

}  // namespace sluice::upstream
