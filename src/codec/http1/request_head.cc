#include "request_head.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "sluice/http/authority.h"
#include "sluice/http/chars.h"
#include "sluice/http/list.h"
#include "sluice/http/target.h"

namespace sluice::http1 {
namespace {

using http::HeaderId;
using http::HeaderMap;
using http::Version;

struct RequestLine {
  std::string_view method;
  std::string_view target;
  Version version = Version::kHttp11;
  size_t size = 0;  // with its CRLF
  bool unusual_target = false;
  bool custom_method = false;
};

// What Envoy takes without allow_custom_methods, and M-SEARCH. Sorted.
constexpr std::array<std::string_view, 34> kMethods = {
    "ACL",       "BIND",  "CHECKOUT", "CONNECT",  "COPY",   "DELETE",     "GET",
    "HEAD",      "LINK",  "LOCK",     "M-SEARCH", "MERGE",  "MKACTIVITY", "MKCALENDAR",
    "MKCOL",     "MOVE",  "NOTIFY",   "OPTIONS",  "PATCH",  "POST",       "PROPFIND",
    "PROPPATCH", "PURGE", "PUT",      "REBIND",   "REPORT", "SEARCH",     "SOURCE",
    "SUBSCRIBE", "TRACE", "UNBIND",   "UNLINK",   "UNLOCK", "UNSUBSCRIBE"};
static_assert(std::is_sorted(kMethods.begin(), kMethods.end()));

bool IsKnownMethod(std::string_view method) {
  if (method == "GET" || method == "POST") return true;
  return std::binary_search(kMethods.begin(), kMethods.end(), method);
}

Method KindOf(std::string_view method) {
  if (method == "HEAD") return Method::kHead;
  if (method == "CONNECT") return Method::kConnect;
  if (method == "OPTIONS") return Method::kOptions;
  return Method::kOther;
}

// method SP target SP "HTTP/1." ("0" | "1") CRLF, nothing more and nothing less. `at` is followed
// by at least a CRLF.
Fault ReadRequestLine(const char* const at, const ServerOptions& options, RequestLine& line) {
  const char* end = at;
  while (http::Is(http::kTokenChar, *end)) ++end;
  line.method = {at, static_cast<size_t>(end - at)};
  if (*end != ' ' || line.method.empty()) return Fault::kCodecError;
  line.custom_method = !IsKnownMethod(line.method);
  if (line.custom_method && !options.allow_custom_methods) return Fault::kCodecError;

  const char* const target = ++end;
  uint8_t high = 0;
  for (; http::Is(http::kTargetChar, *end); ++end) high |= static_cast<uint8_t>(*end);
  line.target = {target, static_cast<size_t>(end - target)};
  line.unusual_target = (high & 0x80) != 0;
  if (*end != ' ' || line.target.empty()) return Fault::kInvalidUrl;

  const char* const version = ++end;
  while (*end != '\r') ++end;
  const std::string_view name(version, static_cast<size_t>(end - version));
  if (name.size() != 8 || std::memcmp(version, "HTTP/1.", 7) != 0 || end[1] != '\n') {
    return Fault::kCodecError;
  }
  if (version[7] != '0' && version[7] != '1') return Fault::kCodecError;
  line.version = version[7] == '1' ? Version::kHttp11 : Version::kHttp10;
  line.size = static_cast<size_t>(end - at) + 2;
  return Fault::kNone;
}

// RFC 9112 section 3.2.2: the target's authority replaces Host.
Fault ReadAbsoluteForm(std::string_view target, Method method, HeaderMap& map) {
  const auto parts = http::SplitAbsoluteTarget(target);
  if (!parts) return Fault::kInvalidUrl;
  const bool https = http::EqualsIgnoreCase(parts->scheme, "https");
  if (!https && !http::EqualsIgnoreCase(parts->scheme, "http")) return Fault::kInvalidScheme;
  if (!http::IsValidAuthority(parts->authority)) return Fault::kInvalidUrl;
  std::string_view path = parts->path;
  if (path.empty()) {
    path = method == Method::kOptions ? "*" : "/";
  } else if (path.front() == '?') {
    char* const rooted = static_cast<char*>(map.arena().Allocate(path.size() + 1, 1));
    rooted[0] = '/';
    std::copy(path.begin(), path.end(), rooted + 1);
    path = {rooted, path.size() + 1};
  }
  map.AddView(HeaderId::kPath, path);
  map.AddView(HeaderId::kScheme, https ? "https" : "http");
  map.AddView(HeaderId::kAuthority, parts->authority);
  return Fault::kNone;
}

// RFC 9112 section 3.2.3: host and port, both, and one that can be connected to (RFC 9110 section
// 9.3.6).
Fault ReadAuthorityForm(std::string_view target, HeaderMap& map) {
  const auto parts = http::SplitHostPort(target);
  if (!parts || parts->host.empty() || parts->port.value_or(0) == 0) return Fault::kInvalidUrl;
  map.AddView(HeaderId::kAuthority, target);
  return Fault::kNone;
}

// Adds the pseudo-headers, an :authority without a value where Host is to give it.
Fault ReadTarget(std::string_view target, Method method, const ServerOptions& options,
                 HeaderMap& map) {
  if (method == Method::kConnect) return ReadAuthorityForm(target, map);
  const bool relative = target.front() == '/' || (target == "*" && method == Method::kOptions);
  if (!relative && options.allow_absolute_url) return ReadAbsoluteForm(target, method, map);
  if (!relative && !http::SplitAbsoluteTarget(target)) return Fault::kInvalidUrl;
  map.AddView(HeaderId::kPath, target);
  map.AddView(HeaderId::kAuthority, {});
  return Fault::kNone;
}

Fault ReadHost(const FieldFacts& facts, const ServerOptions& options, Version version,
               HeaderMap& map) {
  if (facts.repeated_host) return Fault::kInvalidAuthority;
  if (facts.has_host && !http::IsValidAuthority(facts.host)) return Fault::kInvalidAuthority;
  if (!facts.has_host && version == Version::kHttp11) return Fault::kMissingHost;
  map.SetSpelling(HeaderId::kAuthority, facts.host_spelling);
  if (!map.Get(HeaderId::kAuthority)->empty()) return Fault::kNone;  // the target named it
  const std::string_view host = facts.has_host ? facts.host : options.default_host_for_http_10;
  if (!facts.has_host && host.empty()) return Fault::kMissingHost;
  map.SetView(HeaderId::kAuthority, host);
  return Fault::kNone;
}

// A CONNECT request has no body (RFC 9110 section 9.3.6).
Fault CheckConnectBody(HeaderMap& map, const BodyFraming& body) {
  if (!body.declared) return Fault::kNone;
  if (body.framing == Framing::kChunked) return Fault::kInvalidTransferEncoding;
  if (body.framing == Framing::kFixed) return Fault::kBodyDisallowed;
  map.Remove(HeaderId::kContentLength);
  return Fault::kNone;
}

// Takes tokens out of the Connection fields, and the fields with them when nothing is left.
void RemoveUpgrade(HeaderMap& map) {
  map.Remove(HeaderId::kUpgrade);
  map.Remove(HeaderId::kHttp2Settings);
  const auto joined = map.GetJoined("connection");
  if (!joined) return;
  char* const kept = static_cast<char*>(map.arena().Allocate(joined->size() + 1, 1));
  char* to = kept;
  http::ForEachListItem(*joined, [&](std::string_view item) {
    if (http::EqualsIgnoreCase(item, "upgrade")) return;
    if (http::EqualsIgnoreCase(item, "http2-settings")) return;
    if (to != kept) *to++ = ',';
    to = std::copy(item.begin(), item.end(), to);
  });
  map.Remove(HeaderId::kConnection);
  if (to != kept) map.AddView(HeaderId::kConnection, {kept, static_cast<size_t>(to - kept)});
}

// RFC 9110 section 7.8: a server may ignore Upgrade, and must in HTTP/1.0. With a body it is
// ignored so that nobody has to guess where the other protocol begins; h2c as Envoy does it.
bool IgnoresUpgrade(std::string_view value, const ServerOptions& options, const RequestHead& head) {
  if (head.version != Version::kHttp11 || head.body.framing != Framing::kNone) return true;
  if (value.empty()) return true;
  if (http::ListHas(value, "h2c")) return true;
  return options.ignore_upgrade != nullptr &&
         options.ignore_upgrade(value, options.ignore_upgrade_context);
}

void ReadUpgrade(const ServerOptions& options, HeaderMap& map, RequestHead& head) {
  const auto upgrade = map.Get(HeaderId::kUpgrade);
  if (!upgrade) return;
  const bool named = HasToken(map, HeaderId::kConnection, "upgrade");
  if (!named || IgnoresUpgrade(*upgrade, options, head)) return RemoveUpgrade(map);
  head.body.framing = Framing::kTunnel;
}

}  // namespace

Fault CheckRequestLine(std::string_view line, const ServerOptions& options) {
  RequestLine parts;
  return ReadRequestLine(line.data(), options, parts);
}

Fault ReadRequestHead(char* block, size_t size, const ServerOptions& options, Counters& counters,
                      HeaderMap& map, RequestHead& head) {
  RequestLine line;
  const Fault bad_line = ReadRequestLine(block, options, line);
  head.method = KindOf(line.method);  // a refusal's answer depends on it too
  if (bad_line != Fault::kNone) return bad_line;
  head.version = line.version;
  if (line.custom_method) head.unusual.method_size = line.method.size();
  if (line.unusual_target) {
    head.unusual.target_from = static_cast<size_t>(line.target.data() - block);
    head.unusual.target_to = head.unusual.target_from + line.target.size();
  }
  map.AddView(HeaderId::kMethod, line.method);
  Fault fault = ReadTarget(line.target, head.method, options, map);
  if (fault != Fault::kNone) return fault;

  FieldFacts facts;
  const FieldRules rules{
      .max_count = options.max_header_count,
      .keep_spelling = options.header_key_format == HeaderKeyFormat::kPreserveCase,
      .set_host_aside = true,
      .underscores = options.headers_with_underscores_action,
      .counters = &counters};
  fault = ReadFieldLines(block + line.size, block + size, rules, &map, facts);
  if (fault != Fault::kNone) return fault;
  if (head.version == Version::kHttp10 && !options.accept_http_10) return Fault::kLowVersion;
  fault = DecideFraming(map, head.version, facts, options.allow_chunked_length, head.body);
  if (fault != Fault::kNone) return fault;
  fault = ReadHost(facts, options, head.version, map);
  if (fault != Fault::kNone) return fault;

  head.wants_to_persist = WantsToPersist(map, head.version);
  head.expects_continue =
      head.version == Version::kHttp11 && HasToken(map, HeaderId::kExpect, "100-continue");
  if (head.method == Method::kConnect) {
    fault = CheckConnectBody(map, head.body);
    head.body.framing = Framing::kTunnel;
  } else {
    ReadUpgrade(options, map, head);
  }
  return fault;
}

}  // namespace sluice::http1
