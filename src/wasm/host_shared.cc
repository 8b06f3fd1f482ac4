// Shared data, shared queues, metrics.
#include <string>

#include "host.h"
#include "shared_store.h"
#include "sluice/wasm/plugin.h"

namespace sluice::wasm {
namespace {

constexpr size_t kMaxMetrics = 10'000;
constexpr size_t kMaxMetricName = 512;

Status Written(bool good) { return good ? Status::kOk : Status::kInvalidMemoryAccess; }

// What a full store answers is counted.
Status Counted(const HostCall& call, Status status) {
  if (status == Status::kInternalFailure) call.vm.stats().shared_full.Inc();
  return status;
}

Status GetData(const HostCall& call) {
  std::string_view key;
  if (!call.Text(0, key)) return Status::kInvalidMemoryAccess;
  std::string value;
  uint32_t cas = 0;
  const Status status = SharedStore::ForProcess().Get(call.vm.plan().vm_id, key, value, cas);
  if (status != Status::kOk) return status;
  if (!call.vm.WriteU32(call.U32(4), cas)) return Status::kInvalidMemoryAccess;
  return call.vm.Give(value, call.U32(2), call.U32(3));
}

Status SetData(const HostCall& call) {
  std::string_view key;
  std::string_view value;
  if (!call.Text(0, key) || !call.Text(2, value)) return Status::kInvalidMemoryAccess;
  const VmPlan& plan = call.vm.plan();
  return Counted(call, SharedStore::ForProcess().Set(plan.vm_id, key, value, call.U32(4),
                                                     plan.max_shared_bytes));
}

Status RegisterQueue(const HostCall& call) {
  std::string_view name;
  if (!call.Text(0, name)) return Status::kInvalidMemoryAccess;
  Vm& vm = call.vm;
  SharedStore::Listener listener;
  listener.loop = &vm.worker().loop;
  listener.alive = vm.alive();
  listener.ready = [&vm, id = vm.current().root().id()](uint32_t token) {
    // Its id tells whether the root is still there.
    if (Context* root = vm.Find(id)) root->root().OnQueueReady(token);
  };
  const uint32_t token =
      SharedStore::ForProcess().Register(vm.plan().vm_id, name, std::move(listener));
  return Written(vm.WriteU32(call.U32(2), token));
}

Status ResolveQueue(const HostCall& call) {
  std::string_view vm_id;
  std::string_view name;
  if (!call.Text(0, vm_id) || !call.Text(2, name)) return Status::kInvalidMemoryAccess;
  uint32_t token = 0;
  const Status status = SharedStore::ForProcess().Resolve(vm_id, name, token);
  if (status != Status::kOk) return status;
  return Written(call.vm.WriteU32(call.U32(4), token));
}

Status Dequeue(const HostCall& call) {
  std::string bytes;
  const Status status = SharedStore::ForProcess().Dequeue(call.U32(0), bytes);
  if (status != Status::kOk) return status;
  return call.vm.Give(bytes, call.U32(1), call.U32(2));
}

Status Enqueue(const HostCall& call) {
  std::string_view bytes;
  if (!call.Text(1, bytes)) return Status::kInvalidMemoryAccess;
  return Counted(
      call, SharedStore::ForProcess().Enqueue(call.U32(0), bytes, call.vm.plan().max_shared_bytes));
}

Status DefineMetric(const HostCall& call) {
  std::string_view name;
  if (!call.Text(1, name)) return Status::kInvalidMemoryAccess;
  const uint32_t type = call.U32(0);
  if (type >= static_cast<uint32_t>(MetricType::kCount)) return Status::kBadArgument;
  if (name.empty() || name.size() > kMaxMetricName) return Status::kBadArgument;
  std::vector<Vm::Metric>& metrics = call.vm.metrics();
  size_t at = 0;
  while (at < metrics.size() &&
         (metrics[at].name != name || metrics[at].type != static_cast<MetricType>(type))) {
    ++at;
  }
  if (at == metrics.size()) {
    if (metrics.size() == kMaxMetrics) return Status::kInternalFailure;
    const stats::Scope scope(call.vm.worker().stats, call.vm.worker().slot, "wasmcustom");
    Vm::Metric& metric = metrics.emplace_back();
    metric.type = static_cast<MetricType>(type);
    metric.name = name;
    switch (metric.type) {
      case MetricType::kCounter: metric.counter = scope.MakeCounter(name); break;
      case MetricType::kGauge: metric.gauge = scope.MakeGauge(name); break;
      default: metric.histogram = scope.MakeHistogram(name); break;
    }
  }
  return Written(call.vm.WriteU32(call.U32(3), static_cast<uint32_t>(at + 1)));
}

Vm::Metric* MetricOf(const HostCall& call) {
  const uint32_t id = call.U32(0);
  return id == 0 || id > call.vm.metrics().size() ? nullptr : &call.vm.metrics()[id - 1];
}

Status IncrementMetric(const HostCall& call) {
  Vm::Metric* metric = MetricOf(call);
  if (metric == nullptr) return Status::kNotFound;
  const auto by = static_cast<int64_t>(call.U64(1));
  if (metric->type == MetricType::kCounter) {
    if (by < 0) return Status::kBadArgument;
    metric->counter.Add(static_cast<uint64_t>(by));
    return Status::kOk;
  }
  if (metric->type != MetricType::kGauge) return Status::kBadArgument;
  by >= 0 ? metric->gauge.Add(static_cast<uint64_t>(by))
          : metric->gauge.Sub(static_cast<uint64_t>(-(by + 1)) + 1);
  return Status::kOk;
}

Status RecordMetric(const HostCall& call) {
  Vm::Metric* metric = MetricOf(call);
  if (metric == nullptr) return Status::kNotFound;
  switch (metric->type) {
    case MetricType::kCounter: return Status::kBadArgument;
    case MetricType::kGauge: metric->gauge.Set(call.U64(1)); break;
    default: metric->histogram.Record(call.U64(1)); break;
  }
  return Status::kOk;
}

// Over all workers, as /stats shows it.
Status GetMetric(const HostCall& call) {
  const Vm::Metric* metric = MetricOf(call);
  if (metric == nullptr) return Status::kNotFound;
  if (metric->type == MetricType::kHistogram) return Status::kBadArgument;
  const stats::Store& store = call.vm.worker().stats;
  const std::string name = "wasmcustom." + metric->name;
  const uint64_t value =
      metric->type == MetricType::kCounter ? store.CounterValue(name) : store.GaugeValue(name);
  return Written(call.vm.WriteU64(call.U32(1), value));
}

constexpr HostEntry kEntries[] = {
    {"proxy_get_shared_data", "iiiii", &AsStatus<GetData>},
    {"proxy_set_shared_data", "iiiii", &AsStatus<SetData>},
    {"proxy_register_shared_queue", "iii", &AsStatus<RegisterQueue>},
    {"proxy_resolve_shared_queue", "iiiii", &AsStatus<ResolveQueue>},
    {"proxy_dequeue_shared_queue", "iii", &AsStatus<Dequeue>},
    {"proxy_enqueue_shared_queue", "iii", &AsStatus<Enqueue>},
    {"proxy_define_metric", "iiii", &AsStatus<DefineMetric>},
    {"proxy_increment_metric", "iI", &AsStatus<IncrementMetric>},
    {"proxy_record_metric", "iI", &AsStatus<RecordMetric>},
    {"proxy_get_metric", "ii", &AsStatus<GetMetric>},
};

}  // namespace

std::span<const HostEntry> SharedFunctions() { return kEntries; }

}  // namespace sluice::wasm
