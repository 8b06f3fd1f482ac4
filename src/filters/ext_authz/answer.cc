#include "answer.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "check_response.h"
#include "mutations.h"
#include "sluice/filter/grpc_call.h"
#include "sluice/http/chars.h"
#include "sluice/http/list.h"

namespace sluice::filters::ext_authz {
namespace {

constexpr std::string_view kToRemove = "x-envoy-auth-headers-to-remove";

// Fields of the answer itself, which are about nothing but it.
bool IsAboutAnswer(std::string_view name) {
  return name.starts_with(':') || name == "host" || name == kToRemove || IsFraming(name);
}

void ReadAllowed(const HttpService& service, const std::string& name, const std::string& value,
                 Verdict& verdict) {
  if (match::AnyMatches(service.to_upstream, name)) {
    verdict.request.push_back({name, value, FieldAction::kSet});
  }
  if (match::AnyMatches(service.to_upstream_added, name)) {
    verdict.request.push_back({name, value, FieldAction::kAdd});
  }
  if (match::AnyMatches(service.to_client_allowed, name)) {
    verdict.response.push_back({name, value, FieldAction::kAdd});
  }
}

// The client must see what it is asked for, and where it is sent to, whatever the list says.
bool ReachesRefused(const HttpService& service, std::string_view name) {
  return service.to_client_refused.empty() || name == "www-authenticate" || name == "location" ||
         match::AnyMatches(service.to_client_refused, name);
}

}  // namespace

Verdict ReadHttpAnswer(const HttpService& service, filter::AsyncResponse&& answer) {
  Verdict verdict;
  if (answer.status < 200 || answer.status >= 500) return verdict;
  const bool allowed = answer.status == 200;
  verdict.decision = allowed ? Decision::kAllow : Decision::kDeny;
  for (const auto& [name, value] : answer.head) {
    if (allowed && name == kToRemove) {
      http::ForEachListItem(value, [&](std::string_view item) {
        std::ranges::transform(item, verdict.request_remove.emplace_back(item).begin(),
                               http::ToLowerAscii);
      });
    }
    if (IsAboutAnswer(name)) continue;
    if (allowed) {
      ReadAllowed(service, name, value, verdict);
    } else if (ReachesRefused(service, name)) {
      verdict.response.push_back({name, value, FieldAction::kSet});
    }
    if (match::AnyMatches(service.to_metadata, name)) verdict.metadata[name] = Value(value);
  }
  if (!allowed) {
    verdict.status = answer.status;
    verdict.body = std::move(answer.body);
  }
  return verdict;
}

Verdict ReadCheckAnswer(const filter::AsyncResponse& answer) {
  const auto message = filter::ReadGrpcAnswer(answer);
  return (message ? ReadCheckResponse(*message) : std::nullopt).value_or(Verdict{});
}

}  // namespace sluice::filters::ext_authz
