// The Proxy-Wasm ABI as these test modules see it: the imports, and strings around them. Written
// for the tests; modules made with published SDKs must work as well.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#define IMPORT(name) \
  extern "C" __attribute__((import_module("env"), import_name(#name))) uint32_t name
#define EXPORT extern "C" __attribute__((visibility("default"), used))
#define EXPORTED(name) EXPORT __attribute__((export_name(#name)))

IMPORT(proxy_log)(uint32_t level, const char* text, size_t size);
IMPORT(proxy_get_log_level)(uint32_t* level);
IMPORT(proxy_set_tick_period_milliseconds)(uint32_t ms);
IMPORT(proxy_get_current_time_nanoseconds)(uint64_t* time);
IMPORT(proxy_set_effective_context)(uint32_t id);
IMPORT(proxy_done)();
IMPORT(proxy_get_status)(uint32_t* code, char** text, size_t* size);
IMPORT(proxy_get_property)(const char* path, size_t path_size, char** value, size_t* size);
IMPORT(proxy_set_property)(const char* path, size_t path_size, const char* value, size_t size);
IMPORT(proxy_get_shared_data)(const char* key, size_t key_size, char** value, size_t* size,
                              uint32_t* cas);
IMPORT(proxy_set_shared_data)(const char* key, size_t key_size, const char* value, size_t size,
                              uint32_t cas);
IMPORT(proxy_register_shared_queue)(const char* name, size_t size, uint32_t* token);
IMPORT(proxy_resolve_shared_queue)(const char* vm, size_t vm_size, const char* name, size_t size,
                                   uint32_t* token);
IMPORT(proxy_dequeue_shared_queue)(uint32_t token, char** data, size_t* size);
IMPORT(proxy_enqueue_shared_queue)(uint32_t token, const char* data, size_t size);
IMPORT(proxy_add_header_map_value)(uint32_t type, const char* key, size_t key_size,
                                   const char* value, size_t size);
IMPORT(proxy_replace_header_map_value)(uint32_t type, const char* key, size_t key_size,
                                       const char* value, size_t size);
IMPORT(proxy_get_header_map_value)(uint32_t type, const char* key, size_t key_size, char** value,
                                   size_t* size);
IMPORT(proxy_remove_header_map_value)(uint32_t type, const char* key, size_t key_size);
IMPORT(proxy_get_header_map_pairs)(uint32_t type, char** data, size_t* size);
IMPORT(proxy_set_header_map_pairs)(uint32_t type, const char* data, size_t size);
IMPORT(proxy_get_header_map_size)(uint32_t type, size_t* size);
IMPORT(proxy_get_buffer_bytes)(uint32_t type, uint32_t start, uint32_t length, char** data,
                               size_t* size);
IMPORT(proxy_get_buffer_status)(uint32_t type, size_t* length, uint32_t* flags);
IMPORT(proxy_set_buffer_bytes)(uint32_t type, uint32_t start, uint32_t length, const char* data,
                               size_t size);
IMPORT(proxy_send_local_response)(uint32_t status, const char* details, size_t details_size,
                                  const char* body, size_t body_size, const char* headers,
                                  size_t headers_size, int32_t grpc);
IMPORT(proxy_continue_stream)(uint32_t type);
IMPORT(proxy_close_stream)(uint32_t type);
IMPORT(proxy_http_call)(const char* cluster, size_t cluster_size, const char* headers,
                        size_t headers_size, const char* body, size_t body_size,
                        const char* trailers, size_t trailers_size, uint32_t timeout_ms,
                        uint32_t* token);
IMPORT(proxy_grpc_call)(const char* service, size_t service_size, const char* name,
                        size_t name_size, const char* method, size_t method_size,
                        const char* metadata, size_t metadata_size, const char* message,
                        size_t message_size, uint32_t timeout_ms, uint32_t* token);
IMPORT(proxy_grpc_stream)(const char* service, size_t service_size, const char* name,
                          size_t name_size, const char* method, size_t method_size,
                          const char* metadata, size_t metadata_size, uint32_t* token);
IMPORT(proxy_grpc_send)(uint32_t token, const char* message, size_t size, uint32_t end);
IMPORT(proxy_grpc_close)(uint32_t token);
IMPORT(proxy_grpc_cancel)(uint32_t token);
IMPORT(proxy_define_metric)(uint32_t type, const char* name, size_t size, uint32_t* id);
IMPORT(proxy_increment_metric)(uint32_t id, int64_t by);
IMPORT(proxy_record_metric)(uint32_t id, uint64_t value);
IMPORT(proxy_get_metric)(uint32_t id, uint64_t* value);
IMPORT(proxy_call_foreign_function)(const char* name, size_t name_size, const char* argument,
                                    size_t size, char** result, size_t* result_size);

namespace proxy {

enum Map : uint32_t {
  kRequest,
  kRequestTrailers,
  kResponse,
  kResponseTrailers,
  kGrpcHead,
  kGrpcTrailers,
  kCall,
  kCallTrailers
};
enum Buffer : uint32_t {
  kRequestBody,
  kResponseBody,
  kDownstream,
  kUpstream,
  kCallBody,
  kGrpc,
  kVmConfig,
  kConfig
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

inline std::string Take(char* data, size_t size) {
  std::string out(data == nullptr ? "" : data, data == nullptr ? 0 : size);
  free(data);
  return out;
}
inline void Log(std::string_view text, uint32_t level = 2) {
  proxy_log(level, text.data(), text.size());
}

inline std::string Header(Map map, std::string_view name) {
  char* data = nullptr;
  size_t size = 0;
  if (proxy_get_header_map_value(map, name.data(), name.size(), &data, &size) != 0) return {};
  return Take(data, size);
}
inline uint32_t Set(Map map, std::string_view name, std::string_view value) {
  return proxy_replace_header_map_value(map, name.data(), name.size(), value.data(), value.size());
}
inline std::string Bytes(Buffer buffer, uint32_t start = 0, uint32_t length = UINT32_MAX) {
  char* data = nullptr;
  size_t size = 0;
  if (proxy_get_buffer_bytes(buffer, start, length, &data, &size) != 0) return "(none)";
  return Take(data, size);
}
inline std::string Property(std::string path) {
  for (char& c : path) {
    if (c == '|') c = '\0';
  }
  char* data = nullptr;
  size_t size = 0;
  const uint32_t status = proxy_get_property(path.data(), path.size(), &data, &size);
  return status != 0 ? "status " + std::to_string(status) : Take(data, size);
}
inline std::string Write(const Pairs& pairs) {
  std::string out;
  const auto word = [&](uint32_t value) { out.append(reinterpret_cast<const char*>(&value), 4); };
  word(static_cast<uint32_t>(pairs.size()));
  for (const auto& [key, value] : pairs) {
    word(static_cast<uint32_t>(key.size()));
    word(static_cast<uint32_t>(value.size()));
  }
  for (const auto& [key, value] : pairs) {
    out.append(key).push_back('\0');
    out.append(value).push_back('\0');
  }
  return out;
}

}  // namespace proxy
