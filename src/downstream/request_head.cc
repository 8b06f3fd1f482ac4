#include "request_head.h"

#include <algorithm>

#include "client_cert.h"
#include "response_head.h"
#include "sluice/http/authority.h"
#include "sluice/http/list.h"
#include "sluice/http/number.h"
#include "sluice/http/uuid.h"
#include "sluice/log/grpc_status.h"

namespace sluice::downstream {
namespace {

using http::HeaderId;

constexpr std::string_view kHttps = "https";
constexpr std::string_view kHttp = "http";

// One bit a well-known field, so that a whole set goes in one pass over the head.
class FieldSet {
 public:
  constexpr FieldSet(std::initializer_list<HeaderId> ids) {
    for (const HeaderId id : ids) bits_[At(id)] |= Bit(id);
  }
  constexpr bool Has(HeaderId id) const { return (bits_[At(id)] & Bit(id)) != 0; }
  bool AnyIn(const http::HeaderMap& head) const {
    return std::ranges::any_of(head.entries(), [&](const auto& entry) { return Has(entry.id); });
  }

 private:
  static constexpr size_t At(HeaderId id) { return static_cast<size_t>(id) / 64; }
  static constexpr uint64_t Bit(HeaderId id) {
    return uint64_t{1} << (static_cast<size_t>(id) % 64);
  }
  uint64_t bits_[static_cast<size_t>(HeaderId::kCount) / 64 + 1] = {};
};

constexpr FieldSet kHopByHop = {HeaderId::kXEnvoyInternal, HeaderId::kKeepAlive,
                                HeaderId::kProxyConnection, HeaderId::kTransferEncoding};

// What only insiders may say to the router.
constexpr FieldSet kExternalStrip = {
    HeaderId::kXEnvoyRetriableStatusCodes,
    HeaderId::kXEnvoyRetriableHeaderNames,
    HeaderId::kXEnvoyRetryOn,
    HeaderId::kXEnvoyRetryGrpcOn,
    HeaderId::kXEnvoyMaxRetries,
    HeaderId::kXEnvoyUpstreamAltStatName,
    HeaderId::kXEnvoyUpstreamRqTimeoutMs,
    HeaderId::kXEnvoyUpstreamRqPerTryTimeoutMs,
    HeaderId::kXEnvoyUpstreamRqTimeoutAltResponse,
    HeaderId::kXEnvoyExpectedRqTimeoutMs,
    HeaderId::kXEnvoyForceTrace,
    HeaderId::kXEnvoyIpTags,
    HeaderId::kXEnvoyHedgeOnPerTryTimeout,
};
constexpr FieldSet kEdgeStrip = {
    HeaderId::kXEnvoyDecoratorOperation,
    HeaderId::kXEnvoyDownstreamServiceCluster,
    HeaderId::kXEnvoyDownstreamServiceNode,
};

void Strip(http::HeaderMap& head, const FieldSet& fields) {
  if (!fields.AnyIn(head)) return;
  head.RemoveIf([&](const http::HeaderEntry& entry) { return fields.Has(entry.id); });
}

void RemoveHopByHop(http::HeaderMap& head) {
  const bool upgrade = UpgradeOf(head) == UpgradeKind::kUpgrade;
  RemoveNominated(head);
  if (!upgrade) {
    head.Remove(HeaderId::kConnection);
    head.Remove(HeaderId::kUpgrade);
    head.Remove(HeaderId::kHttp2Settings);
  }
  if (head.Has(HeaderId::kTe)) {
    http::ListHas(*head.GetJoined("te"), "trailers")
        ? head.SetView(HeaderId::kTe, "trailers")
        : static_cast<void>(head.Remove(HeaderId::kTe));
  }
  Strip(head, kHopByHop);
}

// :authority without its port or final dot; `host` may be any valid authority.
std::string_view NormalHost(const HeadInput& input, bool keep_port, std::string_view host,
                            Arena& arena) {
  const ManagerOptions& options = input.options;
  if (options.strip_port == StripPort::kNo && !options.strip_trailing_host_dot) return host;
  const auto parts = http::SplitHostPort(host);
  if (!parts) return host;
  std::string_view name = parts->host;
  std::string_view port = parts->port_text;
  const bool strip =
      options.strip_port == StripPort::kAny ||
      (options.strip_port == StripPort::kMatching && parts->port == input.connection.local->port());
  if (strip && !keep_port) port = {};
  if (options.strip_trailing_host_dot && name.ends_with('.')) name.remove_suffix(1);
  if (name.size() + port.size() == host.size()) return host;
  if (port.empty()) return name;
  auto* to = static_cast<char*>(arena.Allocate(name.size() + port.size(), 1));
  std::ranges::copy(port, std::ranges::copy(name, to).out);
  return {to, name.size() + port.size()};
}

bool IsConnect(const http::HeaderMap& head) { return head.Get(HeaderId::kMethod) == "CONNECT"; }

std::optional<Refusal> CheckPath(const ManagerOptions& options, http::HeaderMap& head) {
  const auto path = head.Get(HeaderId::kPath);
  if (!path || path->empty()) {
    // CONNECT has none, unless it is the extended one (RFC 8441).
    if (IsConnect(head)) return std::nullopt;
    return Refusal{ReplyKind::kMissingPath, {}, {}};
  }
  if (path->front() != '/') {
    if (*path == "*" && head.Get(HeaderId::kMethod) == "OPTIONS") return std::nullopt;
    return Refusal{ReplyKind::kNonRelativePath, {}, {}};
  }
  if (!options.path.any()) return std::nullopt;
  const PathResult result = NormalizeTarget(*path, options.path, head.arena());
  if (result.verdict == PathVerdict::kReject ||
      (result.verdict == PathVerdict::kRedirect && log::IsGrpc(head))) {
    return Refusal{ReplyKind::kPathNotNormal, {}, {}};
  }
  if (result.verdict == PathVerdict::kRedirect) {
    return Refusal{ReplyKind::kPathRedirect, {}, result.target};
  }
  if (result.target.data() != path->data()) head.SetView(HeaderId::kPath, result.target);
  return std::nullopt;
}

bool IsScheme(std::string_view text) {
  return http::EqualsIgnoreCase(text, kHttp) || http::EqualsIgnoreCase(text, kHttps);
}

void WriteScheme(const HeadInput& input, http::HeaderMap& head) {
  const ManagerOptions& options = input.options;
  const std::string_view own = input.connection.tls != nullptr ? kHttps : kHttp;
  const bool overwrite =
      options.address.use_remote_address &&
      (options.address.xff_num_trusted_hops == 0 || !head.Has(HeaderId::kXForwardedProto));
  if (overwrite || !head.Has(HeaderId::kXForwardedProto)) {
    head.SetView(HeaderId::kXForwardedProto, own);
  }
  if (!options.scheme.overwrite.empty()) {
    head.SetView(HeaderId::kScheme, options.scheme.overwrite);
    head.SetView(HeaderId::kXForwardedProto, options.scheme.overwrite);
    return;
  }
  if (IsConnect(head) && !head.Has(HeaderId::kProtocol)) return;  // has no scheme
  const std::string_view proto = *head.Get(HeaderId::kXForwardedProto);
  const std::string_view scheme =
      head.Get(HeaderId::kScheme).value_or(IsScheme(proto) ? proto : own);
  const bool https = http::EqualsIgnoreCase(scheme, kHttps);
  if (https || http::EqualsIgnoreCase(scheme, kHttp)) {
    head.SetView(HeaderId::kScheme, https ? kHttps : kHttp);
  }
}

void WriteOrigin(const HeadInput& input, const ClientAddress& client, http::HeaderMap& head) {
  if (client.internal) {
    head.SetView(HeaderId::kXEnvoyInternal, "true");
  } else {
    Strip(head, kExternalStrip);
    head.RemoveIf([](const http::HeaderEntry& entry) {
      return entry.id == HeaderId::kOther && entry.Name() == "x-envoy-original-url";
    });
    if (client.edge) Strip(head, kEdgeStrip);
    for (const std::string& name : input.internal_only) {
      head.Remove(std::string_view(name));
    }
  }
  if (client.edge && client.address->is_ip()) {
    head.Set(HeaderId::kXEnvoyExternalAddress, client.address->Ip());
  }
}

void WriteUserAgent(const ManagerOptions& options, http::HeaderMap& head) {
  if (!options.add_user_agent || options.process == nullptr) return;
  const filter::LocalInfo& local = options.process->local;
  head.SetView(HeaderId::kXEnvoyDownstreamServiceCluster, local.cluster);
  if (head.Get(HeaderId::kUserAgent).value_or("").empty()) {
    head.SetView(HeaderId::kUserAgent, local.cluster);
  }
  if (!local.node_id.empty()) {
    head.SetView(HeaderId::kXEnvoyDownstreamServiceNode, local.node_id);
  }
}

void WriteRequestId(const RequestIdOptions& options, bool edge, http::HeaderMap& head) {
  if (!options.generate) return;
  if (head.Has(HeaderId::kXRequestId) && (!edge || options.preserve_external)) return;
  head.SetView(HeaderId::kXRequestId, http::NewUuid(head.arena()));
}

}  // namespace

void RemoveNominated(http::HeaderMap& head) {
  if (!head.Has(HeaderId::kConnection)) return;
  const auto connection = head.GetJoined("connection");
  http::ForEachListItem(*connection, [&](std::string_view name) {
    if (http::EqualsIgnoreCase(name, "close") || http::EqualsIgnoreCase(name, "keep-alive")) return;
    head.RemoveIf([&](const http::HeaderEntry& entry) {
      // What we need ourselves cannot be named away.
      return !http::IsPseudo(entry.id) && entry.id != HeaderId::kHost &&
             entry.id != HeaderId::kTe && entry.id != HeaderId::kContentLength &&
             entry.id != HeaderId::kTransferEncoding && entry.id != HeaderId::kConnection &&
             entry.id != HeaderId::kXForwardedFor && entry.id != HeaderId::kXForwardedProto &&
             entry.id != HeaderId::kUpgrade && http::EqualsIgnoreCase(entry.Name(), name);
    });
  });
}

UpgradeKind UpgradeOf(const http::HeaderMap& request_head) {
  if (IsConnect(request_head)) return UpgradeKind::kConnect;
  const auto upgrade = request_head.Get(HeaderId::kUpgrade);
  if (!upgrade || upgrade->empty()) return UpgradeKind::kNone;
  const bool named = std::ranges::any_of(request_head.entries(), [](const auto& entry) {
    return entry.id == HeaderId::kConnection && http::ListHas(entry.Value(), "upgrade");
  });
  return named ? UpgradeKind::kUpgrade : UpgradeKind::kNone;
}

std::string_view UpgradeType(const http::HeaderMap& request_head, UpgradeKind kind, Arena& arena) {
  std::string_view type;
  if (kind == UpgradeKind::kUpgrade) type = request_head.Get(HeaderId::kUpgrade).value_or("");
  if (kind == UpgradeKind::kConnect) {
    type = request_head.Get(HeaderId::kProtocol).value_or("connect");  // RFC 8441
  }
  auto* lower = static_cast<char*>(arena.Allocate(type.size() + 1, 1));
  std::ranges::transform(type, lower, http::ToLowerAscii);
  return {lower, type.size()};
}

bool IsUpgradeResponse(const http::HeaderMap& request_head, const http::HeaderMap& response_head) {
  return UpgradeOf(request_head) == UpgradeKind::kUpgrade &&
         response_head.Get(HeaderId::kStatus) == "101";
}

std::optional<Refusal> CheckTarget(const HeadInput& input, http::HeaderMap& head) {
  const auto host = head.Get(HeaderId::kAuthority);
  if (!host || host->empty()) {
    if (head.Get(HeaderId::kPath) != "*") return Refusal{ReplyKind::kMissingHost, {}, {}};
  } else {
    // A tunnel's port is part of where it goes.
    const std::string_view normal = NormalHost(input, IsConnect(head), *host, head.arena());
    if (normal.size() != host->size()) head.SetView(HeaderId::kAuthority, normal);
  }
  return CheckPath(input.options, head);
}

std::optional<Refusal> SanitizeRequest(const HeadInput& input, http::HeaderMap& head,
                                       ClientAddress& client) {
  const ManagerOptions& options = input.options;
  RemoveHopByHop(head);
  client = FindClient(options.address, options.process, *input.connection.remote,
                      *input.connection.local, head);
  if (client.reject_status) {
    return Refusal{ReplyKind::kIpRejected, *client.reject_status, {}};
  }
  WriteScheme(input, head);
  WriteOrigin(input, client, head);
  WriteUserAgent(options, head);
  AppendVia(options, head);
  WriteRequestId(options.request_id, client.edge, head);
  WriteClientCert(options.client_cert, options.client_cert_fields, input.connection.tls, head);
  return std::nullopt;
}

}  // namespace sluice::downstream
