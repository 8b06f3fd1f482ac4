#include "head_writer.h"

#include "sluice/base/log.h"
#include "sluice/http/chars.h"
#include "sluice/http/number.h"
#include "sluice/http/status.h"

namespace sluice::http1 {
namespace {

using http::HeaderEntry;
using http::HeaderId;
using http::HeaderMap;

// Version, status, reason and spaces; the fields of FramingFields; the empty line.
constexpr size_t kFixedText = 256;

std::string_view ValueOf(const HeaderMap& head, HeaderId id) {
  return head.Get(id).value_or(std::string_view());
}

bool IsTarget(std::string_view text) { return !text.empty() && http::IsTargetText(text); }

// A name in the map came from a codec, which checked it, or from a filter, which may not have.
bool IsSafe(const HeaderEntry& entry) {
  return (entry.id != HeaderId::kOther || http::IsLowerToken(entry.Name())) &&
         http::FieldValuePrefix(entry.value, entry.value_size) == entry.value_size;
}

}  // namespace

void HeadWriter::Reserve(size_t bytes) { begin_ = at_ = out_.Reserve(bytes).data(); }

void HeadWriter::Commit() {
  const auto size = static_cast<size_t>(at_ - begin_);
  out_.Commit(size);
  written_ += size;
}

// Mostly short: inline pieces that overlap are cheaper than a call of memcpy.
inline void HeadWriter::Put(std::string_view text) {
  const size_t size = text.size();
  const char* const from = text.data();
  if (size > 16) {
    std::memcpy(at_, from, size);
  } else if (size >= 8) {
    std::memcpy(at_, from, 8);
    std::memcpy(at_ + size - 8, from + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(at_, from, 4);
    std::memcpy(at_ + size - 4, from + size - 4, 4);
  } else {
    for (size_t i = 0; i < size; ++i) at_[i] = from[i];
  }
  at_ += size;
}

inline void HeadWriter::PutName(std::string_view name, const char* spelling) {
  if (format_ == HeaderKeyFormat::kPreserveCase && spelling != nullptr) {
    return Put({spelling, name.size()});
  }
  if (format_ != HeaderKeyFormat::kProperCaseWords) return Put(name);
  bool word_begins = true;
  for (char c : name) {
    *at_++ = word_begins && c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
    word_begins = !http::Is(http::kAlphaChar, c) && !http::Is(http::kDigitChar, c);
  }
}

inline void HeadWriter::PutField(std::string_view name, const char* spelling,
                                 std::string_view value) {
  PutName(name, spelling);
  PutText(": ");
  Put(value);
  PutText("\r\n");
}

void HeadWriter::PutEntry(const HeaderEntry& entry, const FramingFields& framing) {
  switch (entry.id) {
    case HeaderId::kMethod:
    case HeaderId::kScheme:
    case HeaderId::kAuthority:
    case HeaderId::kPath:
    case HeaderId::kProtocol:
    case HeaderId::kStatus:
    case HeaderId::kConnection:
    case HeaderId::kKeepAlive:
    case HeaderId::kProxyConnection:
    case HeaderId::kTransferEncoding:
    case HeaderId::kHost: return;  // pseudo, hop-by-hop, or written by ourselves
    case HeaderId::kUpgrade:
      if (!framing.upgrade) return;
      break;
    case HeaderId::kContentLength:
      if (framing.body == FramingFields::Body::kAsMap && !length_written_) {
        length_written_ = true;
        break;
      }
      if (framing.body == FramingFields::Body::kLength && !length_written_) {
        PutName(entry.Name(), entry.spelling);
        PutText(": ");
        at_ = http::WriteDecimal(at_, framing.length);
        PutText("\r\n");
        length_written_ = true;
      }
      return;
    default: break;
  }
  if (!entry.checked && !IsSafe(entry)) {
    SLUICE_LOG(kHttp, kDebug, "left out a field with characters that must not be sent");
    return;
  }
  PutField(entry.Name(), entry.spelling, entry.Value());
}

void HeadWriter::PutFraming(const FramingFields& framing) {
  using Body = FramingFields::Body;
  using Connection = FramingFields::Connection;
  if (framing.body == Body::kLength && !length_written_) {
    PutName("content-length", nullptr);
    PutText(": ");
    at_ = http::WriteDecimal(at_, framing.length);
    PutText("\r\n");
  }
  if (framing.body == Body::kChunked) PutField("transfer-encoding", nullptr, "chunked");
  if (framing.upgrade) {
    const bool close = framing.connection == Connection::kClose;
    PutField("connection", nullptr, close ? "upgrade, close" : "upgrade");
  } else if (framing.connection == Connection::kClose) {
    PutField("connection", nullptr, "close");
  } else if (framing.connection == Connection::kKeepAlive) {
    PutField("connection", nullptr, "keep-alive");
  }
}

void HeadWriter::PutFields(const HeaderMap& head, const FramingFields& framing) {
  for (const HeaderEntry& entry : head.entries()) PutEntry(entry, framing);
  PutFraming(framing);
  PutText("\r\n");
  Commit();
}

bool HeadWriter::WriteRequest(const HeaderMap& head, bool fully_qualified,
                              const FramingFields& framing) {
  const std::string_view method = ValueOf(head, HeaderId::kMethod);
  const std::string_view authority = ValueOf(head, HeaderId::kAuthority);
  std::string_view path = ValueOf(head, HeaderId::kPath);
  std::string_view scheme = ValueOf(head, HeaderId::kScheme);
  const bool connect = method == "CONNECT";
  if (connect) path = authority;
  if (!http::IsToken(method) || !IsTarget(path)) return false;
  if (!http::IsTargetText(authority)) return false;
  fully_qualified = fully_qualified && !connect && path != "*";
  if (scheme.empty()) scheme = "http";
  if (fully_qualified && (authority.empty() || !http::IsToken(scheme))) return false;

  Reserve(head.byte_size() + authority.size() * 2 + path.size() + scheme.size() + kFixedText);
  Put(method);
  PutText(" ");
  if (fully_qualified) {
    Put(scheme);
    PutText("://");
    Put(authority);
  }
  Put(path);
  PutText(" HTTP/1.1\r\n");
  // Host first, as RFC 9112 section 3.2 asks for.
  const char* spelling = nullptr;
  if (format_ == HeaderKeyFormat::kPreserveCase) {
    for (const HeaderEntry& entry : head.entries()) {
      if (entry.id == HeaderId::kAuthority) spelling = entry.spelling;
    }
  }
  PutField("host", spelling, authority);
  PutFields(head, framing);
  return true;
}

void HeadWriter::WriteResponse(const HeaderMap& head, uint32_t status, http::Version version,
                               const FramingFields& framing) {
  Reserve(head.byte_size() + kFixedText);
  if (version == http::Version::kHttp10) {
    PutText("HTTP/1.0 ");
  } else {
    PutText("HTTP/1.1 ");
  }
  Put(http::StatusText(status));
  PutText(" ");
  Put(http::ReasonPhrase(status));
  PutText("\r\n");
  PutFields(head, framing);
}

void HeadWriter::WriteTrailers(const HeaderMap& trailers) {
  Reserve(trailers.byte_size() + 2);
  for (const HeaderEntry& entry : trailers.entries()) {
    PutEntry(entry, {.body = FramingFields::Body::kNothing});
  }
  PutText("\r\n");
  Commit();
}

}  // namespace sluice::http1
