#include "request_hash.h"

#include <bit>
#include <chrono>
#include <string>

#include <fmt/format.h>

#include "sluice/base/hash.h"
#include "sluice/match/cookie_matcher.h"
#include "sluice/match/query_matcher.h"
#include "sluice/net/address.h"

namespace sluice::filters::router {
namespace {

using route::HashKind;
using route::HashPolicy;

std::string_view AddressBytes(const net::Address& address) {
  return {reinterpret_cast<const char*>(address.raw()), address.raw_size()};
}

const net::Address* Client(const stream::StreamInfo& info) {
  if (info.remote != nullptr) return info.remote;
  return info.connection != nullptr ? info.connection->remote : nullptr;
}

// Of all fields of the name, in their order.
std::optional<uint64_t> OfHeader(const HashPolicy& policy, const http::HeaderMap& head,
                                 Arena& arena) {
  std::optional<uint64_t> hash;
  for (const http::HeaderEntry& entry : head.entries()) {
    if (entry.Name() != policy.name) continue;
    std::string_view value = entry.Value();
    if (policy.header_rewrite) value = policy.header_rewrite->Apply(value, arena);
    hash = XxHash64(value, hash.value_or(0));
  }
  return hash;
}

// The same for all requests of a connection: those under way at once get the same cookie.
uint64_t CookieValue(const stream::StreamInfo& info) {
  uint64_t value = 0;
  if (info.connection == nullptr) return value;
  for (const net::Address* address : {info.connection->remote, info.connection->local}) {
    if (address != nullptr) value = XxHash64(AddressBytes(*address), value);
  }
  return value;
}

std::string_view MakeCookie(const HashPolicy& policy, std::string_view value, Arena& arena) {
  std::string text = fmt::format("{}=\"{}\"", policy.name, value);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*policy.cookie_ttl);
  if (seconds.count() > 0) text += fmt::format("; Max-Age={}", seconds.count());
  if (!policy.cookie_path.empty()) text += "; Path=" + policy.cookie_path;
  for (const auto& [name, content] : policy.cookie_attributes) {
    text += "; " + name;
    if (!content.empty()) text += "=" + content;
  }
  text += "; HttpOnly";
  return arena.Copy(text);
}

std::optional<uint64_t> OfCookie(const HashPolicy& policy, const http::HeaderMap& head,
                                 const stream::StreamInfo& info, Arena& arena,
                                 MadeCookie*& cookies) {
  if (const auto found = match::FindCookie(head, policy.name)) return XxHash64(*found);
  if (!policy.cookie_ttl) return std::nullopt;
  const std::string value = fmt::format("{:016x}", CookieValue(info));
  cookies = arena.New<MadeCookie>(MadeCookie{MakeCookie(policy, value, arena), cookies});
  return XxHash64(value);
}

std::optional<uint64_t> OfQuery(const HashPolicy& policy, const http::HeaderMap& head) {
  const std::string_view path = head.Get(http::HeaderId::kPath).value_or("");
  const size_t mark = path.find('?');
  if (mark == std::string_view::npos) return std::nullopt;
  std::string_view query = path.substr(mark + 1);
  query = query.substr(0, query.find('#'));
  const auto found = match::FindQueryParameter(query, policy.name);
  return found ? std::optional(XxHash64(*found)) : std::nullopt;
}

std::optional<uint64_t> OfState(const HashPolicy& policy, const stream::StreamInfo& info) {
  const stream::FilterStateObject* object = info.FindState(policy.name);
  if (object == nullptr) return std::nullopt;
  const std::optional<std::string> text = object->Text();
  return text ? std::optional(XxHash64(*text)) : std::nullopt;
}

}  // namespace

std::optional<uint64_t> HashRequest(std::span<const HashPolicy> policies,
                                    const http::HeaderMap& head, const stream::StreamInfo& info,
                                    Arena& arena, MadeCookie*& cookies) {
  std::optional<uint64_t> hash;
  for (const HashPolicy& policy : policies) {
    std::optional<uint64_t> part;
    switch (policy.kind) {
      case HashKind::kNothing: break;
      case HashKind::kHeader: part = OfHeader(policy, head, arena); break;
      case HashKind::kCookie: part = OfCookie(policy, head, info, arena, cookies); break;
      case HashKind::kSourceIp:
        if (const net::Address* client = Client(info); client != nullptr && client->is_ip()) {
          part = XxHash64(client->IpBytes());
        }
        break;
      case HashKind::kQueryParameter: part = OfQuery(policy, head); break;
      case HashKind::kFilterState: part = OfState(policy, info); break;
    }
    if (!part) continue;
    hash = hash ? std::rotl(*hash, 1) ^ *part : *part;
    if (policy.terminal) break;
  }
  return hash;
}

}  // namespace sluice::filters::router
