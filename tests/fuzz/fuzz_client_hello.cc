// The first flight of a TLS client as the inspector reads it: whatever comes, it reads nothing
// outside, agrees with itself however the bytes are cut, and keeps its limits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "client_hello.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::filters::tls_inspector;
  // A copy of just that size: a read behind its end is a crash under the sanitizers.
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const ClientHello whole = ParseClientHello(bytes);
  if (whole.state != HelloState::kOk && (!whole.server_name.empty() || !whole.alpn.empty())) {
    std::abort();
  }
  if (whole.server_name.size() > bytes.size()) std::abort();
  for (const std::string& name : whole.alpn) {
    if (name.empty() || name.size() > 255) std::abort();
  }
  // What a prefix says for certain, the whole says too.
  const std::string half = bytes.substr(0, size / 2);
  const ClientHello part = ParseClientHello(half);
  if (part.state == HelloState::kOk && part.server_name != whole.server_name) std::abort();
  if (part.state == HelloState::kNotTls && whole.state == HelloState::kOk) std::abort();
  ParseClientHello(bytes, 64);
  return 0;
}
