#include "client_sessions.h"

#include <utility>

namespace sluice::tls {

SessionPtr ClientSessions::Take(const std::string& host) {
  const auto found = by_host_.find(host);
  if (found == by_host_.end() || found->second.empty()) return nullptr;
  std::vector<SessionPtr>& sessions = found->second;
  if (SSL_SESSION_get_protocol_version(sessions.back().get()) >= TLS1_3_VERSION) {
    SessionPtr session = std::move(sessions.back());
    sessions.pop_back();
    return session;
  }
  SSL_SESSION_up_ref(sessions.back().get());
  return SessionPtr(sessions.back().get());
}

void ClientSessions::Keep(const std::string& host, SessionPtr session) {
  if (per_host_ == 0) return;
  if (by_host_.size() >= kMaxHosts && !by_host_.contains(host)) by_host_.erase(by_host_.begin());
  std::vector<SessionPtr>& sessions = by_host_[host];
  if (!sessions.empty() && sessions.back() == session) return;
  if (sessions.size() >= per_host_) sessions.erase(sessions.begin());
  sessions.push_back(std::move(session));
}

}  // namespace sluice::tls
