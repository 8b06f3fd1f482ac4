// A request head written as text, and the facts of a connection.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "options.h"
#include "request_head.h"
#include "sluice/net/address.h"
#include "sluice/stream/connection_info.h"

namespace sluice::downstream {

class HeadTest : public ::testing::Test {
 protected:
  HeadTest() {
    SetPeer("50.0.0.1");
    local_ = *net::Address::FromIp("10.0.0.9", 8080);
    connection_.local = &local_;
    connection_.remote = &peer_;
    process_.local.cluster = "front";
    process_.local.node_id = "node-1";
    process_.local.address = "10.0.0.9";
    options_.process = &process_;
    options_.address.detection.emplace_back();  // x-forwarded-for, as the config makes it
  }
  void SetPeer(std::string_view ip) { peer_ = *net::Address::FromIp(ip, 4000); }
  static match::CidrSet Cidr(std::string_view ip, uint32_t size) {
    return match::CidrSet(std::vector{*match::CidrRange::Parse(ip, size)});
  }

  // A GET for http://example.com<path> with these fields.
  http::HeaderMap& Head(
      std::string_view path,
      std::initializer_list<std::pair<std::string_view, std::string_view>> fields = {}) {
    head_.Clear();
    head_.Add(http::HeaderId::kMethod, "GET");
    head_.Add(http::HeaderId::kAuthority, "example.com");
    if (!path.empty()) head_.Add(http::HeaderId::kPath, path);
    for (const auto& [name, value] : fields) head_.Add(name, value);
    return head_;
  }
  std::optional<Refusal> Check() { return CheckTarget(Input(), head_); }
  std::optional<Refusal> Sanitize() { return SanitizeRequest(Input(), head_, client_); }
  std::string Get(std::string_view name) { return std::string(head_.Get(name).value_or("<none>")); }
  HeadInput Input() { return {options_, connection_, http::Version::kHttp11, internal_only_}; }

  filter::ProcessState process_;
  ManagerOptions options_;
  std::vector<std::string> internal_only_;
  net::Address peer_;
  net::Address local_;
  stream::ConnectionInfo connection_;
  Arena arena_;
  http::HeaderMap head_{arena_};
  ClientAddress client_;
};

}  // namespace sluice::downstream
