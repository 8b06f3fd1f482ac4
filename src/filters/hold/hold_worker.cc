#include "hold_worker.h"

#include <utility>

#include "hold_filter.h"

namespace sluice::filters::hold {
namespace {

// Of one turn of the loop: thousands that go on at once must not keep others waiting.
constexpr size_t kBatch = 64;

}  // namespace

HoldWorker::HoldWorker(const HoldPlan& plan, filter::WorkerContext& worker)
    : plan_(plan),
      worker_(worker),
      stats_(stats::Make<HoldStats>(
          stats::Scope(worker.stats, worker.slot, "hold." + plan.config->stat_prefix))),
      age_timer_(worker.loop, [this] { OnAge(); }),
      wake_timer_(worker.loop, [this] { OnWake(); }),
      reader_(plan.control_plane->feed().Subscribe(
          worker.loop,
          [this](std::shared_ptr<const HostList> hosts) { TakeList(std::move(hosts)); })) {}

HoldWorker::~HoldWorker() = default;

filter::HttpFilter* HoldWorker::Create(Arena& arena) {
  if (hosts_ == nullptr || hosts_->empty()) return nullptr;
  return arena.New<HoldFilter>(*this);
}

bool HoldWorker::MustWait(std::string_view host) const {
  return hosts_->Has(host) && (plan_.hosts.empty() || match::AnyMatches(plan_.hosts, host));
}

void HoldWorker::Add(HoldFilter& filter, std::string_view host) {
  auto found = groups_.find(host);
  if (found == groups_.end()) {
    found = groups_.try_emplace(std::string(host)).first;
    found->second.host = found->first;
    plan_.control_plane->Wake(found->first);
  }
  filter.SetGroup(found->second);
  found->second.held.PushBack(filter);
  by_age_.PushBack(filter);
  if (!age_timer_.armed()) age_timer_.Arm(config().max_wait);
  if (!wake_timer_.armed()) wake_timer_.Arm(config().control_plane.poke_interval);
}

void HoldWorker::Remove(HoldFilter& filter) {
  Group& group = filter.group();
  filter.Leave();
  if (group.held.empty()) groups_.erase(groups_.find(group.host));
}

void HoldWorker::TakeList(std::shared_ptr<const HostList> hosts) {
  hosts_ = std::move(hosts);
  stats_.lists_taken.Inc();
  worker_.loop.RunLater(*this);
}

void HoldWorker::Run() {
  size_t room = kBatch;
  for (auto at = groups_.begin(); at != groups_.end() && room > 0;) {
    Group& group = (at++)->second;  // goes when its last request does
    if (!hosts_->Has(group.host)) room -= ReleaseFrom(group, room);
  }
  if (room == 0) worker_.loop.RunLater(*this);
}

size_t HoldWorker::ReleaseFrom(Group& group, size_t most) {
  size_t released = 0;
  for (bool more = true; more && released < most; ++released) {
    HoldFilter& next = group.held.front();
    more = &next != &group.held.back();
    Remove(next);
    next.Release();
  }
  return released;
}

void HoldWorker::OnAge() {
  for (size_t i = 0; i < kBatch && !by_age_.empty(); ++i) {
    HoldFilter& oldest = by_age_.front();
    const Duration left = oldest.deadline() - worker_.loop.Now();
    if (left > Duration::zero()) return age_timer_.Arm(left);
    Remove(oldest);
    oldest.TimeOut();
  }
  if (!by_age_.empty()) age_timer_.Arm(Duration::zero());
}

void HoldWorker::OnWake() {
  for (const auto& [host, group] : groups_) plan_.control_plane->Wake(host);
  if (!groups_.empty()) wake_timer_.Arm(config().control_plane.poke_interval);
}

}  // namespace sluice::filters::hold
