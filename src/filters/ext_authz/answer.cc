#include "answer.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "check_response.h"
#include "mutations.h"
#include "sluice/http/grpc.h"
#include "sluice/http/list.h"
#include "sluice/http/number.h"

namespace sluice::filters::ext_authz {
namespace {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

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

std::optional<uint64_t> FindStatus(const HeaderList& fields) {
  const auto found = std::ranges::find(fields, "grpc-status", &HeaderList::value_type::first);
  return found == fields.end() ? std::nullopt : http::ParseDecimal(found->second);
}

std::optional<std::string_view> OnlyMessage(std::string_view body) {
  if (body.size() < http::kGrpcPrefixBytes || body.front() != 0) return std::nullopt;
  uint64_t size = 0;
  for (size_t i = 1; i < http::kGrpcPrefixBytes; ++i) {
    size = (size << 8) | static_cast<unsigned char>(body[i]);
  }
  body.remove_prefix(http::kGrpcPrefixBytes);
  return body.size() == size ? std::optional(body) : std::nullopt;
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

Verdict ReadGrpcAnswer(const filter::AsyncResponse& answer) {
  const auto in_trailers = FindStatus(answer.trailers);
  const auto status = in_trailers ? in_trailers : FindStatus(answer.head);
  if (answer.status != 200 || status != 0U) return {};
  const auto message = OnlyMessage(answer.body);
  return (message ? ReadCheckResponse(*message) : std::nullopt).value_or(Verdict{});
}

}  // namespace sluice::filters::ext_authz
