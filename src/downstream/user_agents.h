// `http.<stat_prefix>.user_agent.<ios|android>.*`: connections and requests of two kinds of
// clients, told apart by what their first request says in user-agent. One set a worker; the numbers
// are made when the first such client comes.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "sluice/stats/table.h"

namespace sluice::downstream {

struct UserAgentStats {
  stats::Counter downstream_cx_total;
  stats::Counter downstream_cx_destroy_remote_active_rq;
  stats::Counter downstream_rq_total;
  stats::Histogram downstream_cx_length_ms;

  static const stats::Field<UserAgentStats> kFields[4];
};

class UserAgents {
 public:
  explicit UserAgents(stats::Scope manager) : manager_(std::move(manager)) {}

  // Null for all others. Lives as long as we do.
  UserAgentStats* Find(std::string_view user_agent);

 private:
  const stats::Scope manager_;
  std::array<std::optional<UserAgentStats>, 2> made_;
};

}  // namespace sluice::downstream
