// Sessions that connections to hosts have left behind, to be resumed by the next ones. One worker.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "openssl.h"

namespace sluice::tls {

class ClientSessions {
 public:
  explicit ClientSessions(size_t per_host) : per_host_(per_host) {}

  // The newest session of the host; null without one. One of TLS 1.3 is given away, because a
  // ticket that is used twice lets an observer link the connections (RFC 8446 appendix C.4).
  SessionPtr Take(const std::string& host);
  void Keep(const std::string& host, SessionPtr session);
  void Clear() { by_host_.clear(); }

 private:
  static constexpr size_t kMaxHosts = 4096;

  size_t per_host_;
  std::unordered_map<std::string, std::vector<SessionPtr>> by_host_;  // the newest at the end
};

}  // namespace sluice::tls
