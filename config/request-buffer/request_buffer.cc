// Holds requests while their service is scaled to zero, as a Proxy-Wasm module. Two plugins in one:
// `poller` is the singleton that asks the control plane which hosts are asleep and keeps their list
// in shared data; `filter` pauses requests for those hosts, pokes the control plane, and lets the
// requests go on a tick when their host has gone from the list.
#include <cstring>
#include <map>

#include "proxy.h"

using namespace proxy;

namespace {

constexpr char kKey[] = "scaled-to-zero";
constexpr uint32_t kPollMs = 250;
constexpr uint32_t kLookMs = 50;
constexpr uint32_t kCallMs = 2000;
constexpr uint32_t kStop = 1;

enum class Role { kPoller, kFilter };

std::string cluster;  // of the control plane
std::map<uint32_t, Role> roots;
std::map<uint32_t, std::string> held;     // stream -> host
std::map<std::string, uint32_t> by_host;  // how many are held

uint32_t Send(std::string_view method, const std::string& path) {
  const std::string head =
      Write({{":method", std::string(method)}, {":path", path}, {":authority", cluster}});
  uint32_t token = 0;
  return proxy_http_call(cluster.data(), cluster.size(), head.data(), head.size(), nullptr, 0,
                         nullptr, 0, kCallMs, &token);
}

// ["a","b"] is kept as "\na\nb\n": a host is looked for with a newline on either side.
std::string ToLines(std::string_view json) {
  std::string lines = "\n";
  bool inside = false;
  for (const char c : json) {
    if (c == '"') {
      if (inside) lines.push_back('\n');
      inside = !inside;
    } else if (inside) {
      lines.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c));
    }
  }
  return lines;
}

std::string Asleep() {
  char* data = nullptr;
  size_t size = 0;
  uint32_t cas = 0;
  if (proxy_get_shared_data(kKey, strlen(kKey), &data, &size, &cas) != 0) return {};
  return Take(data, size);
}

bool Has(const std::string& lines, const std::string& host) {
  return lines.find("\n" + host + "\n") != std::string::npos;
}

std::string HostOf(std::string authority) {
  const size_t port = authority.rfind(':');
  if (port != std::string::npos && authority.find(']', port) == std::string::npos)
    authority.resize(port);
  for (char& c : authority) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return authority;
}

void Forget(uint32_t id) {
  const auto found = held.find(id);
  if (found == held.end()) return;
  if (--by_host[found->second] == 0) by_host.erase(found->second);
  held.erase(found);
}

void ReleaseAwake() {
  if (held.empty()) return;
  const std::string asleep = Asleep();
  std::vector<uint32_t> awake;
  for (const auto& [id, host] : held) {
    if (!Has(asleep, host)) awake.push_back(id);
  }
  for (const uint32_t id : awake) {
    Forget(id);
    proxy_set_effective_context(id);
    proxy_continue_stream(0);
  }
}

}  // namespace

EXPORTED(proxy_abi_version_0_2_1) void Abi() {}
EXPORTED(proxy_on_context_create) void OnContextCreate(uint32_t, uint32_t) {}
EXPORTED(proxy_on_vm_start) uint32_t OnVmStart(uint32_t, uint32_t) { return 1; }

// The configuration is the name of the control plane's cluster.
EXPORTED(proxy_on_configure) uint32_t OnConfigure(uint32_t root, uint32_t) {
  cluster = Bytes(kConfig);
  const bool poller = Property("plugin_root_id") == "poller";
  roots[root] = poller ? Role::kPoller : Role::kFilter;
  proxy_set_tick_period_milliseconds(poller ? kPollMs : kLookMs);
  return cluster.empty() ? 0 : 1;
}

EXPORTED(proxy_on_tick) void OnTick(uint32_t root) {
  if (roots[root] == Role::kFilter) return ReleaseAwake();
  Send("GET", "/");
}

// Of a poll; the answers to pokes have no body that matters.
EXPORTED(proxy_on_http_call_response)
void OnCall(uint32_t root, uint32_t, uint32_t headers, uint32_t size, uint32_t) {
  if (roots.count(root) == 0 || roots[root] != Role::kPoller || headers == 0) return;
  if (Header(kCall, ":status") != "200") return;
  const std::string lines = ToLines(Bytes(kCallBody, 0, size));
  if (lines != Asleep()) proxy_set_shared_data(kKey, strlen(kKey), lines.data(), lines.size(), 0);
}

EXPORTED(proxy_on_request_headers) uint32_t OnRequestHeaders(uint32_t id, uint32_t, uint32_t) {
  const std::string asleep = Asleep();
  if (asleep.size() <= 1) return 0;
  const std::string host = HostOf(Header(kRequest, ":authority"));
  if (!Has(asleep, host)) return 0;
  held[id] = host;
  if (by_host[host]++ == 0) Send("POST", "/poke-scale-up?host=" + host);
  return kStop;
}

EXPORTED(proxy_on_done) uint32_t OnDone(uint32_t) { return 1; }
EXPORTED(proxy_on_delete) void OnDelete(uint32_t id) { Forget(id); }
