#include "health_event_log.h"

#include <cerrno>
#include <chrono>
#include <ctime>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "sluice/base/log.h"

namespace sluice::upstream {
namespace {

net::UniqueFd OpenForAppend(const std::string& path) {
  return net::UniqueFd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644));
}

}  // namespace

Result<> HealthEventLog::Check() const {
  if (OpenForAppend(path_).valid()) return {};
  return FailErrno(Origin::kConfig, "event log " + path_, errno);
}

void HealthEventLog::Write(const std::string& line) {
  const net::UniqueFd file = OpenForAppend(path_);
  const std::string text = line + '\n';
  const bool written = file.valid() && ::write(file.get(), text.data(), text.size()) ==
                                           static_cast<ssize_t>(text.size());
  if (!written && !failing_) {
    SLUICE_LOG(kUpstream, kError, "{}: cannot write an event",
               FailErrno(Origin::kLocal, "event log " + path_, errno).error().detail);
  }
  failing_ = !written;
}

std::string JsonText(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string AddressJson(const net::Address& address) {
  if (!address.is_ip()) {
    return fmt::format(R"({{"pipe":{{"path":"{}","mode":0}}}})", JsonText(address.Ip()));
  }
  return fmt::format(R"({{"socket_address":{{"protocol":"TCP","address":"{}","port_value":{},)"
                     R"("resolver_name":"","ipv4_compat":false}}}})",
                     address.Ip(), address.port());
}

std::string TimestampText(WallTime at) {
  using std::chrono::milliseconds;
  const auto ms = std::chrono::duration_cast<milliseconds>(at.time_since_epoch()).count();
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  const size_t size = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:03}Z", std::string_view(text, size), ms % 1000);
}

}  // namespace sluice::upstream
