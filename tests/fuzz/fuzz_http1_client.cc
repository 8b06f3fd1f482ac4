// Bytes from a hostile backend. Whatever they are: a response ends once, or is reset; a connection
// that saw anything odd is not used again; and how the bytes were cut changes nothing.
//
// Input: one byte of options and request kind, one byte that seeds the cutting, then the response.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/check.h"
#include "unit/codec/http1/harness.h"

namespace sluice::http1::test {
namespace {

class Backend {
 public:
  explicit Backend(uint8_t bits) : client_(OptionsOf(bits)) {
    http::CodecStream& stream = client_.Start();
    switch (bits >> 6) {
      case 0: Ask(stream, "GET", {}, true); break;
      case 1: Ask(stream, "HEAD", {}, true); break;
      case 2: Ask(stream, "CONNECT", {}, false); break;
      default: Ask(stream, "GET", "websocket", false); break;
    }
    client_.TakeOutput();
    RecordingSink& sink = client_.sink();
    sink.on_head = [&stream, &sink](bool) {
      const auto status = *sink.head.Get(":status");
      const bool connect_agreed = status.front() == '2';
      if (status == "101" || connect_agreed) stream.BecomeTunnel();
    };
  }

  bool Feed(std::string_view bytes) { return client_.FeedSlice(bytes).has_value(); }
  void End() {
    const RecordingSink& sink = client_.sink();
    const bool reusable = client_.codec->reusable();
    SLUICE_CHECK(!reusable || (sink.ended && sink.done && !sink.reset && client_.in.empty()));
    (void)client_.End();
    client_.codec->ConnectionLost(http::ResetReason::kConnectionTermination, "");
    SLUICE_CHECK(sink.done);
    SLUICE_CHECK(!(sink.reset && sink.ended) || client_.codec->active_streams() == 0);
    SLUICE_CHECK(!client_.codec->reusable());
  }
  std::string Result() const { return client_.Transcript(); }

 private:
  static ClientOptions OptionsOf(uint8_t bits) {
    ClientOptions options;
    options.enable_trailers = (bits & 1) != 0;
    options.allow_chunked_length = (bits & 2) != 0;
    if ((bits & 4) != 0) options.header_key_format = HeaderKeyFormat::kPreserveCase;
    options.max_head_bytes = 256;
    return options;
  }
  static void Ask(http::CodecStream& stream, std::string_view method, std::string_view upgrade,
                  bool end) {
    Head head({{":method", method}, {":path", "/"}, {":authority", "h:1"}});
    if (!upgrade.empty()) head.map().Add("upgrade", upgrade);
    stream.SendHead(head, end);
  }

  ClientHarness client_;
};

std::string RunCut(uint8_t bits, std::string_view bytes, uint32_t seed) {
  Backend backend(bits);
  bool alive = true;
  while (alive && !bytes.empty()) {
    seed = seed * 1664525 + 1013904223;
    const size_t now = std::min<size_t>(bytes.size(), 1 + (seed >> 24) % 37);
    alive = backend.Feed(bytes.substr(0, now));
    bytes.remove_prefix(now);
  }
  backend.End();
  return backend.Result();
}

void RunOne(std::string_view input) {
  if (input.size() < 2) return;
  const auto bits = static_cast<uint8_t>(input[0]);
  const auto seed = static_cast<uint8_t>(input[1]);
  input.remove_prefix(2);
  Backend whole(bits);
  if (!input.empty()) whole.Feed(input);
  whole.End();
  SLUICE_CHECK(whole.Result() == RunCut(bits, input, seed));
}

}  // namespace
}  // namespace sluice::http1::test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::http1::test::RunOne({reinterpret_cast<const char*>(data), size});
  return 0;
}
