#include "head_fields.h"

#include <vector>

#include "sluice/base/log.h"
#include "sluice/http/chars.h"

namespace sluice::http2 {
namespace {

using http::HeaderEntry;
using http::HeaderId;
using http::HeaderMap;

std::vector<nghttp2_nv>& Scratch() {
  static thread_local std::vector<nghttp2_nv> fields;
  fields.clear();
  return fields;
}

// nghttp2 does not write through these pointers: its type serves both directions.
uint8_t* Bytes(const char* text) {
  return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text));
}

void Put(std::vector<nghttp2_nv>& fields, std::string_view name, std::string_view value,
         bool secret = false) {
  const uint8_t flags = secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
  fields.push_back({Bytes(name.data()), Bytes(value.data()), name.size(), value.size(), flags});
}

// What could be guessed byte by byte from the size of compressed heads (RFC 7541 section 7.1.3).
bool IsSecret(const HeaderEntry& entry) {
  if (entry.never_index) return true;
  switch (entry.id) {
    case HeaderId::kAuthorization:
    case HeaderId::kSetCookie: return true;
    case HeaderId::kCookie: return entry.value_size < 20;
    case HeaderId::kOther: return entry.Name() == "proxy-authorization";
    default: return false;
  }
}

// A name in the map came from a codec, which checked it, or from a filter, which may not have.
bool IsSafe(const HeaderEntry& entry) {
  return (entry.id != HeaderId::kOther || http::IsLowerToken(entry.Name())) &&
         http::FieldValuePrefix(entry.value, entry.value_size) == entry.value_size;
}

bool IsForTheLine(const HeaderEntry& entry) {
  switch (entry.id) {
    case HeaderId::kConnection:
    case HeaderId::kKeepAlive:
    case HeaderId::kProxyConnection:
    case HeaderId::kTransferEncoding:
    case HeaderId::kUpgrade:
    case HeaderId::kHttp2Settings:
    case HeaderId::kHost: return false;
    case HeaderId::kTe: return http::EqualsIgnoreCase(entry.Value(), "trailers");
    default: return !http::IsPseudo(entry.id);
  }
}

// As it is written on HTTP/1: whoever reads it next may have room for so many digits only.
std::string_view PlainNumber(std::string_view digits) {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  return digits;
}

void PutFields(std::vector<nghttp2_nv>& fields, const HeaderMap& map, HeadRules::Length length) {
  for (const HeaderEntry& entry : map.entries()) {
    if (!IsForTheLine(entry)) continue;
    if (entry.id == HeaderId::kContentLength && length == HeadRules::Length::kDrop) continue;
    if (!entry.checked && !IsSafe(entry)) {
      SLUICE_LOG(kHttp2, kDebug, "left out a field with characters that must not be sent");
      continue;
    }
    std::string_view value = http::TrimOws(entry.Value());
    if (entry.id == HeaderId::kContentLength) value = PlainNumber(value);
    Put(fields, entry.Name(), value, IsSecret(entry));
  }
}

}  // namespace

Fields RequestFields(const HeaderMap& head, const HeadRules& rules) {
  std::vector<nghttp2_nv>& fields = Scratch();
  const auto put = [&](HeaderId id, std::string_view in_place) {
    const auto value = in_place.empty() ? head.Get(id) : in_place;
    if (value && !value->empty()) Put(fields, http::HeaderName(id), *value);
  };
  put(HeaderId::kMethod, rules.method);
  const bool tunnel = rules.protocol.empty() && head.Get(HeaderId::kMethod) == "CONNECT";
  if (!tunnel) {
    put(HeaderId::kScheme, head.Has(HeaderId::kScheme) ? "" : "http");
    put(HeaderId::kPath, {});
  }
  put(HeaderId::kAuthority, {});
  put(HeaderId::kProtocol, rules.protocol);
  PutFields(fields, head, rules.length);
  return fields;
}

Fields ResponseFields(const HeaderMap& head, const HeadRules& rules) {
  std::vector<nghttp2_nv>& fields = Scratch();
  Put(fields, ":status",
      rules.status.empty() ? head.Get(HeaderId::kStatus).value_or("") : rules.status);
  PutFields(fields, head, rules.length);
  return fields;
}

Fields TrailerFields(const HeaderMap& trailers) {
  std::vector<nghttp2_nv>& fields = Scratch();
  PutFields(fields, trailers, HeadRules::Length::kDrop);
  return fields;
}

}  // namespace sluice::http2
