// STRICT_DNS: each address of a name is a host. LOGICAL_DNS: the name is one host, and its first
// address is where new connections go. Each name is asked for on its own schedule: refresh rate or
// TTL after an answer, a growing random wait after a failure. Main thread.
#pragma once

#include <memory>
#include <vector>

#include "discovery.h"
#include "sluice/event/loop.h"

namespace sluice::upstream {

class DnsDiscovery final : public DiscoverySource {
 public:
  explicit DnsDiscovery(const DiscoveryContext& context);
  ~DnsDiscovery() override;

  // DiscoverySource
  void Start(OnHosts hosts, std::function<void()> first) override;

 private:
  // One endpoint of the configuration and what is known of it.
  struct Name {
    Name(DnsDiscovery& owner, const EndpointPlan& plan);
    const EndpointPlan& plan;
    Timer timer;
    std::unique_ptr<net::DnsQuery> query;
    std::vector<net::Address> addresses;
    bool answered = false;
    Duration failure_wait{};  // the upper end of the next one; zero: none has failed lately
  };

  void Ask(Name& name);
  void Answer(Name& name, Result<net::DnsAnswer> answer);
  bool Take(Name& name, const net::DnsAnswer& answer);
  void Publish();
  Duration WaitAfterSuccess(const net::DnsAnswer& answer) const;
  Duration WaitAfterFailure(Name& name) const;
  void NoteAnswered(Name& name);

  DiscoveryContext context_;
  std::vector<std::unique_ptr<Name>> names_;
  OnHosts on_hosts_;
  std::function<void()> on_first_;
};

}  // namespace sluice::upstream
