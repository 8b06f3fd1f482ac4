// What tells the server to do something: /logging, /healthcheck/*, /reopen_logs, /quitquitquit.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sluice/base/log.h"
#include "tables.h"

namespace sluice::admin {
namespace {

constexpr log::Level kLevels[] = {log::Level::kTrace,   log::Level::kDebug, log::Level::kInfo,
                                  log::Level::kWarning, log::Level::kError, log::Level::kCritical,
                                  log::Level::kOff};

struct Change {
  log::Component component;
  log::Level level;
};

// One "name:level" of a list, or one parameter.
std::string ReadChange(std::string_view name, std::string_view level, std::vector<Change>& out) {
  if (name.empty() || level.empty()) return "empty logger name or empty logger level";
  const auto component = log::FindComponent(name);
  const auto parsed = log::ParseLevel(level);
  if (!parsed) return "unknown logger level";
  if (!component) return "unknown logger name";
  out.push_back({*component, *parsed});
  return {};
}

std::string ReadPaths(std::string_view list, std::vector<Change>& out) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    const std::string_view pair = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    if (pair.empty()) continue;
    const size_t colon = pair.find(':');
    const std::string_view level =
        colon == std::string_view::npos ? std::string_view() : pair.substr(colon + 1);
    std::string error = ReadChange(pair.substr(0, colon), level, out);
    if (!error.empty()) return error;
  }
  return {};
}

// Empty when it went well; nothing is changed when it did not.
std::string ChangeLevels(const Request& request) {
  if (request.query.size() > 1) return "invalid number of parameters";
  const auto& [key, value] = request.query.front();
  if (key == "level") {
    const auto level = log::ParseLevel(value);
    if (!level) return "unknown logger level";
    log::SetAllLevels(*level);
    return {};
  }
  std::vector<Change> changes;
  std::string error = key == "paths" ? ReadPaths(value, changes) : ReadChange(key, value, changes);
  if (!error.empty()) return error;
  for (const Change& change : changes) log::SetLevel(change.component, change.level);
  return {};
}

std::string LoggingUsage(const std::string& error) {
  std::string out = "error: " + error +
                    "\n\n"
                    "usage: /logging?<name>=<level> (change single level)\n"
                    "usage: /logging?paths=name1:level1,name2:level2,... (change multiple levels)\n"
                    "usage: /logging?level=<level> (change all levels)\n"
                    "levels: ";
  for (const log::Level level : kLevels) out.append(log::LevelName(level)).append(" ");
  return out + "\n";
}

Response Logging(const Request& request, AdminHost& /*host*/) {
  std::string error;
  if (!request.query.empty()) error = ChangeLevels(request);
  std::string out = error.empty() ? std::string() : LoggingUsage(error);
  out.append("active loggers:\n");
  for (size_t i = 0; i < static_cast<size_t>(log::Component::kCount); ++i) {
    const auto component = static_cast<log::Component>(i);
    out.append("  ").append(log::ComponentName(component)).append(": ");
    out.append(log::LevelName(log::GetLevel(component))).append("\n");
  }
  out.append("\n");
  return TextResponse(std::move(out), error.empty() ? 200 : 400);
}

Response HealthcheckFail(const Request& /*request*/, AdminHost& host) {
  host.FailHealthCheck(true);
  return TextResponse("OK\n");
}

Response HealthcheckOk(const Request& /*request*/, AdminHost& host) {
  host.FailHealthCheck(false);
  return TextResponse("OK\n");
}

Response ReopenLogs(const Request& /*request*/, AdminHost& host) {
  host.ReopenLogs();
  return TextResponse("OK\n");
}

Response Quit(const Request& /*request*/, AdminHost& host) {
  host.Quit();
  return TextResponse("OK\n");
}

}  // namespace

std::vector<Endpoint> ControlEndpoints() {
  return {
      {.path = "/logging",
       .help = "query/change logging levels",
       .mutates = true,
       .params = {{"paths",
                   "Change multiple logging levels by setting to "
                   "<logger_name1>:<desired_level1>,<logger_name2>:<desired_level2>."},
                  {"level", "desired logging level, this will change all loggers's level",
                   ", trace, debug, info, warning, error, critical, off"}},
       .handle = Logging},
      {.path = "/healthcheck/fail",
       .help = "cause the server to fail health checks",
       .mutates = true,
       .params = {},
       .handle = HealthcheckFail},
      {.path = "/healthcheck/ok",
       .help = "cause the server to pass health checks",
       .mutates = true,
       .params = {},
       .handle = HealthcheckOk},
      {.path = "/reopen_logs",
       .help = "reopen access logs",
       .mutates = true,
       .params = {},
       .handle = ReopenLogs},
      {.path = "/quitquitquit",
       .help = "exit the server",
       .mutates = true,
       .params = {},
       .handle = Quit},
  };
}

}  // namespace sluice::admin
