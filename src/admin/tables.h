// The built-in endpoints, one table for each subject.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/admin/endpoints.h"
#include "sluice/config/node.h"

namespace sluice::admin {

std::vector<Endpoint> StatsEndpoints();
std::vector<Endpoint> ClusterEndpoints();  // /clusters, /listeners, /drain_listeners
std::vector<Endpoint> ServerEndpoints();   // /ready, /server_info, /memory, /certs, ...
std::vector<Endpoint> ControlEndpoints();  // /healthcheck/*, /quitquitquit, /logging, ...
std::vector<Endpoint> ConfigDumpEndpoints();

// /stats?format=html: the text, and a form of what else one may ask for.
Response StatsPage(const Request& request, std::string_view text);

// Members of JSON objects, with protobuf's habits: Put leaves out what has its default value.
void Put(config::Node& map, std::string_view name, std::string_view text);
void Put(config::Node& map, std::string_view name, uint64_t number);
void PutFlag(config::Node& map, std::string_view name, bool flag);
void PutAlways(config::Node& map, std::string_view name, std::string_view text);
void PutAlways(config::Node& map, std::string_view name, uint64_t number);
void PutNumber(config::Node& map, std::string_view name, double number);
void Put(config::Node& map, std::string_view name, config::Node value);
config::Node AddressNode(const net::Address& address);
std::string Timestamp(WallTime time);              // "2026-01-31T23:59:59.123Z"
std::string PrettyJson(const config::Node& node);  // with a newline at its end

}  // namespace sluice::admin
