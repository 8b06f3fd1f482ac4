// The log, clocks, ticks, contexts, and what does not belong to a stream.
#include <chrono>
#include <string>

#include "host.h"
#include "host_log.h"
#include "sluice/base/log.h"
#include "sluice/wasm/plugin.h"

namespace sluice::wasm {
namespace {

Status Written(bool good) { return good ? Status::kOk : Status::kInvalidMemoryAccess; }

// A log line of somebody else's: one line, whatever is in it.
std::string Cleaned(std::string_view text) {
  std::string out(text.substr(0, kMaxLogLine));
  while (!out.empty() && (out.back() == '\n' || out.back() == '\r')) out.pop_back();
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t') c = ' ';
  }
  return out;
}

}  // namespace

void LogLine(Vm& vm, log::Level level, std::string_view text) {
  if (!log::Enabled(log::Component::kWasm, level)) return;
  std::string line = "wasm log";
  if (vm.has_current()) {
    const Plugin& plugin = vm.current().root().plugin();
    for (const std::string* part : {&plugin.name, &plugin.root_id}) {
      if (!part->empty()) line.append(" ").append(*part);
    }
  }
  line.append(": ").append(Cleaned(text));
  log::detail::Write(log::Component::kWasm, level, line, __FILE__, __LINE__);
}

namespace {

Status Log(const HostCall& call) {
  std::string_view text;
  if (call.U32(0) > static_cast<uint32_t>(log::Level::kCritical)) return Status::kBadArgument;
  if (!call.Text(1, text)) return Status::kInvalidMemoryAccess;
  LogLine(call.vm, static_cast<log::Level>(call.U32(0)), text);
  return Status::kOk;
}

Status GetLogLevel(const HostCall& call) {
  const auto level = static_cast<uint32_t>(log::GetLevel(log::Component::kWasm));
  return Written(call.vm.WriteU32(call.U32(0), level));
}

Status SetTickPeriod(const HostCall& call) {
  call.vm.current().root().SetTick(std::chrono::milliseconds(call.U32(0)));
  return Status::kOk;
}

Status GetTime(const HostCall& call) {
  const auto now = call.vm.worker().loop.clock().Wall().time_since_epoch();
  return Written(call.vm.WriteU64(
      call.U32(0),
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count())));
}

Status SetEffectiveContext(const HostCall& call) {
  return call.vm.SetCurrent(call.U32(0)) ? Status::kOk : Status::kBadArgument;
}

Status Done(const HostCall& call) {
  call.vm.Defer(call.vm.current(), Deferred::kFinish);
  return Status::kOk;
}

// Of the gRPC call that the module is being told of.
Status GetStatus(const HostCall& call) {
  const auto [code, message] = call.vm.current().root().CallStatus();
  if (!call.vm.WriteU32(call.U32(0), code)) return Status::kInvalidMemoryAccess;
  return call.vm.Give(std::string(message), call.U32(1), call.U32(2));
}

// 0.1.0: the configuration of whatever is being configured.
Status GetConfiguration(const HostCall& call) {
  RootContext& root = call.vm.current().root();
  const BufferType type =
      root.configuring() ? BufferType::kPluginConfiguration : BufferType::kVmConfiguration;
  return call.vm.Give(root.Buffer(type)->text, call.U32(0), call.U32(1));
}

uint32_t Nothing(const HostCall& /*call*/) { return 0; }

constexpr HostEntry kEntries[] = {
    {"proxy_log", "iii", &AsStatus<Log>},
    {"proxy_get_log_level", "i", &AsStatus<GetLogLevel>},
    {"proxy_set_tick_period_milliseconds", "i", &AsStatus<SetTickPeriod>},
    {"proxy_get_current_time_nanoseconds", "i", &AsStatus<GetTime>},
    {"proxy_set_effective_context", "i", &AsStatus<SetEffectiveContext>},
    {"proxy_done", "", &AsStatus<Done>},
    {"proxy_get_status", "iii", &AsStatus<GetStatus>},
    {"proxy_get_configuration", "ii", &AsStatus<GetConfiguration>},  // 0.1.0
    {"emscripten_notify_memory_growth", "i", &Nothing, false},
};

}  // namespace

std::span<const HostEntry> ProcessFunctions() { return kEntries; }

}  // namespace sluice::wasm
