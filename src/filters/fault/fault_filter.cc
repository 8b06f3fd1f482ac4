#include "fault_filter.h"

#include <algorithm>
#include <chrono>

#include "sluice/http/number.h"
#include "sluice/route/route_entry.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::fault {

using filter::FilterStatus;

namespace {

constexpr std::string_view kName = "envoy.filters.http.fault";
constexpr std::string_view kDelayMs = "x-envoy-fault-delay-request";
constexpr std::string_view kDelayPercentage = "x-envoy-fault-delay-request-percentage";
constexpr std::string_view kAbortStatus = "x-envoy-fault-abort-request";
constexpr std::string_view kAbortGrpcStatus = "x-envoy-fault-abort-grpc-request";
constexpr std::string_view kAbortPercentage = "x-envoy-fault-abort-request-percentage";
constexpr std::string_view kThroughput = "x-envoy-fault-throughput-response";
constexpr std::string_view kThroughputPercentage = "x-envoy-fault-throughput-response-percentage";
constexpr uint64_t kMaxDelayMs = uint64_t{24} * 60 * 60 * 1000;

std::optional<uint64_t> NumberOf(const http::HeaderMap& head, std::string_view name) {
  const auto text = head.Get(name);
  return text ? http::ParseDecimal(*text) : std::nullopt;
}

uint64_t Runtime(const match::RuntimeSnapshot* runtime, const std::string& key,
                 uint64_t configured) {
  return runtime == nullptr ? configured : runtime->FindInteger(key).value_or(configured);
}

// `own` is the key for the cluster that the request comes from; null: not known.
uint64_t Runtime(const match::RuntimeSnapshot* runtime, const std::string* own,
                 const std::string& key, uint64_t configured) {
  return Runtime(runtime, own != nullptr ? *own : key, Runtime(runtime, key, configured));
}

// With header control the client may lower the share, but not raise it.
bool Chosen(const match::RuntimeFraction& configured, const match::RuntimeSnapshot* runtime,
            const std::string* own, Source source, const http::HeaderMap& head,
            std::string_view percentage, uint64_t random) {
  match::Fraction share = configured.default_value;
  if (runtime != nullptr) {
    share = runtime->FindFraction(configured.key).value_or(share);
    if (own != nullptr) share = runtime->FindFraction(*own).value_or(share);
  }
  if (source == Source::kHeader) {
    if (const auto numerator = NumberOf(head, percentage)) {
      share.numerator = static_cast<uint32_t>(std::min<uint64_t>(share.numerator, *numerator));
    }
  }
  return share.Includes(random);
}

}  // namespace

FaultFilter::~FaultFilter() {
  if (active_) shared_.stats.active_faults.Dec();
}

bool FaultFilter::Applies(const http::HeaderMap& head) {
  if (!fault_->upstream_cluster.empty()) {
    const route::RouteEntry* route = host().route();
    if (route == nullptr || route->cluster.name != fault_->upstream_cluster) return false;
  }
  if (!fault_->downstream_nodes.empty()) {
    const auto node = head.Get(http::HeaderId::kXEnvoyDownstreamServiceNode);
    const auto& nodes = fault_->downstream_nodes;
    if (!node || std::find(nodes.begin(), nodes.end(), *node) == nodes.end()) return false;
  }
  return match::AllMatch(fault_->headers, head);
}

std::optional<Duration> FaultFilter::DelayOf(const http::HeaderMap& head) const {
  if (fault_->delay == Source::kNone) return std::nullopt;
  const std::string* own = from_ != nullptr ? &from_->delay_percent : nullptr;
  if (!Chosen(fault_->delay_share, runtime(), own, fault_->delay, head, kDelayPercentage,
              dice_.delay)) {
    return std::nullopt;
  }
  if (fault_->delay == Source::kFixed) {
    const auto configured = std::chrono::ceil<std::chrono::milliseconds>(fault_->fixed_delay);
    const uint64_t ms = Runtime(runtime(), from_ != nullptr ? &from_->delay_ms : nullptr,
                                fault_->delay_key, static_cast<uint64_t>(configured.count()));
    return std::chrono::milliseconds(std::min(ms, kMaxDelayMs));
  }
  const auto ms = NumberOf(head, kDelayMs);
  if (!ms || *ms == 0) return std::nullopt;
  return std::chrono::milliseconds(std::min(*ms, kMaxDelayMs));
}

bool FaultFilter::TakePlace() {
  if (active_) return true;
  token_ = BudgetToken::Take(shared_.active, shared_.slot);
  const uint64_t most = Runtime(runtime(), shared_.fault.most_active_key,
                                shared_.fault.most_active.value_or(UINT32_MAX));
  if (shared_.active.used() > most) {
    token_.Reset();
    shared_.stats.faults_overflow.Inc();
    return false;
  }
  active_ = true;
  shared_.stats.active_faults.Inc();
  for (const auto& [key, value] : fault_->metadata) {
    host().info().dynamic_metadata(kName).insert_or_assign(key, value);
  }
  return true;
}

FilterStatus FaultFilter::OnRequestHead(http::HeaderMap& head, bool /*end*/) {
  const auto* route = static_cast<const Fault*>(host().route_config());
  fault_ = route != nullptr ? route : &shared_.fault;
  if (!Applies(head)) return FilterStatus::kContinue;
  if (fault_->by_downstream_cluster) {
    const auto name = head.Get(http::HeaderId::kXEnvoyDownstreamServiceCluster);
    if (name) from_ = shared_.clusters->For(*name);
  }
  MaybeThrottle(head);
  if (const auto delay = DelayOf(head); delay && TakePlace()) {
    shared_.stats.delays_injected.Inc();
    if (from_ != nullptr) from_->delays_injected.Inc();
    host().info().flags.Set(stream::ResponseFlag::kDelayInjected);
    delay_ = std::make_unique<Timer>(host().worker().loop, [this] { OnDelayOver(); });
    delay_->Arm(*delay);
    return FilterStatus::kStopAllWatermark;
  }
  return MaybeAbort() ? FilterStatus::kStop : FilterStatus::kContinue;
}

void FaultFilter::MaybeThrottle(const http::HeaderMap& head) {
  if (fault_->throttle == Source::kNone) return;
  if (!Chosen(fault_->throttle_share, runtime(), nullptr, fault_->throttle, head,
              kThroughputPercentage, dice_.throttle)) {
    return;
  }
  const uint64_t kbps = fault_->throttle == Source::kFixed
                            ? fault_->limit_kbps
                            : NumberOf(head, kThroughput).value_or(0);
  if (kbps == 0 || !TakePlace()) return;
  shared_.stats.response_rl_injected.Inc();
  throttle_ = std::make_unique<ResponseThrottle>(host(), kbps);
}

FilterStatus FaultFilter::OnResponseData(ByteChain& data, bool /*end*/) {
  return throttle_ == nullptr ? FilterStatus::kContinue : throttle_->OnData(data);
}

void FaultFilter::OnDestroy() {
  delay_.reset();
  throttle_.reset();
}

void FaultFilter::OnDelayOver() {
  if (!MaybeAbort()) host().ContinueRequest();
}

bool FaultFilter::MaybeAbort() {
  if (fault_->abort == Source::kNone) return false;
  const http::HeaderMap& head = host().request_head();
  const std::string* own = from_ != nullptr ? &from_->abort_percent : nullptr;
  if (!Chosen(fault_->abort_share, runtime(), own, fault_->abort, head, kAbortPercentage,
              dice_.abort)) {
    return false;
  }
  filter::LocalReply reply{
      .status = 200, .body = "fault filter abort", .details = "fault_filter_abort"};
  if (fault_->abort == Source::kFixed) {
    if (fault_->http_status != 0) {
      const uint64_t status = Runtime(runtime(), from_ != nullptr ? &from_->abort_status : nullptr,
                                      fault_->http_status_key, fault_->http_status);
      // What is no status changes nothing.
      reply.status =
          status >= 200 && status < 600 ? static_cast<uint32_t>(status) : fault_->http_status;
    }
    if (fault_->grpc_status) {
      reply.grpc_status =
          static_cast<uint32_t>(Runtime(runtime(), fault_->grpc_status_key, *fault_->grpc_status));
    }
  } else if (const auto status = NumberOf(head, kAbortStatus);
             status && *status >= 200 && *status < 600) {
    reply.status = static_cast<uint32_t>(*status);
  } else if (const auto grpc = NumberOf(head, kAbortGrpcStatus); grpc && *grpc <= UINT32_MAX) {
    reply.grpc_status = static_cast<uint32_t>(*grpc);
  } else {
    return false;
  }
  if (!TakePlace()) return false;
  shared_.stats.aborts_injected.Inc();
  if (from_ != nullptr) from_->aborts_injected.Inc();
  host().info().flags.Set(stream::ResponseFlag::kFaultInjected);
  host().SendLocalReply(reply);
  return true;
}

}  // namespace sluice::filters::fault
