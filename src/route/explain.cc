#include "sluice/route/explain.h"

#include <algorithm>

#include <fmt/core.h>

#include "sluice/route/apply.h"
#include "table_parts.h"

namespace sluice::route {

// Sees the insides of a table.
class Explainer {
 public:
  Explainer(const RouteTable& table, const MatchInput& input, const FormatInput& format,
            Arena& arena)
      : table_(table), parts_(*table.parts_), input_(input), format_(format), arena_(arena) {}

  Explanation Run();

 private:
  void WalkRoutes(const HostRules& host);
  void Outcome();
  void Changes();

  const RouteTable& table_;
  const TableParts& parts_;
  const MatchInput& input_;
  const FormatInput& format_;
  Arena& arena_;
  Explanation out_;
};

namespace {

std::string ClusterText(const ClusterSpec& cluster, const http::HeaderMap& head) {
  if (cluster.header.empty()) {
    return fmt::format("cluster `{}`{}", cluster.name,
                       cluster.id == kNoCluster ? " (not known at load)" : "");
  }
  const auto name = head.Get(cluster.header);
  return name ? fmt::format("cluster `{}`, named by header {}", *name, cluster.header)
              : fmt::format("no cluster: header {} is missing", cluster.header);
}

std::string_view ActionName(ActionKind kind) {
  switch (kind) {
    case ActionKind::kForward: return "forward";
    case ActionKind::kRedirect: return "redirect";
    case ActionKind::kDirectResponse: return "direct_response";
    case ActionKind::kNonForwarding: return "non_forwarding";
  }
  return "";
}

std::string FieldName(const http::HeaderEntry& entry) {
  if (entry.id == http::HeaderId::kPath) return "path";
  if (entry.id == http::HeaderId::kAuthority) return "host";
  return "header " + std::string(entry.Name());
}

// The values of a name, as one list.
std::string ListOf(const http::HeaderMap& head, std::string_view name) {
  std::string out;
  for (const http::HeaderEntry& entry : head.entries()) {
    if (entry.Name() != name) continue;
    if (!out.empty()) out += ", ";
    out += entry.Value();
  }
  return out;
}

void AddDifferences(const http::HeaderMap& from, const http::HeaderMap& before,
                    const http::HeaderMap& after, std::vector<ExplainedChange>& out) {
  for (const http::HeaderEntry& entry : from.entries()) {
    ExplainedChange change{FieldName(entry), ListOf(before, entry.Name()),
                           ListOf(after, entry.Name())};
    const bool known = std::any_of(out.begin(), out.end(), [&](const ExplainedChange& other) {
      return other.what == change.what;
    });
    if (!known && change.before != change.after) out.push_back(std::move(change));
  }
}

}  // namespace

void Explainer::WalkRoutes(const HostRules& host) {
  const RequestPath request(input_.head, parts_.config->ignore_path_parameters_in_path_matching);
  std::vector<ExplainedRoute> by_path;
  for (uint32_t i = 0; i < host.rules.size(); ++i) {
    const Rule& rule = host.rules[i];
    ExplainedRoute route{i, std::string(rule.entry.name), rule.path.Describe(), {}};
    const bool path_matches = rule.path.Matches(request);
    if (path_matches) route.why = rule.conditions.WhyNot(input_, request.query);
    if (path_matches && route.why.empty()) {
      out_.route = std::move(route);
      break;
    }
    ++out_.passed_over_total;
    if (!path_matches) {
      route.why = request.present || rule.path.kind == PathKind::kConnect
                      ? "path does not match"
                      : "the request has no path";
      if (by_path.size() < Explanation::kMaxPassedOver) by_path.push_back(std::move(route));
    } else if (out_.passed_over.size() < Explanation::kMaxPassedOver) {
      out_.passed_over.push_back(std::move(route));
    }
  }
  for (ExplainedRoute& route : by_path) {
    if (out_.passed_over.size() == Explanation::kMaxPassedOver) break;
    out_.passed_over.push_back(std::move(route));
  }
}

void Explainer::Outcome() {
  const RouteEntry& entry = *out_.entry;
  out_.action = ActionName(entry.action);
  switch (entry.action) {
    case ActionKind::kForward: out_.outcome = ClusterText(entry.cluster, input_.head); break;
    case ActionKind::kRedirect:
      out_.outcome = fmt::format("{} to {}", entry.redirect->status,
                                 RedirectLocation(entry, input_.head, arena_));
      break;
    case ActionKind::kDirectResponse:
      out_.outcome = fmt::format("{} with {} bytes", entry.direct_response->status,
                                 entry.direct_response->body.size());
      break;
    case ActionKind::kNonForwarding: out_.outcome = "a filter must answer"; break;
  }
}

void Explainer::Changes() {
  if (out_.entry->action != ActionKind::kForward) return;
  http::HeaderMap changed(arena_);
  for (const http::HeaderEntry& field : input_.head.entries()) changed.AddEntry(field);
  FormatInput format = format_;
  format.request_head = &changed;
  FinalizeRequestHead(*out_.entry, changed, format, /*suppress_envoy_headers=*/false);
  AddDifferences(changed, input_.head, changed, out_.changes);
  AddDifferences(input_.head, input_.head, changed, out_.changes);
  if (out_.entry->forward->host_rewrite.kind == HostRewriteKind::kAuto) {
    out_.changes.push_back({"host", ListOf(input_.head, ":authority"), "the upstream host's name"});
  }
}

Explanation Explainer::Run() {
  out_.route_config = table_.name();
  out_.outcome = "404, no route";
  const char* why = "";
  const HostRules* host = parts_.FindHost(input_.head, &why);
  out_.host_why = why;
  if (host == nullptr) return std::move(out_);
  out_.virtual_host = host->host.name;
  out_.entry = table_.Match(input_);
  if (out_.entry != nullptr && out_.entry->is_tls_redirect) {
    out_.route.rule = "require_tls of the virtual host";
  } else {
    WalkRoutes(*host);
  }
  if (out_.entry == nullptr) return std::move(out_);
  Outcome();
  Changes();
  return std::move(out_);
}

Explanation Explain(const RouteTable& table, const MatchInput& input, const FormatInput& format,
                    Arena& arena) {
  return Explainer(table, input, format, arena).Run();
}

}  // namespace sluice::route
