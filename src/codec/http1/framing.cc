#include "framing.h"

#include "sluice/http/chars.h"
#include "sluice/http/list.h"
#include "sluice/http/number.h"

namespace sluice::http1 {

using http::HeaderId;

Fault DecideFraming(http::HeaderMap& head, http::Version version, const FieldFacts& facts,
                    bool allow_chunked_length, BodyFraming& body) {
  if (facts.repeated_framing) return Fault::kCodecError;
  const auto encoding = head.Get(HeaderId::kTransferEncoding);
  const auto length = head.Get(HeaderId::kContentLength);
  body.declared = encoding.has_value() || length.has_value();
  if (length) {
    const auto value = http::ParseDecimal(*length);
    if (!value) return Fault::kCodecError;
    body.length = *value;
    body.framing = *value == 0 ? Framing::kNone : Framing::kFixed;
  }
  if (encoding) {
    // RFC 9112 section 6.1: in HTTP/1.0 its framing is faulty; codings other than the one chunked
    // would need decoding by somebody who is not us.
    if (version == http::Version::kHttp10 || !http::EqualsIgnoreCase(*encoding, "chunked")) {
      return Fault::kInvalidTransferEncoding;
    }
    if (length) {
      if (!allow_chunked_length) return Fault::kChunkedContentLength;
      head.Remove(HeaderId::kContentLength);
    }
    body.framing = Framing::kChunked;
    body.length = 0;
  }
  return Fault::kNone;
}

bool HasToken(const http::HeaderMap& head, HeaderId id, std::string_view token) {
  if (!head.Has(id)) return false;
  for (const http::HeaderEntry& entry : head.entries()) {
    if (entry.id == id && http::ListHas(entry.Value(), token)) return true;
  }
  return false;
}

bool WantsToPersist(const http::HeaderMap& head, http::Version version) {
  if (HasToken(head, HeaderId::kConnection, "close") ||
      HasToken(head, HeaderId::kProxyConnection, "close")) {
    return false;
  }
  return version == http::Version::kHttp11 || HasToken(head, HeaderId::kConnection, "keep-alive");
}

}  // namespace sluice::http1
