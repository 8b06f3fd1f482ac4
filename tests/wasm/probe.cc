// Does what the request's x-do says, and tells in x-result, which the backend sees. One verb for
// each host function, so that each has a scenario.
#include <cstdio>
#include <ctime>
#include <map>
#include <random>

#include "proxy.h"

using namespace proxy;

namespace {

struct Stream {
  std::string verb;
  std::string argument;
};

std::map<uint32_t, Stream> streams;
std::vector<uint32_t> waiting;  // for a tick
uint32_t root = 0;
uint32_t queue = 0;
std::map<uint32_t, uint32_t> asked;  // token of a call -> the stream that waits for it
uint32_t queued = 0;                 // the stream that has put something into the queue
std::string configuration;

void Result(std::string_view text) { Set(kRequest, "x-result", text); }
std::string Number(uint64_t value) { return std::to_string(value); }
uint64_t AsNumber(const std::string& bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i > 0; --i)
    value = (value << 8) | static_cast<uint8_t>(bytes[i - 1]);
  return value;
}

__attribute__((noinline)) uint32_t Deep(uint32_t depth) {
  volatile uint32_t keep = depth;
  return keep == UINT32_MAX ? 0 : Deep(depth + 1) + keep;
}

std::string Shared() {
  uint32_t cas = 0;
  char* data = nullptr;
  size_t size = 0;
  std::string out;
  const auto set = [&](std::string_view value, uint32_t with) {
    out += Number(proxy_set_shared_data("k", 1, value.data(), value.size(), with)) + " ";
  };
  set("one", 0);
  out += Number(proxy_get_shared_data("k", 1, &data, &size, &cas)) + " " + Take(data, size) + " ";
  set("two", cas);
  set("three", cas);  // too late: 8
  out += Number(proxy_get_shared_data("none", 4, &data, &size, &cas));
  return out;
}

std::string Metrics() {
  uint32_t ids[3] = {};
  std::string out;
  const char* names[] = {"probe.counter", "probe.gauge", "probe.histogram"};
  for (uint32_t i = 0; i < 3; ++i)
    out += Number(proxy_define_metric(i, names[i], std::string_view(names[i]).size(), &ids[i]));
  out +=
      " " + Number(proxy_increment_metric(ids[0], 5)) + Number(proxy_increment_metric(ids[0], -5));
  out += " " + Number(proxy_record_metric(ids[1], 40)) + Number(proxy_increment_metric(ids[1], -7));
  out += " " + Number(proxy_record_metric(ids[2], 12)) + Number(proxy_increment_metric(ids[2], 1));
  uint64_t value = 0;
  out += " " + Number(proxy_get_metric(ids[0], &value)) + " " + Number(value);
  out += " " + Number(proxy_get_metric(ids[1], &value)) + " " + Number(value);
  out += " " + Number(proxy_get_metric(99, &value));
  return out;
}

// Addresses and sizes that are not so: each must be answered, and nothing must be read or written.
std::string Lies() {
  char* const nowhere = reinterpret_cast<char*>(0xfffffff0);
  char* data = nullptr;
  size_t size = 0;
  std::string out;
  out += Number(proxy_log(2, nowhere, 64)) + " ";
  out += Number(proxy_log(2, nullptr, 0xffffffff)) + " ";
  out += Number(proxy_get_header_map_value(0, nowhere, 0x7fffffff, &data, &size)) + " ";
  out +=
      Number(proxy_get_header_map_value(0, ":path", 5, reinterpret_cast<char**>(nowhere), &size)) +
      " ";
  out += Number(proxy_get_header_map_value(77, ":path", 5, &data, &size)) + " ";
  out += Number(proxy_get_buffer_bytes(99, 0, 1, &data, &size)) + " ";
  out += Number(proxy_get_buffer_bytes(7, 0xffffffff, 0xffffffff, &data, &size)) + " ";
  const char pairs[] = {'\xff', '\xff', '\xff', '\x7f', 0, 0, 0, 0};
  out += Number(proxy_set_header_map_pairs(0, pairs, sizeof pairs)) + " ";
  out += Number(proxy_add_header_map_value(0, "x-bad", 5, "a\r\nb: c", 7)) + " ";
  out += Number(proxy_add_header_map_value(0, "x bad", 5, "a", 1)) + " ";
  out += Number(proxy_remove_header_map_value(0, ":path", 5)) + " ";
  out += Number(proxy_set_effective_context(4711)) + " ";
  out += Number(proxy_continue_stream(9)) + " ";
  out += Number(proxy_define_metric(7, "a", 1, reinterpret_cast<uint32_t*>(&size))) + " ";
  out += Number(proxy_dequeue_shared_queue(99, &data, &size));
  return out;
}

std::string HeaderMaps() {
  std::string out;
  size_t size = 0;
  out += Number(proxy_add_header_map_value(kRequest, "x-added", 7, "1", 1));
  out += Number(proxy_add_header_map_value(kRequest, "X-Added", 7, "2", 1));
  out += Number(proxy_replace_header_map_value(kRequest, "x-old", 5, "new", 3));
  out += Number(proxy_remove_header_map_value(kRequest, "x-gone", 6));
  out += " " + Header(kRequest, "x-added") + " ";
  char* data = nullptr;
  out += Number(proxy_get_header_map_pairs(kRequest, &data, &size));
  const std::string pairs = Take(data, size);
  out += Number(proxy_set_header_map_pairs(kRequest, pairs.data(), pairs.size()));
  out += Number(proxy_get_header_map_size(kRequest, &size));
  return out + (size > 0 ? " sized" : " empty");
}

std::string Wasi(const std::string& what) {
  if (what.starts_with("env ")) {
    const char* value = getenv(what.c_str() + 4);
    return value == nullptr ? "(unset)" : value;
  }
  if (what == "random") {
    std::random_device random;
    return random() != random() || random() != random() ? "random" : "constant";
  }
  if (what == "clock") {
    uint64_t ns = 0;
    proxy_get_current_time_nanoseconds(&ns);
    const auto seconds = static_cast<uint64_t>(time(nullptr));
    return seconds - ns / 1'000'000'000 <= 1 ? "clock" : "off";
  }
  printf("a printed line\n");
  fflush(stdout);
  return "printed";
}

uint32_t Call(uint32_t id, const std::string& cluster, uint32_t timeout_ms,
              const std::string& trailers = {}) {
  const std::string head =
      Write({{":method", "POST"}, {":path", "/called"}, {":authority", "other"}, {"x-a", "b"}});
  uint32_t token = 0;
  const uint32_t status =
      proxy_http_call(cluster.data(), cluster.size(), head.data(), head.size(), "ask", 3,
                      trailers.data(), trailers.size(), timeout_ms, &token);
  asked[token] = id;
  return status;
}

uint32_t GrpcCall(uint32_t id, const std::string& cluster, std::string_view method = "Method") {
  const std::string head = Write({{"x-a", "b"}});
  uint32_t token = 0;
  const uint32_t status =
      proxy_grpc_call(cluster.data(), cluster.size(), "a.Service", 9, method.data(), method.size(),
                      head.data(), head.size(), "msg", 3, 2000, &token);
  asked[token] = id;
  return status;
}

// Three messages, the last of which ends our half.
std::string GrpcStream(uint32_t id, const std::string& cluster) {
  uint32_t token = 0;
  std::string out = Number(proxy_grpc_stream(cluster.data(), cluster.size(), "a.Service", 9, "Chat",
                                             4, nullptr, 0, &token));
  asked[token] = id;
  out += Number(proxy_grpc_send(token, "one", 3, 0));
  out += Number(proxy_grpc_send(token, "two", 3, 0));
  out += Number(proxy_grpc_send(token, "end", 3, 1));
  return out + Number(proxy_grpc_send(token, "late", 4, 0));
}

// Of what is given up nothing comes back.
std::string GrpcCancel(uint32_t id, const std::string& cluster) {
  uint32_t token = 0;
  std::string out = Number(proxy_grpc_stream(cluster.data(), cluster.size(), "a.Service", 9, "Chat",
                                             4, nullptr, 0, &token));
  asked[token] = id;
  out += Number(proxy_grpc_send(token, "one", 3, 0));
  out += Number(proxy_grpc_cancel(token));
  out += Number(proxy_grpc_cancel(token));
  return out + Number(proxy_grpc_close(token));
}

uint32_t Misbehave(const std::string& verb) {
  if (verb == "trap") __builtin_trap();
  if (verb == "spin") {
    for (volatile uint32_t i = 0;; i = i + 1) {
    }
  }
  if (verb == "deep") return Result(Number(Deep(0))), 0;
  if (verb == "exit") exit(3);
  if (verb == "bomb") {
    for (;;) {
      auto* block = static_cast<volatile char*>(malloc(1 << 20));
      if (block == nullptr) abort();
      block[0] = 1;
    }
  }
  if (verb == "flood") {
    const std::string big(1 << 20, 'x');
    for (uint32_t i = 0; i < 1000; ++i) {
      const std::string key = "flood" + Number(i);
      const uint32_t status =
          proxy_set_shared_data(key.data(), key.size(), big.data(), big.size(), 0);
      if (status != 0) return Result("status " + Number(status)), 0;
    }
  }
  return 0;
}

// The verbs that call clusters; false: it is another one.
bool DoCall(uint32_t id, const std::string& verb, const std::string& argument, uint32_t& action) {
  constexpr uint32_t kWait = 1;
  const auto tell = [&](uint32_t status) {
    if (status != 0) Result("status " + Number(status));
    return status == 0 ? kWait : 0;
  };
  if (verb == "call") {
    action = tell(Call(id, argument, 2000));
  } else if (verb == "slow_call") {
    action = tell(Call(id, argument, 50));
  } else if (verb == "call_trailers") {
    action = tell(Call(id, argument, 2000, Write({{"x-last", "word"}})));
  } else if (verb == "grpc") {
    action = tell(GrpcCall(id, argument));
  } else if (verb == "grpc_fails") {
    action = tell(GrpcCall(id, argument, "Fails"));
  } else if (verb == "grpc_slow") {
    action = tell(GrpcCall(id, argument, "Sleeps"));
  } else if (verb == "grpc_stream") {
    Result(GrpcStream(id, argument));
    action = kWait;
  } else if (verb == "grpc_cancel") {
    Result(GrpcCancel(id, argument));
  } else {
    return false;
  }
  return true;
}

// 0: go on; 1: wait.
uint32_t Do(uint32_t id, const std::string& verb, const std::string& argument) {
  if (verb == "add") return Result("added"), 0;
  if (verb == "maps") return Result(HeaderMaps()), 0;
  if (verb == "property") return Result(Property(argument)), 0;
  if (verb == "number") return Result(Number(AsNumber(Property(argument)))), 0;
  if (verb == "set_property") {
    proxy_set_property("mine\0too", 8, argument.data(), argument.size());
    return Result(Property("mine|too")), 0;
  }
  if (verb == "config")
    return Result(configuration + " " + Bytes(kVmConfig) + " " + Bytes(kConfig)), 0;
  if (verb == "shared") return Result(Shared()), 0;
  if (verb == "metrics") return Result(Metrics()), 0;
  if (verb == "lies") return Result(Lies()), 0;
  if (verb == "wasi") return Result(Wasi(argument)), 0;
  if (verb == "local") {
    const std::string headers = Write({{"x-local", "yes"}, {"content-type", "text/tea"}});
    proxy_send_local_response(418, "a teapot", 8, "short and stout", 15, headers.data(),
                              headers.size(), -1);
    return 1;
  }
  if (verb == "local_grpc") return proxy_send_local_response(503, "", 0, "no", 2, nullptr, 0, 8), 1;
  if (verb == "close") return proxy_close_stream(0), 1;
  if (verb == "tick") return waiting.push_back(id), 1;
  if (verb == "forever") return 1;
  uint32_t action = 0;
  if (DoCall(id, verb, argument, action)) return action;
  if (verb == "send") {  // to the queue of another VM
    const size_t space = argument.find(' ');
    uint32_t token = 0;
    const uint32_t status = proxy_resolve_shared_queue(argument.data(), space, "q", 1, &token);
    const std::string text = argument.substr(space + 1);
    return Result(Number(status) +
                  Number(proxy_enqueue_shared_queue(token, text.data(), text.size()))),
           0;
  }
  if (verb == "queue") {
    uint32_t token = 0;
    const std::string vm = Property("plugin_vm_id");
    const uint32_t status = proxy_resolve_shared_queue(vm.data(), vm.size(), "q", 1, &token);
    queued = id;
    Result(Number(status) +
           Number(proxy_enqueue_shared_queue(token, argument.data(), argument.size())));
    return 1;
  }
  if (verb == "state") {
    const std::string argument_of =
        std::string("\x0a\x01k\x12") + static_cast<char>(argument.size()) + argument;
    const uint32_t status = proxy_call_foreign_function(
        "set_envoy_filter_state", 22, argument_of.data(), argument_of.size(), nullptr, nullptr);
    return Result(Number(status) + " " + Property("filter_state|k")), 0;
  }
  if (verb == "foreign") {
    char* data = nullptr;
    size_t size = 0;
    return Result(Number(proxy_call_foreign_function("clear_route_cache", 17, nullptr, 0, &data,
                                                     &size)) +
                  Number(proxy_call_foreign_function("nothing", 7, nullptr, 0, &data, &size))),
           0;
  }
  if (verb == "path") {
    Set(kRequest, ":path", argument);
    return Result("moved"), 0;
  }
  return Misbehave(verb);
}

void Resume(uint32_t id, std::string_view result) {
  proxy_set_effective_context(id);
  Result(result);
  proxy_continue_stream(0);
}

}  // namespace

EXPORTED(proxy_abi_version_0_2_1) void Abi() {}

EXPORTED(proxy_on_vm_start) uint32_t OnVmStart(uint32_t, uint32_t size) {
  configuration = "vm " + Number(size);
  return 1;
}

EXPORTED(proxy_on_configure) uint32_t OnConfigure(uint32_t id, uint32_t size) {
  root = id;
  configuration += " plugin " + Number(size);
  if (Bytes(kConfig) == "refuse") return 0;
  proxy_set_tick_period_milliseconds(10);
  proxy_register_shared_queue("q", 1, &queue);
  return 1;
}

EXPORTED(proxy_on_context_create) void OnContextCreate(uint32_t, uint32_t) {}

EXPORTED(proxy_on_tick) void OnTick(uint32_t) {
  for (const uint32_t id : std::exchange(waiting, {})) Resume(id, "ticked");
}

EXPORTED(proxy_on_queue_ready) void OnQueueReady(uint32_t, uint32_t token) {
  char* data = nullptr;
  size_t size = 0;
  const uint32_t status = proxy_dequeue_shared_queue(token, &data, &size);
  const std::string text = Take(data, size);
  const uint32_t again = proxy_dequeue_shared_queue(token, &data, &size);
  Log("from the queue: " + text);
  Resume(queued, Number(status) + " " + text + " " + Number(again));
}

EXPORTED(proxy_on_request_headers) uint32_t OnRequestHeaders(uint32_t id, uint32_t, uint32_t) {
  const std::string what = Header(kRequest, "x-do");
  const size_t space = what.find(' ');
  Stream& stream = streams[id];
  stream.verb = what.substr(0, space);
  stream.argument = space == std::string::npos ? "" : what.substr(space + 1);
  return Do(id, stream.verb, stream.argument);
}

EXPORTED(proxy_on_request_body) uint32_t OnRequestBody(uint32_t id, uint32_t size, uint32_t end) {
  const std::string& verb = streams[id].verb;
  if (verb == "body_upper") {
    if (end == 0) return 1;
    std::string body = Bytes(kRequestBody);
    for (char& c : body) c = static_cast<char>(toupper(c));
    proxy_set_buffer_bytes(kRequestBody, 0, size, body.data(), body.size());
  }
  if (verb == "body_around" && end != 0) {
    proxy_set_buffer_bytes(kRequestBody, 0, 0, "<", 1);
    proxy_set_buffer_bytes(kRequestBody, UINT32_MAX, 0, ">", 1);
    proxy_set_buffer_bytes(kRequestBody, 2, 1, "--", 2);
  }
  if (verb == "body_drop") return 3;
  return 0;
}

EXPORTED(proxy_on_request_trailers) uint32_t OnRequestTrailers(uint32_t, uint32_t) {
  Set(kRequestTrailers, "x-trailer-seen", Header(kRequestTrailers, "x-trailer"));
  return 0;
}

EXPORTED(proxy_on_response_headers) uint32_t OnResponseHeaders(uint32_t id, uint32_t, uint32_t) {
  Set(kResponse, "x-wasm", "seen");
  if (streams[id].verb == "response_upper")
    proxy_remove_header_map_value(kResponse, "content-length", 14);
  if (streams[id].verb == "late") Set(kResponse, "x-late", Property(streams[id].argument));
  if (streams[id].verb == "late_number")
    Set(kResponse, "x-late", Number(AsNumber(Property(streams[id].argument))));
  if (streams[id].verb == "response_code") Set(kResponse, ":status", streams[id].argument);
  if (streams[id].verb == "response_trap") __builtin_trap();
  if (streams[id].verb == "response_local" && Header(kResponse, ":status") != "451") {
    proxy_send_local_response(451, "", 0, "hidden", 6, nullptr, 0, -1);
  }
  return 0;
}

EXPORTED(proxy_on_response_body) uint32_t OnResponseBody(uint32_t id, uint32_t size, uint32_t end) {
  if (streams[id].verb != "response_upper") return 0;
  if (end == 0) return 1;
  std::string body = Bytes(kResponseBody);
  for (char& c : body) c = static_cast<char>(toupper(c));
  proxy_set_buffer_bytes(kResponseBody, 0, size, body.data(), body.size());
  return 0;
}

EXPORTED(proxy_on_response_trailers) uint32_t OnResponseTrailers(uint32_t, uint32_t) { return 0; }

EXPORTED(proxy_on_http_call_response)
void OnCall(uint32_t context, uint32_t token, uint32_t headers, uint32_t body, uint32_t trailers) {
  if (context != root) __builtin_trap();
  std::string text =
      headers == 0 ? "failed" : Header(kCall, ":status") + " " + Bytes(kCallBody, 0, body);
  if (trailers != 0) text += " " + Header(kCallTrailers, "x-bye");
  Resume(asked[token], text);
}

EXPORTED(proxy_on_grpc_receive_initial_metadata)
void OnGrpcHead(uint32_t, uint32_t token, uint32_t) {
  const std::string head = Header(kGrpcHead, "x-head");
  proxy_set_effective_context(asked[token]);
  Result(Header(kRequest, "x-result") + " head " + head);
}

EXPORTED(proxy_on_grpc_receive) void OnGrpc(uint32_t, uint32_t token, uint32_t size) {
  const std::string text = Bytes(kGrpc, 0, size);
  proxy_set_effective_context(asked[token]);
  Result(Header(kRequest, "x-result") + " got " + text);
  if (streams[asked[token]].verb != "grpc_stream") proxy_continue_stream(0);
}

EXPORTED(proxy_on_grpc_receive_trailing_metadata)
void OnGrpcTrailers(uint32_t, uint32_t token, uint32_t) {
  const std::string text = Header(kGrpcTrailers, "x-bye");
  proxy_set_effective_context(asked[token]);
  Result(Header(kRequest, "x-result") + " bye " + text);
}

EXPORTED(proxy_on_grpc_close) void OnGrpcClose(uint32_t, uint32_t token, uint32_t code) {
  proxy_set_effective_context(asked[token]);
  uint32_t status = 0;
  char* data = nullptr;
  size_t size = 0;
  proxy_get_status(&status, &data, &size);
  Result(Header(kRequest, "x-result") + " closed " + Number(code) + Number(status) +
         Take(data, size));
  proxy_continue_stream(0);
}

EXPORTED(proxy_on_done) uint32_t OnDone(uint32_t) { return 1; }
// An access log's entries come to the root.
void OnEntry() {
  uint32_t ids[2] = {};
  proxy_define_metric(0, "probe.entries", 13, &ids[0]);
  proxy_define_metric(1, "probe.code", 10, &ids[1]);
  proxy_increment_metric(ids[0], 1);
  proxy_record_metric(ids[1], AsNumber(Property("response|code")));
  const std::string change = Number(proxy_add_header_map_value(kRequest, "a", 1, "b", 1));
  Log("entry " + Property("request|path") + " " + Header(kRequest, "x-ask") + " " +
      Header(kResponse, "x-answer") + " " + change + " " +
      Number(proxy_set_property("a", 1, "b", 1)));
}

EXPORTED(proxy_on_log) void OnLog(uint32_t id) {
  if (id == root) return OnEntry();
  const std::string& verb = streams[id].verb;
  if (verb == "log")
    Log("logged " + Property("request|path") + " " + Number(AsNumber(Property("response|code"))));
}
EXPORTED(proxy_on_delete) void OnDelete(uint32_t id) { streams.erase(id); }
