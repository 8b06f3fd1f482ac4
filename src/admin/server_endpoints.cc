// What the server says of itself: /ready, /server_info, /memory, /certs, /runtime, /init_dump.
#include <chrono>
#include <fstream>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include "tables.h"

namespace sluice::admin {
namespace {

using config::Node;

Response Ready(const Request& /*request*/, AdminHost& host) {
  const ServerState state = host.State();
  return TextResponse(std::string(ServerStateName(state)) + "\n",
                      state == ServerState::kLive ? 200 : 503);
}

Response ServerInfo(const Request& /*request*/, AdminHost& host) {
  const auto up = std::chrono::duration_cast<std::chrono::seconds>(host.Now() - host.StartTime());
  const std::string uptime = fmt::format("{}s", up.count());
  Node root = Node::Map();
  PutAlways(root, "version", host.Version());
  PutAlways(root, "state", ServerStateName(host.State()));
  PutAlways(root, "uptime_current_epoch", uptime);
  PutAlways(root, "uptime_all_epochs", uptime);
  PutAlways(root, "hot_restart_version", "disabled");
  Put(root, "command_line_options", host.CommandLineOptions());
  Put(root, "node", host.NodeInfo());
  return JsonResponse(PrettyJson(root));
}

Response HotRestartVersion(const Request& /*request*/, AdminHost& /*host*/) {
  return TextResponse("disabled");
}

uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t total = 0;
  uint64_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

Response Memory(const Request& /*request*/, AdminHost& /*host*/) {
  const struct mallinfo2 heap = mallinfo2();
  Node root = Node::Map();
  const auto put = [&](std::string_view name, uint64_t bytes) {
    PutAlways(root, name, std::to_string(bytes));  // uint64: a string in JSON
  };
  put("allocated", heap.uordblks + heap.hblkhd);
  put("heap_size", heap.arena + heap.hblkhd);
  put("pageheap_unmapped", 0);
  put("pageheap_free", heap.fordblks);
  put("total_thread_cache", heap.fsmblks);
  put("total_physical_bytes", ResidentBytes());
  return JsonResponse(PrettyJson(root));
}

Node CertificateNode(const CertificateView& certificate, WallTime now) {
  Node node = Node::Map();
  PutAlways(node, "path", certificate.path);
  PutAlways(node, "serial_number", certificate.serial_number);
  Node names = Node::List();
  for (const auto& [kind, value] : certificate.subject_alt_names) {
    Node name = Node::Map();
    PutAlways(name, kind, value);
    names.items.push_back(std::move(name));
  }
  Put(node, "subject_alt_names", std::move(names));
  const auto left = std::chrono::floor<std::chrono::days>(certificate.expiration_time - now);
  const auto days = left.count() < 0 ? 0 : left.count();
  PutAlways(node, "days_until_expiration", std::to_string(days));
  PutAlways(node, "valid_from", Timestamp(certificate.valid_from));
  PutAlways(node, "expiration_time", Timestamp(certificate.expiration_time));
  return node;
}

Response Certs(const Request& /*request*/, AdminHost& host) {
  Node certificates = Node::List();
  for (const CertificateSetView& set : host.Certificates()) {
    Node node = Node::Map();
    Node ca = Node::List();
    Node chain = Node::List();
    for (const auto& cert : set.ca_cert) ca.items.push_back(CertificateNode(cert, host.Now()));
    for (const auto& cert : set.cert_chain) {
      chain.items.push_back(CertificateNode(cert, host.Now()));
    }
    Put(node, "ca_cert", std::move(ca));
    Put(node, "cert_chain", std::move(chain));
    certificates.items.push_back(std::move(node));
  }
  Node root = Node::Map();
  Put(root, "certificates", std::move(certificates));
  return JsonResponse(PrettyJson(root));
}

Response Runtime(const Request& /*request*/, AdminHost& host) {
  const RuntimeView runtime = host.Runtime();
  Node layers = Node::List();
  for (const std::string& layer : runtime.layers) layers.items.push_back(Node::Text(layer));
  Node entries = Node::Map();
  for (const RuntimeValueView& value : runtime.entries) {
    Node values = Node::List();
    for (const std::string& text : value.layer_values) values.items.push_back(Node::Text(text));
    Node entry = Node::Map();
    PutAlways(entry, "final_value", value.final_value);
    Put(entry, "layer_values", std::move(values));
    Put(entries, value.key, std::move(entry));
  }
  Node root = Node::Map();
  Put(root, "entries", std::move(entries));
  Put(root, "layers", std::move(layers));
  return JsonResponse(PrettyJson(root));
}

Response RuntimeModify(const Request& request, AdminHost& host) {
  auto values = request.query;
  if (!request.body.empty()) {  // a form
    for (auto& value : ParseRequest("", "?" + request.body, "").query) {
      values.push_back(std::move(value));
    }
  }
  if (values.empty()) {
    return TextResponse(
        "usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN\n"
        "       or send the parameters as form values\n"
        "use an empty value to remove a previously added override",
        400);
  }
  if (!host.ModifyRuntime(values)) return TextResponse("No admin layer specified", 503);
  return TextResponse("OK\n");
}

// Which parts are waited for: nothing is, once the server answers.
Response InitDump(const Request& /*request*/, AdminHost& /*host*/) {
  return JsonResponse(PrettyJson(Node::Map()));
}

}  // namespace

std::string_view ServerStateName(ServerState state) {
  switch (state) {
    case ServerState::kLive: return "LIVE";
    case ServerState::kDraining: return "DRAINING";
    case ServerState::kPreInitializing: return "PRE_INITIALIZING";
    case ServerState::kInitializing: return "INITIALIZING";
  }
  return "";
}

std::vector<Endpoint> ServerEndpoints() {
  return {
      {.path = "/ready",
       .help = "print server state, return 200 if LIVE, otherwise return 503",
       .params = {},
       .handle = Ready},
      {.path = "/server_info",
       .help = "print server version/status information",
       .params = {},
       .handle = ServerInfo},
      {.path = "/hot_restart_version",
       .help = "print the hot restart compatibility version",
       .params = {},
       .handle = HotRestartVersion},
      {.path = "/memory",
       .help = "print current allocation/heap usage",
       .params = {},
       .handle = Memory},
      {.path = "/certs", .help = "print certs on machine", .params = {}, .handle = Certs},
      {.path = "/runtime", .help = "print runtime values", .params = {}, .handle = Runtime},
      {.path = "/runtime_modify",
       .help = "Adds or modifies runtime values as passed in query parameters. To delete a "
               "previously added key, use an empty string as the value. Note that deletion only "
               "applies to overrides added via this endpoint; values loaded from disk can be "
               "modified via override but not deleted. E.g. ?key1=value1&key2=value2...",
       .mutates = true,
       .params = {},
       .handle = RuntimeModify},
      {.path = "/init_dump",
       .help = "dump current init manager information (experimental)",
       .params = {{"mask", "The desired component to dump unready targets."}},
       .handle = InitDump},
  };
}

}  // namespace sluice::admin
