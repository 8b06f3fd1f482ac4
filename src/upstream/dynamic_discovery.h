// The hosts of a dynamic_forward_proxy cluster: the names of its DNS cache, each one host, wherever
// the name leads now. Main thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "discovery.h"
#include "dns_cache.h"
#include "sluice/match/cidr.h"

namespace sluice::upstream {

class DynamicDiscovery final : public DiscoverySource, private DnsCache::Observer {
 public:
  explicit DynamicDiscovery(const DiscoveryContext& context);
  ~DynamicDiscovery() override;

  // DiscoverySource
  void Start(OnHosts hosts, std::function<void()> first) override;
  void Want(std::string name, NameAnswer answer) override;

 private:
  struct Known {
    HostEntry entry;
    uint64_t uses = 0;  // seen before
  };

  // DnsCache::Observer
  void OnNamesChanged() override;
  bool TakeUse(const std::string& name) override;

  void Publish();
  bool Forbidden(const net::Address& address) const;

  DiscoveryContext context_;
  match::CidrSet forbidden_;
  std::map<std::string, Known> known_;
  OnHosts on_hosts_;
  std::shared_ptr<const void> alive_ = std::make_shared<char>();  // for answers under way
};

}  // namespace sluice::upstream
