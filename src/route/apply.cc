#include "sluice/route/apply.h"

#include "host_index.h"
#include "join.h"
#include "sluice/http/number.h"
#include "sluice/http/target.h"

namespace sluice::route {

using http::HeaderId;

namespace {

// Forwarded hosts form a list; a host is not added twice in a row.
void AppendForwardedHost(http::HeaderMap& head, std::string_view host) {
  const std::string_view list = head.GetJoined("x-forwarded-host").value_or("");
  const size_t comma = list.rfind(',');
  const std::string_view last =
      http::TrimOws(comma == std::string_view::npos ? list : list.substr(comma + 1));
  if (last != host) head.AppendToList(HeaderId::kXForwardedHost, host);
}

void RewriteRequestHost(const RouteEntry& entry, http::HeaderMap& head, const FormatInput& input,
                        bool suppress_envoy_headers) {
  const HostRewrite& rewrite = entry.forward->host_rewrite;
  std::string_view host;
  switch (rewrite.kind) {
    case HostRewriteKind::kNone: host = entry.host_rewrite_literal; break;
    case HostRewriteKind::kLiteral: host = rewrite.text; break;
    case HostRewriteKind::kHeader: host = head.Get(rewrite.text).value_or(""); break;
    case HostRewriteKind::kPathRegex: {
      const std::string_view target = head.Get(HeaderId::kPath).value_or("");
      host = rewrite.regex->Apply(http::SplitPath(target).path, head.arena());
      break;
    }
    case HostRewriteKind::kFormat: host = rewrite.format->Format(input, head.arena()); break;
    case HostRewriteKind::kAuto: break;  // the router knows the host later
  }
  if (!host.empty()) RewriteHost(entry, head, host, suppress_envoy_headers);
}

// The host of the request, without a port that would be wrong (or is replaced) after the redirect.
std::string_view RedirectHost(std::string_view host, std::string_view old_scheme,
                              std::string_view new_scheme, bool new_port) {
  const size_t colon = PortStart(host);
  if (colon == std::string_view::npos) return host;
  const std::string_view port = host.substr(colon);
  bool drop = new_port;
  if (new_scheme != old_scheme) {
    drop = drop || (old_scheme == "https" && port == ":443") ||
           (old_scheme == "http" && port == ":80");
  }
  return drop ? host.substr(0, colon) : host;
}

std::string_view RedirectPath(const RouteEntry& entry, std::string_view path, Arena& arena) {
  const RedirectAction& redirect = *entry.redirect;
  if (redirect.path.find('?') != std::string::npos) return redirect.path;  // its query counts
  std::string_view out;
  if (!redirect.path.empty()) {
    const size_t mark = path.find('?');
    out = mark == std::string_view::npos || redirect.strip_query
              ? std::string_view(redirect.path)
              : Join(arena, {redirect.path, path.substr(mark)});
  } else {
    out = redirect.path_rewrite.Apply(path, entry.matched_path, FormatInput(), arena);
  }
  return redirect.strip_query ? out.substr(0, out.find('?')) : out;
}

}  // namespace

std::string_view RequestScheme(const http::HeaderMap& request_head) {
  if (auto proto = request_head.Get(HeaderId::kXForwardedProto); proto && !proto->empty()) {
    return *proto;
  }
  return request_head.Get(HeaderId::kScheme).value_or("");
}

void RewriteHost(const RouteEntry& entry, http::HeaderMap& head, std::string_view host,
                 bool suppress_envoy_headers) {
  const std::string_view old = head.Get(HeaderId::kAuthority).value_or("");
  if (!old.empty()) {
    if (entry.forward != nullptr && entry.forward->host_rewrite.append_x_forwarded_host) {
      AppendForwardedHost(head, old);
    }
    if (!suppress_envoy_headers) head.SetView(HeaderId::kXEnvoyOriginalHost, old);
  }
  head.SetView(HeaderId::kAuthority, host);
}

void FinalizeRequestHead(const RouteEntry& entry, http::HeaderMap& head, const FormatInput& input,
                         bool suppress_envoy_headers) {
  for (const HeaderEdits* edits : entry.request_edits) edits->Apply(head, input);
  if (entry.forward == nullptr) return;
  RewriteRequestHost(entry, head, input, suppress_envoy_headers);
  const PathRewrite& rewrite = entry.forward->path_rewrite;
  const auto path = head.Get(HeaderId::kPath);
  if (rewrite.kind == PathRewriteKind::kNone || !path) return;
  const std::string_view changed = rewrite.Apply(*path, entry.matched_path, input, head.arena());
  if (!suppress_envoy_headers) head.SetView(HeaderId::kXEnvoyOriginalPath, *path);
  head.SetView(HeaderId::kPath, changed);
}

void FinalizeResponseHead(const RouteEntry& entry, http::HeaderMap& head,
                          const FormatInput& input) {
  for (const HeaderEdits* edits : entry.response_edits) edits->Apply(head, input);
}

std::string_view RedirectLocation(const RouteEntry& entry, const http::HeaderMap& request_head,
                                  Arena& arena) {
  const RedirectAction& redirect = *entry.redirect;
  const std::string_view old_scheme = RequestScheme(request_head);
  // The scheme of the URL as the client wrote it; the port follows the connection's.
  const std::string_view scheme = !redirect.scheme.empty()
                                      ? std::string_view(redirect.scheme)
                                      : request_head.Get(HeaderId::kScheme).value_or(old_scheme);
  const std::string_view host =
      !redirect.host.empty() ? std::string_view(redirect.host)
                             : RedirectHost(request_head.Get(HeaderId::kAuthority).value_or(""),
                                            old_scheme, scheme, redirect.port != 0);
  const std::string_view path =
      RedirectPath(entry, request_head.Get(HeaderId::kPath).value_or(""), arena);
  if (redirect.port == 0) return Join(arena, {scheme, "://", host, path});
  char digits[http::kMaxDecimalDigits];
  const char* const end = http::WriteDecimal(digits, redirect.port);
  const std::string_view port(digits, static_cast<size_t>(end - digits));
  return Join(arena, {scheme, "://", host, ":", port, path});
}

}  // namespace sluice::route
