#include "sluice/route/route_table.h"

#include "sluice/route/apply.h"
#include "table_parts.h"

namespace sluice::route {

RouteTable::RouteTable(std::unique_ptr<TableParts> parts) : parts_(std::move(parts)) {}
RouteTable::~RouteTable() = default;

const std::string& RouteTable::name() const { return parts_->config->name; }
const std::vector<const VirtualHost*>& RouteTable::virtual_hosts() const {
  return parts_->virtual_hosts;
}
const std::vector<std::string>& RouteTable::internal_only_headers() const {
  return parts_->internal_only_headers;
}
const std::vector<uint32_t>& RouteTable::clusters() const { return parts_->clusters; }

std::string_view TableParts::HostOf(const http::HeaderMap& head) const {
  std::string_view host =
      (vhost_header.empty() ? head.Get(http::HeaderId::kAuthority) : head.Get(vhost_header))
          .value_or(std::string_view());
  if (config->ignore_port_in_host_matching) host = host.substr(0, PortStart(host));
  return host;
}

const HostRules* TableParts::FindHost(const http::HeaderMap& head, const char** why) const {
  uint32_t found = HostIndex::kNone;
  if (host_index.only_default()) {
    found = host_index.default_host();
    if (why != nullptr) *why = "domain *";
  } else {
    found = host_index.Find(HostOf(head), why);
  }
  return found == HostIndex::kNone ? nullptr : hosts[found].get();
}

bool TableParts::NeedsTls(const VirtualHost& host, const http::HeaderMap& head) {
  if (host.require_tls == TlsRequirement::kNone || RequestScheme(head) == "https") return false;
  return host.require_tls == TlsRequirement::kAll ||
         head.Get(http::HeaderId::kXEnvoyInternal) != "true";
}

const VirtualHost* RouteTable::MatchHost(const http::HeaderMap& head) const {
  const HostRules* found = parts_->FindHost(head, nullptr);
  return found != nullptr ? &found->host : nullptr;
}

const RouteEntry* RouteTable::Match(const MatchInput& input) const {
  const HostRules* host = parts_->FindHost(input.head, nullptr);
  if (host == nullptr) return nullptr;
  if (TableParts::NeedsTls(host->host, input.head)) return &host->tls_redirect;
  const RequestPath request(input.head, parts_->config->ignore_path_parameters_in_path_matching);
  const Rule* rule = host->index.Find(host->rules, request, input);
  return rule != nullptr ? rule->Choose(input) : nullptr;
}

size_t VirtualHost::MatchVirtualCluster(const http::HeaderMap& request_head) const {
  for (size_t i = 0; i < virtual_clusters.size(); ++i) {
    if (match::AllMatch(virtual_clusters[i].headers, request_head)) return i;
  }
  return kOtherVirtualCluster;
}

}  // namespace sluice::route
