#include "dynamic_discovery.h"

#include <utility>

#include "sluice/upstream/cluster_config.h"

namespace sluice::upstream {
namespace {

// What is not the Internet's: this host, private and shared networks, links, documentation,
// multicast and reserved (RFC 6890 and its successors); IPv4 in IPv6 as well.
constexpr std::pair<std::string_view, uint32_t> kNotPublic[] = {
    {"0.0.0.0", 8},      {"10.0.0.0", 8},    {"100.64.0.0", 10},   {"127.0.0.0", 8},
    {"169.254.0.0", 16}, {"172.16.0.0", 12}, {"192.0.0.0", 24},    {"192.0.2.0", 24},
    {"192.168.0.0", 16}, {"198.18.0.0", 15}, {"198.51.100.0", 24}, {"203.0.113.0", 24},
    {"224.0.0.0", 3},    {"::", 96},         {"::ffff:0:0", 96},   {"64:ff9b::", 96},
    {"64:ff9b:1::", 48}, {"100::", 64},      {"2001::", 23},       {"2001:db8::", 32},
    {"2002::", 16},      {"fc00::", 7},      {"fe80::", 10},       {"ff00::", 8},
};

match::CidrSet NotPublic() {
  std::vector<match::CidrRange> ranges;
  for (const auto& [address, size] : kNotPublic) {
    ranges.push_back(match::CidrRange::Parse(address, size).value());
  }
  return match::CidrSet(ranges);
}

}  // namespace

DynamicDiscovery::DynamicDiscovery(const DiscoveryContext& context) : context_(context) {
  if (context_.options.public_hosts_only) forbidden_ = NotPublic();
  context_.names->Add(*this);
}

DynamicDiscovery::~DynamicDiscovery() { context_.names->Remove(*this); }

void DynamicDiscovery::Start(OnHosts hosts, std::function<void()> first) {
  on_hosts_ = std::move(hosts);
  context_.names->Start();
  OnNamesChanged();
  first();
}

void DynamicDiscovery::Want(std::string name, NameAnswer answer) {
  context_.names->Want(
      name, [this, name, answer = std::move(answer), alive = std::weak_ptr<const void>(alive_)](
                NameOutcome outcome, std::string_view detail) mutable {
        if (alive.expired()) return;  // those who waited know
        if (outcome == NameOutcome::kKnown && !known_.contains(name)) {
          return answer(NameOutcome::kFailed, "its address is not public");
        }
        answer(outcome, detail);
      });
}

bool DynamicDiscovery::Forbidden(const net::Address& address) const {
  return forbidden_.Contains(address.IpBytes());
}

void DynamicDiscovery::OnNamesChanged() {
  std::map<std::string, Known> now;
  context_.names->ForEach([&](const std::string& name, const net::Address& address) {
    if (Forbidden(address)) return;
    const auto old = known_.find(name);
    if (old == known_.end()) {
      now.emplace(name, Known{context_.snapshots.MakeNamed(name, address, nullptr)});
      return;
    }
    Known& known = now.emplace(name, std::move(old->second)).first->second;
    if (known.entry.endpoint->address != address) {
      known.entry = context_.snapshots.MakeNamed(name, address, known.entry.record);
    }
  });
  known_ = std::move(now);
  if (on_hosts_) Publish();
}

void DynamicDiscovery::Publish() {
  auto snapshot = std::make_shared<HostSetSnapshot>(*context_.snapshots.MakeEmpty());
  snapshot->hosts.reserve(known_.size());
  for (const auto& [name, known] : known_) snapshot->hosts.push_back(known.entry);
  on_hosts_(std::move(snapshot));
}

// Connections count as use while they are open.
bool DynamicDiscovery::TakeUse(const std::string& name) {
  const auto found = known_.find(name);
  if (found == known_.end()) return false;
  const HostRecord& record = *found->second.entry.record;
  const uint64_t uses = record.Sum(&HostCells::rq_total) + record.Sum(&HostCells::cx_total);
  const bool used = std::exchange(found->second.uses, uses) != uses;
  return used || record.Sum(&HostCells::rq_active) != 0;
}

}  // namespace sluice::upstream
