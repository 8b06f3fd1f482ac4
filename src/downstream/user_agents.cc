#include "user_agents.h"

#include <string>

namespace sluice::downstream {
namespace {

struct Kind {
  std::string_view part;  // of user-agent, in this case only, as in Envoy
  std::string_view name;
};
constexpr std::array<Kind, 2> kKinds = {{{"iOS", "ios"}, {"android", "android"}}};

}  // namespace

#define SLUICE_STAT(name, help) \
  stats::Field<UserAgentStats> { &UserAgentStats::name, #name, help }

constexpr stats::Field<UserAgentStats> UserAgentStats::kFields[] = {
    SLUICE_STAT(downstream_cx_total, "Connections"),
    SLUICE_STAT(downstream_cx_destroy_remote_active_rq,
                "Connections ended by the client with requests in flight"),
    SLUICE_STAT(downstream_rq_total, "Requests"),
    SLUICE_STAT(downstream_cx_length_ms, "How long connections lasted"),
};
#undef SLUICE_STAT

UserAgentStats* UserAgents::Find(std::string_view user_agent) {
  if (user_agent.empty()) return nullptr;
  for (size_t i = 0; i < kKinds.size(); ++i) {
    if (user_agent.find(kKinds[i].part) == std::string_view::npos) continue;
    if (!made_[i]) {
      const std::string prefix = "user_agent." + std::string(kKinds[i].name);
      made_[i] = stats::Make<UserAgentStats>(manager_.Sub(prefix));
    }
    return &*made_[i];
  }
  return nullptr;
}

}  // namespace sluice::downstream
