// Frames from a hostile backend. Whatever they are: each response ends once or is reset, no field
// could end a line of HTTP/1, and how the bytes were cut into reads changes nothing.
//
// Input: one byte of options, one byte that seeds the cutting, then what the backend sends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/outcome.h"
#include "sluice/base/check.h"
#include "sluice/http/chars.h"
#include "unit/codec/http2/harness.h"

namespace sluice::http2::test {
namespace {

class Backend {
 public:
  explicit Backend(uint8_t bits) : client_(OptionsOf(bits)) {
    client_.Ask("GET");
    client_.Ask("HEAD");
    client_.Ask("POST", false);
    client_.Flush();
  }
  bool Feed(std::string_view bytes) { return client_.Feed(bytes).has_value(); }
  Outcome End() {
    client_.Flush();
    client_.codec->ConnectionLost(http::ResetReason::kConnectionTermination, "");
    std::string transcript;
    for (auto& sink : client_.sinks) {
      SLUICE_CHECK(sink->done);
      for (const auto& entry : sink->head.entries()) {
        SLUICE_CHECK(http::IsFieldValue(entry.Value()));
      }
      transcript.append(Told(sink->log)).append("; ");
    }
    SLUICE_CHECK(!client_.codec->reusable());
    return {transcript, client_.failure, client_.peer_left};
  }

 private:
  static ClientOptions OptionsOf(uint8_t bits) {
    ClientOptions options;
    options.stream_error_on_invalid_http_message = (bits & 1) != 0;
    if ((bits & 2) != 0) options.max_head_bytes = 256;
    return options;
  }
  Client client_;
};

void RunOne(std::string_view input) {
  if (input.size() < 3) return;
  const auto bits = static_cast<uint8_t>(input[0]);
  uint32_t seed = static_cast<uint8_t>(input[1]);
  input.remove_prefix(2);
  Backend whole(bits);
  static_cast<void>(whole.Feed(input));
  Backend cut(bits);
  bool alive = true;
  for (std::string_view rest = input; alive && !rest.empty();) {
    seed = seed * 1664525 + 1013904223;
    const size_t now = std::min<size_t>(rest.size(), 1 + (seed >> 24) % 37);
    alive = cut.Feed(rest.substr(0, now));
    rest.remove_prefix(now);
  }
  CheckSame(whole.End(), cut.End());
}

}  // namespace
}  // namespace sluice::http2::test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::http2::test::RunOne({reinterpret_cast<const char*>(data), size});
  return 0;
}
