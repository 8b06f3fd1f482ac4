// A file with a line of JSON for each change of a host's health (event_log_path), with the names of
// Envoy's HealthCheckEvent and OutlierDetectionEvent. Main thread: events are rare.
#pragma once

#include <string>
#include <string_view>

#include "sluice/base/clock.h"
#include "sluice/base/error.h"
#include "sluice/net/address.h"
#include "sluice/net/unique_fd.h"

namespace sluice::upstream {

class HealthEventLog {
 public:
  // The file is opened for each event, so that it may be moved away.
  explicit HealthEventLog(std::string path) : path_(std::move(path)) {}

  // Whether the file can be written at all.
  Result<> Check() const;
  // `line` without its end. A failure is logged once.
  void Write(const std::string& line);

 private:
  std::string path_;
  bool failing_ = false;
};

// {"socket_address":{...}} or {"pipe":{...}}
std::string AddressJson(const net::Address& address);
// "2026-01-02T03:04:05.678Z"
std::string TimestampText(WallTime at);
// As the inside of a JSON string.
std::string JsonText(std::string_view text);

}  // namespace sluice::upstream
