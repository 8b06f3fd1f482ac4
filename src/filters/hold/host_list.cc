#include "host_list.h"

#include <array>
#include <utility>

#include "sluice/config/reader.h"
#include "sluice/http/authority.h"
#include "sluice/http/chars.h"

namespace sluice::filters::hold {

namespace {

std::unexpected<Error> NotAList() {
  return Fail(ErrorCode::kProtocol, Origin::kUpstream, "not a JSON list of hosts");
}

}  // namespace

Result<std::shared_ptr<const HostList>> HostList::Parse(std::string json, size_t max_bytes) {
  config::Problems problems;
  config::ReadOptions options;
  options.max_bytes = max_bytes;
  options.any_root = true;
  const auto node =
      config::ReadText("hosts", std::move(json), config::Format::kJson, options, problems);
  if (!node || !node->IsList()) return NotAList();
  auto list = std::make_shared<HostList>();
  for (const config::Node& item : node->items) {
    if (!item.IsScalar() || !item.quoted) return NotAList();
    std::array<char, kMaxHost> buffer;
    const std::string_view host = NormalHost(item.scalar, buffer);
    if (host.empty()) {
      return Fail(ErrorCode::kProtocol, Origin::kUpstream, "not a host: '" + item.scalar + "'");
    }
    list->hosts_.emplace(host);
  }
  return list;
}

std::string_view NormalHost(std::string_view authority, std::span<char, kMaxHost> to) {
  const auto parts = http::SplitHostPort(authority);
  if (!parts || parts->host.size() > to.size()) return {};
  for (size_t i = 0; i < parts->host.size(); ++i) to[i] = http::ToLowerAscii(parts->host[i]);
  return {to.data(), parts->host.size()};
}

}  // namespace sluice::filters::hold
