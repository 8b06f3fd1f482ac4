#include "head_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "sluice/http/authority.h"
#include "sluice/http/chars.h"
#include "sluice/http/number.h"
#include "sluice/http/status.h"

namespace sluice::http2 {
namespace {

using http::HeaderEntry;
using http::HeaderId;

// RFC 9113 section 8.2.1: no white space at either end, no control characters.
bool IsValue(std::string_view value) {
  if (value.empty()) return true;
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  return !is_space(value.front()) && !is_space(value.back()) && http::IsFieldValue(value);
}

// RFC 3986 section 3.1.
bool IsSchemeName(std::string_view text) {
  if (text == "https" || text == "http") return true;
  if (text.empty() || !http::Is(http::kAlphaChar, text.front())) return false;
  return std::ranges::all_of(text, [](char c) {
    return http::Is(http::kAlphaChar, c) || http::Is(http::kDigitChar, c) || c == '+' || c == '-' ||
           c == '.';
  });
}

bool IsPath(std::string_view path, std::string_view method) {
  if (path.empty() || !http::IsTargetText(path)) return false;
  return path.front() == '/' || (path == "*" && method == "OPTIONS");
}

// Their meaning ends with the connection (RFC 9113 section 8.2.2).
bool IsConnectionSpecific(HeaderId id) {
  switch (id) {
    case HeaderId::kConnection:
    case HeaderId::kKeepAlive:
    case HeaderId::kProxyConnection:
    case HeaderId::kTransferEncoding:
    case HeaderId::kUpgrade:
    case HeaderId::kHttp2Settings: return true;
    default: return false;
  }
}

// What a recipient on HTTP/1 could take for framing or routing (RFC 9110 section 6.5.1).
bool IsForbiddenInTrailers(HeaderId id) {
  return id == HeaderId::kContentLength || id == HeaderId::kHost || id == HeaderId::kTe ||
         id == HeaderId::kAuthorization;
}

}  // namespace

void HeadReader::Begin(Kind kind, http::HeaderMap& map) {
  kind_ = kind;
  map_ = &map;
  if (map.size() != 0) map.Clear();
  host_ = {};
  bytes_ = count_ = cookies_ = 0;
  fault_ = Fault::kNone;
  regular_seen_ = host_seen_ = false;
}

void HeadReader::Add(std::string_view name, std::string_view value, bool never_index) {
  if (fault_ != Fault::kNone) return;
  fault_ = AddField(name, value, never_index);
}

Fault HeadReader::AddField(std::string_view name, std::string_view value, bool never_index) {
  if (name.empty()) return Fault::kEmptyName;
  // A broken name is a fault even of a message that is too large: it says more about the peer.
  const bool pseudo = name.front() == ':';
  const HeaderId id = http::FindHeaderId(name);  // which has good names only
  if (id == HeaderId::kOther && !http::IsLowerToken(pseudo ? name.substr(1) : name)) {
    return Fault::kInvalidField;
  }
  if (!IsValue(value)) return Fault::kInvalidField;
  const size_t size = name.size() + value.size() + 4;
  if (size > options_.max_head_bytes - bytes_) return Fault::kHeadersTooLarge;
  bytes_ += static_cast<uint32_t>(size);
  if (name.size() > std::numeric_limits<uint16_t>::max()) return Fault::kHeadersTooLarge;
  if (pseudo) return AddPseudo(id, value);

  regular_seen_ = true;
  bool drop = false;
  if (underscores_ != UnderscoreAction::kAllow) {
    if (Fault fault = CheckUnderscore(name, &drop); fault != Fault::kNone) return fault;
  }
  if (drop) return Fault::kNone;
  if (++count_ > options_.max_header_count) return Fault::kTooManyHeaders;
  HeaderEntry entry;
  entry.id = id;
  entry.checked = true;
  entry.name = entry.id != HeaderId::kOther ? http::HeaderName(entry.id).data() : name.data();
  entry.name_size = static_cast<uint16_t>(name.size());
  entry.value = value.data();
  entry.value_size = static_cast<uint32_t>(value.size());
  entry.never_index = never_index;
  return AddRegular(entry);
}

Fault HeadReader::CheckUnderscore(std::string_view name, bool* drop) {
  if (name.find('_') == std::string_view::npos) return Fault::kNone;
  if (underscores_ == UnderscoreAction::kRejectRequest) {
    counters_.requests_rejected_with_underscores_in_headers.Inc();
    return Fault::kUnderscore;
  }
  counters_.dropped_headers_with_underscores.Inc();
  *drop = true;
  return Fault::kNone;
}

// RFC 9113 section 8.3: only the defined ones, each once, before all others.
Fault HeadReader::AddPseudo(HeaderId id, std::string_view value) {
  if (regular_seen_ || kind_ == Kind::kTrailers || map_->Has(id)) return Fault::kMessaging;
  if (!http::IsPseudo(id)) return Fault::kMessaging;
  if ((id == HeaderId::kStatus) != (kind_ == Kind::kResponse)) return Fault::kMessaging;
  map_->Add(id, value);
  return Fault::kNone;
}

Fault HeadReader::AddRegular(HeaderEntry entry) {
  if (IsConnectionSpecific(entry.id)) return Fault::kMessaging;
  if (kind_ == Kind::kTrailers) {
    return IsForbiddenInTrailers(entry.id) ? Fault::kMessaging : Keep(entry);
  }
  switch (entry.id) {
    case HeaderId::kTe:
      if (!http::EqualsIgnoreCase(entry.Value(), "trailers")) return Fault::kMessaging;
      break;
    case HeaderId::kContentLength:
      if (map_->Has(HeaderId::kContentLength)) return Fault::kMessaging;
      break;
    case HeaderId::kHost:
      if (kind_ != Kind::kRequest) break;
      if (host_seen_) return Fault::kMessaging;
      host_seen_ = true;
      host_ = map_->arena().Copy(entry.Value());
      return Fault::kNone;
    case HeaderId::kCookie:
      ++cookies_;
      entry.never_index = entry.never_index || entry.value_size < 20;
      break;
    case HeaderId::kAuthorization: entry.never_index = true; break;
    default: break;
  }
  return Keep(entry);
}

Fault HeadReader::Keep(const HeaderEntry& entry) {
  HeaderEntry kept = entry;
  if (kept.id == HeaderId::kOther) kept.name = map_->arena().Copy(entry.Name()).data();
  kept.value = map_->arena().Copy(entry.Value()).data();
  map_->AddEntry(kept);
  return Fault::kNone;
}

// RFC 9113 section 8.2.3: crumbs are one field again before they leave HTTP/2.
void HeadReader::JoinCookies() {
  size_t bytes = 0;
  for (const HeaderEntry& entry : map_->entries()) {
    if (entry.id == HeaderId::kCookie) bytes += entry.value_size + 2u;
  }
  auto* const joined = static_cast<char*>(map_->arena().Allocate(bytes, 1));
  char* to = joined;
  bool secret = false;
  for (const HeaderEntry& entry : map_->entries()) {
    if (entry.id != HeaderId::kCookie) continue;
    if (to != joined) to = std::ranges::copy(std::string_view("; "), to).out;
    to = std::ranges::copy(entry.Value(), to).out;
    secret = secret || entry.never_index;
  }
  map_->Remove(HeaderId::kCookie);
  HeaderEntry cookie;
  cookie.id = HeaderId::kCookie;
  cookie.name = http::HeaderName(HeaderId::kCookie).data();
  cookie.name_size = static_cast<uint16_t>(http::HeaderName(HeaderId::kCookie).size());
  cookie.value = joined;
  cookie.value_size = static_cast<uint32_t>(to - joined);
  cookie.never_index = secret;
  cookie.checked = true;
  map_->AddEntry(cookie);
}

// --- The block is complete.

Fault HeadReader::Finish(bool end, HeadFacts& facts) {
  if (fault_ != Fault::kNone) return fault_;
  switch (kind_) {
    case Kind::kRequest: return FinishRequest(end, facts);
    case Kind::kResponse: return FinishResponse(facts);
    // A field section after the head that does not end the message is malformed (section 8.1).
    case Kind::kTrailers: return end ? Fault::kNone : Fault::kMessaging;
  }
  return Fault::kNone;
}

Fault HeadReader::FinishLength(HeadFacts& facts) {
  facts.content_length.reset();
  const auto text = map_->Get(HeaderId::kContentLength);
  if (!text) return Fault::kNone;
  facts.content_length = http::ParseDecimal(*text);
  return facts.content_length ? Fault::kNone : Fault::kMessaging;
}

// RFC 9113 section 8.3.1.
Fault HeadReader::FinishRequest(bool end, HeadFacts& facts) {
  const std::string_view method = map_->Get(HeaderId::kMethod).value_or("");
  if (!http::IsToken(method)) return Fault::kMessaging;
  if (cookies_ > 1) JoinCookies();
  if (Fault fault = FinishAuthority(); fault != Fault::kNone) return fault;
  if (Fault fault = FinishLength(facts); fault != Fault::kNone) return fault;
  if (method == "CONNECT") return FinishConnect(facts);
  facts.method = method == "HEAD" ? Method::kHead : Method::kOther;

  if (map_->Has(HeaderId::kProtocol)) return Fault::kMessaging;
  if (!IsSchemeName(map_->Get(HeaderId::kScheme).value_or(""))) return Fault::kMessaging;
  if (!IsPath(map_->Get(HeaderId::kPath).value_or(""), method)) return Fault::kMessaging;
  if (end && facts.content_length.value_or(0) != 0) return Fault::kMessaging;
  return Fault::kNone;
}

// RFC 9113 section 8.5; RFC 8441 section 4 for the extended form.
Fault HeadReader::FinishConnect(HeadFacts& facts) {
  const std::string_view authority = map_->Get(HeaderId::kAuthority).value_or("");
  const bool has_target = map_->Has(HeaderId::kScheme) || map_->Has(HeaderId::kPath);
  facts.content_length.reset();
  if (const auto protocol = map_->Get(HeaderId::kProtocol)) {
    facts.method = Method::kExtendedConnect;
    const bool valid = options_.allow_connect && http::IsToken(*protocol) && !authority.empty() &&
                       IsSchemeName(map_->Get(HeaderId::kScheme).value_or("")) &&
                       IsPath(map_->Get(HeaderId::kPath).value_or(""), {});
    return valid && !map_->Has(HeaderId::kContentLength) ? Fault::kNone : Fault::kMessaging;
  }
  facts.method = Method::kConnect;
  const auto parts = http::SplitHostPort(authority);
  if (has_target || !parts || parts->host.empty() || parts->port.value_or(0) == 0) {
    return Fault::kMessaging;
  }
  return map_->Has(HeaderId::kContentLength) ? Fault::kMessaging : Fault::kNone;
}

// Where there are both, :authority and host say the same, or somebody is to be misled.
Fault HeadReader::FinishAuthority() {
  const auto authority = map_->Get(HeaderId::kAuthority);
  if (authority && (authority->empty() || !http::IsValidAuthority(*authority))) {
    return Fault::kMessaging;
  }
  if (!host_seen_) return Fault::kNone;
  if (authority) {
    return http::EqualsIgnoreCase(*authority, host_) ? Fault::kNone : Fault::kMessaging;
  }
  if (!http::IsValidAuthority(host_)) return Fault::kMessaging;
  map_->AddView(HeaderId::kAuthority, host_);
  return Fault::kNone;
}

Fault HeadReader::FinishResponse(HeadFacts& facts) {
  facts.status = http::ParseStatus(map_->Get(HeaderId::kStatus).value_or(""));
  // 101 is not a status of HTTP/2 (RFC 9113 section 8.6).
  if (facts.status == 0 || facts.status == 101) return Fault::kMessaging;
  return FinishLength(facts);
}

}  // namespace sluice::http2
