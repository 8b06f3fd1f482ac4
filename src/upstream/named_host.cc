#include "sluice/upstream/named_host.h"

#include <algorithm>

#include "sluice/buffer/arena.h"
#include "sluice/http/authority.h"
#include "sluice/http/chars.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::upstream {
namespace {

constexpr size_t kLongestName = 255;  // RFC 1035 section 2.3.4, and room for a port

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

}  // namespace

std::string_view NameOfHost(std::string_view authority, const ClusterOptions& options,
                            Arena& arena) {
  const auto parts = http::SplitHostPort(authority);
  if (!parts || parts->host.empty() || authority.size() > kLongestName || parts->port == 0) {
    return {};
  }
  const std::string_view port = options.transport->is_tls() ? ":443" : ":80";
  if (parts->port && std::ranges::none_of(authority, IsUpper)) return authority;
  const std::string_view end = parts->port ? parts->port_text : port;
  const size_t size = parts->host.size() + end.size();
  auto* to = static_cast<char*>(arena.Allocate(size, 1));
  char* at = std::ranges::transform(parts->host, to, http::ToLowerAscii).out;
  std::ranges::copy(end, at);
  return {to, size};
}

}  // namespace sluice::upstream
