// The connection manager's half of an explanation: the head as the routes will see it.
#include "sluice/route/explain.h"

#include <string>
#include <utility>

#include <fmt/core.h>

#include "manager_factory.h"
#include "request_head.h"

namespace sluice::downstream {
namespace {

using http::HeaderId;

std::string RefusalText(const Refusal& refusal) {
  const ReplyRow& row = RowOf(refusal.kind);
  const uint32_t status = refusal.status.value_or(row.status);
  if (refusal.location.empty()) return fmt::format("{}, {}", status, row.details);
  return fmt::format("{} to {}, {}", status, refusal.location, row.details);
}

// A handshake that has not been made cannot be seen: what the caller says of the scheme counts.
void KeepScheme(const ManagerOptions& options, bool https, http::HeaderMap& head) {
  if (!https || !options.scheme.overwrite.empty()) return;
  head.SetView(HeaderId::kScheme, "https");
  head.SetView(HeaderId::kXForwardedProto, "https");
}

}  // namespace

bool ManagerFactory::Explain(http::HeaderMap& head, const stream::ConnectionInfo& connection,
                             route::Explanation& out) const {
  const ManagerOptions& options = plan_->options;
  const route::RouteTable* routes = plan_->Routes();
  HeadInput input{options, connection};
  if (routes != nullptr) input.internal_only = routes->internal_only_headers();
  const std::string host(head.Get(HeaderId::kAuthority).value_or(""));
  const std::string path(head.Get(HeaderId::kPath).value_or(""));
  const bool https = head.Get(HeaderId::kScheme) == "https";
  ClientAddress client;
  auto refusal = CheckTarget(input, head);
  if (!refusal) refusal = SanitizeRequest(input, head, client);
  if (refusal) {
    out.outcome = RefusalText(*refusal);
    return true;
  }
  KeepScheme(options, https, head);
  route::FormatInput format;
  format.request_head = &head;
  for (const route::HeaderMutations& edits : options.early_mutations) edits.Apply(head, format);
  if (routes == nullptr) {
    out.outcome = "404, no route";
    return true;
  }
  out = route::Explain(*routes, {.head = head, .runtime = options.runtime}, format, head.arena());
  const auto was = [&](HeaderId id, std::string_view what, const std::string& before) {
    const std::string after(head.Get(id).value_or(""));
    if (after != before)
      out.changes.insert(out.changes.begin(), {std::string(what), before, after});
  };
  was(HeaderId::kPath, "path", path);
  was(HeaderId::kAuthority, "host", host);
  return true;
}

}  // namespace sluice::downstream
