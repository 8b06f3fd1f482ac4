// Frames from a hostile client. Whatever they are: a message that is delivered can be written as
// HTTP/1 without changing its meaning, it ends once or is reset, and how the bytes were cut into
// reads changes nothing.
//
// Input: one byte of options, one byte that seeds the cutting, then what follows the preface.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/outcome.h"
#include "sluice/base/check.h"
#include "sluice/http/authority.h"
#include "sluice/http/chars.h"
#include "unit/codec/http2/harness.h"

namespace sluice::http2::test {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

ServerOptions OptionsOf(uint8_t bits) {
  ServerOptions options;
  options.allow_connect = (bits & 1) != 0;
  options.stream_error_on_invalid_http_message = (bits & 2) != 0;
  if ((bits & 4) != 0) options.headers_with_underscores_action = UnderscoreAction::kDropHeader;
  if ((bits & 8) != 0) options.max_head_bytes = 256;
  options.max_concurrent_streams = 4;
  return options;
}

void CheckField(const http::HeaderEntry& entry) {
  using http::HeaderId;
  const bool pseudo = http::IsPseudo(entry.id);
  SLUICE_CHECK(http::IsLowerToken(pseudo ? entry.Name().substr(1) : entry.Name()));
  SLUICE_CHECK(http::IsFieldValue(entry.Value()));
  SLUICE_CHECK(entry.id != HeaderId::kTransferEncoding && entry.id != HeaderId::kKeepAlive &&
               entry.id != HeaderId::kProxyConnection && entry.id != HeaderId::kHost);
}

void CheckHead(const http::HeaderMap& head, bool connect_allowed) {
  using http::HeaderId;
  for (const http::HeaderEntry& entry : head.entries()) CheckField(entry);
  const std::string_view method = *head.Get(HeaderId::kMethod);
  SLUICE_CHECK(http::IsToken(method) && head.CountOf(HeaderId::kMethod) == 1);
  SLUICE_CHECK(head.CountOf(HeaderId::kContentLength) <= 1);
  SLUICE_CHECK(http::IsValidAuthority(head.Get(HeaderId::kAuthority).value_or("h")));
  SLUICE_CHECK(!head.Has(HeaderId::kUpgrade) || connect_allowed);
  if (method == "CONNECT") return SLUICE_CHECK(!head.Has(HeaderId::kPath));
  const std::string_view path = *head.Get(HeaderId::kPath);
  SLUICE_CHECK(http::AllAre(http::kTargetChar, path) && !path.empty());
  SLUICE_CHECK(path.front() == '/' || path == "*");
}

class Peer {
 public:
  explicit Peer(uint8_t bits) : server_(OptionsOf(bits)) {
    server_.on_stream = [this](RecordingSink& sink) {
      sink.on_head = [this, &sink](bool) { CheckHead(sink.head, server_.options.allow_connect); };
      sink.on_data = [&sink](bool end) {
        const auto length = sink.head.Get("content-length");
        if (end && length)
          SLUICE_CHECK(std::to_string(sink.body.size()) == *length || *length == "00");
        for (const auto& entry : sink.trailers.entries()) CheckField(entry);
      };
    };
    static_cast<void>(server_.Feed(kPreface));
  }

  bool Feed(std::string_view bytes) { return server_.Feed(bytes).has_value(); }
  Outcome End() {
    server_.Flush();
    server_.codec->ConnectionLost(http::ResetReason::kConnectionTermination, "");
    std::string transcript;
    for (auto& sink : server_.sinks) {
      SLUICE_CHECK(sink->done || sink->stream != nullptr);
      SLUICE_CHECK(sink->done);
      transcript.append(Told(sink->log)).append("; ");
    }
    SLUICE_CHECK(server_.codec->active_streams() == 0);
    return {transcript, server_.failure, server_.peer_left};
  }

 private:
  Server server_;
};

Outcome RunCut(uint8_t bits, std::string_view bytes, uint32_t seed) {
  Peer peer(bits);
  bool alive = true;
  while (alive && !bytes.empty()) {
    seed = seed * 1664525 + 1013904223;
    const size_t now = std::min<size_t>(bytes.size(), 1 + (seed >> 24) % 37);
    alive = peer.Feed(bytes.substr(0, now));
    bytes.remove_prefix(now);
  }
  return peer.End();
}

void RunOne(std::string_view input) {
  if (input.size() < 3) return;
  const auto bits = static_cast<uint8_t>(input[0]);
  const auto seed = static_cast<uint8_t>(input[1]);
  input.remove_prefix(2);
  Peer whole(bits);
  static_cast<void>(whole.Feed(input));
  CheckSame(whole.End(), RunCut(bits, input, seed));
}

}  // namespace
}  // namespace sluice::http2::test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::http2::test::RunOne({reinterpret_cast<const char*>(data), size});
  return 0;
}
