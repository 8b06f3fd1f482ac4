#include "response_head.h"

#include <cstring>

#include "sluice/http/chars.h"
#include "sluice/http/status.h"

namespace sluice::http1 {
namespace {

using http::HeaderId;
using http::HeaderMap;
using http::Version;

struct StatusLine {
  std::string_view status;
  Version version = Version::kHttp11;
  size_t size = 0;  // with its CRLF
};

// "HTTP/1." ("0" | "1") SP 3DIGIT [SP reason] CRLF. The reason phrase is checked and forgotten.
Fault ReadStatusLine(const char* at, const char* end, StatusLine& line) {
  constexpr size_t kShortest = 14;  // "HTTP/1.1 200" CRLF
  if (static_cast<size_t>(end - at) < kShortest || std::memcmp(at, "HTTP/1.", 7) != 0) {
    return Fault::kCodecError;
  }
  if ((at[7] != '0' && at[7] != '1') || at[8] != ' ') return Fault::kCodecError;
  line.version = at[7] == '1' ? Version::kHttp11 : Version::kHttp10;
  line.status = {at + 9, 3};
  const char* rest = at + 12;
  if (*rest == ' ') {
    ++rest;
    rest += http::FieldValuePrefix(rest, static_cast<size_t>(end - rest));
  }
  if (rest[0] != '\r' || rest[1] != '\n') return Fault::kCodecError;
  line.size = static_cast<size_t>(rest - at) + 2;
  return Fault::kNone;
}

// 1xx and 204 must not declare a body; a length of 0 is common enough to be let pass.
Fault CheckBodiless(HeaderMap& map) {
  if (map.Has(HeaderId::kTransferEncoding)) return Fault::kTransferEncodingNotAllowed;
  const auto length = map.Get(HeaderId::kContentLength);
  if (!length) return Fault::kNone;
  if (*length != "0") return Fault::kContentLengthNotAllowed;
  map.Remove(HeaderId::kContentLength);
  return Fault::kNone;
}

// RFC 9112 section 6.3, in its order.
Fault FrameResponse(AskedFor asked, HeaderMap& map, ResponseHead& head) {
  BodyFraming& body = head.body;
  const uint32_t status = head.status;
  if (asked.connect && status >= 200 && status < 300) {
    map.Remove(HeaderId::kContentLength);
    map.Remove(HeaderId::kTransferEncoding);
    body.framing = Framing::kTunnel;
    return Fault::kNone;
  }
  if (status < 200 || status == 204) {
    if (Fault fault = CheckBodiless(map); fault != Fault::kNone) return fault;
    body.framing = Framing::kNone;
    if (status != 101) return Fault::kNone;
    if (!asked.upgrade) return Fault::kCodecError;  // nobody asked to switch
    body.framing = Framing::kTunnel;
    return Fault::kNone;
  }
  if (asked.head || status == 304) {
    body.framing = Framing::kNone;
  } else if (!body.declared) {
    body.framing = Framing::kUntilClose;
  }
  return Fault::kNone;
}

}  // namespace

Fault ReadResponseHead(char* block, size_t size, const CommonOptions& options, AskedFor asked,
                       HeaderMap& map, ResponseHead& head) {
  StatusLine line;
  if (Fault fault = ReadStatusLine(block, block + size, line); fault != Fault::kNone) {
    return fault;
  }
  head.version = line.version;
  head.status = http::ParseStatus(line.status);
  if (head.status == 0) return Fault::kCodecError;
  map.AddView(HeaderId::kStatus, line.status);

  FieldFacts facts;
  const FieldRules rules{
      .max_count = options.max_header_count,
      .keep_spelling = options.header_key_format == HeaderKeyFormat::kPreserveCase};
  Fault fault = ReadFieldLines(block + line.size, block + size, rules, &map, facts);
  if (fault != Fault::kNone) return fault;
  fault = DecideFraming(map, head.version, facts, options.allow_chunked_length, head.body);
  if (fault != Fault::kNone) return fault;
  head.wants_to_persist = WantsToPersist(map, head.version);
  return FrameResponse(asked, map, head);
}

}  // namespace sluice::http1
