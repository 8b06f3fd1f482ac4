// A listener as it will run: compiled from its configuration on main, immutable, shared by the
// workers, each of which makes its own half of every filter from it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/base/shared_budget.h"
#include "sluice/config/types.h"
#include "sluice/filter/listener_filter.h"
#include "sluice/filter/network_filter.h"
#include "sluice/filter/overload_state.h"
#include "sluice/listener/chain_match.h"
#include "sluice/log/access_log.h"
#include "sluice/net/transport.h"
#include "sluice/stream/connection_info.h"

namespace sluice::listener {

struct ChainPlan {
  std::string name;
  config::Metadata metadata;
  std::shared_ptr<const net::TransportFactory> transport;  // null: raw
  Duration transport_connect_timeout{};
  std::vector<std::unique_ptr<filter::NetworkFilterFactory>> filters;  // the last one is terminal
};

struct ListenerPlan {
  std::string name;
  std::string stat_name;  // the address with ':' as '_', or the configured prefix
  std::vector<std::unique_ptr<filter::ListenerFilterFactory>> listener_filters;
  Duration listener_filters_timeout = std::chrono::seconds(15);
  bool continue_on_listener_filters_timeout = false;
  size_t buffer_limit = size_t{1024} * 1024;
  std::vector<ChainPlan> chains;
  ChainMatcher matcher;  // answers an index into chains
  std::shared_ptr<const log::AccessLogSet> access_logs;
  log::AccessLogManager* access_log_manager = nullptr;
  std::optional<uint32_t> accepts_per_turn;
  bool exact_balance = false;
  config::Metadata metadata;
  bool ignore_global_limit = false;
  const filter::OverloadState* overload = nullptr;  // null only in tests
  stream::TrafficDirection direction = stream::TrafficDirection::kUnspecified;
  std::unique_ptr<SharedBudget> connection_limit;  // over all workers; null: none
};

}  // namespace sluice::listener
