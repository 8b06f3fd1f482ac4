#include "key_log.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "sluice/base/error.h"
#include "sluice/match/config.h"
#include "sluice/net/address.h"

namespace sluice::tls {
namespace {

template <typename Ask>
std::string IpOf(int fd, Ask ask) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* raw = reinterpret_cast<sockaddr*>(&storage);
  if (ask(fd, raw, &size) != 0) return {};
  return std::string(net::Address::FromSockaddr(raw, size).Unmapped().IpBytes());
}

}  // namespace

std::shared_ptr<const KeyLog> KeyLog::Open(const KeyLogConfig& config, config::Problems& problems) {
  auto made = std::make_shared<KeyLog>();
  made->fd_.Reset(::open(config.path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!made->fd_.valid()) {
    problems.Add(
        config.where,
        FailErrno(Origin::kConfig, "key_log: opening " + config.path, errno).error().detail);
    return nullptr;
  }
  made->local_ = match::Compile(config.local_address_range);
  made->remote_ = match::Compile(config.remote_address_range);
  made->any_local_ = config.local_address_range.empty();
  made->any_remote_ = config.remote_address_range.empty();
  return made;
}

bool KeyLog::Wants(int fd) const {
  return (any_local_ || local_.Contains(IpOf(fd, ::getsockname))) &&
         (any_remote_ || remote_.Contains(IpOf(fd, ::getpeername)));
}

void KeyLog::Write(const char* line) const {
  std::string text(line);
  text += '\n';
  // Debugging help: a full disk shall not end connections.
  [[maybe_unused]] const ssize_t put = ::write(fd_.get(), text.data(), text.size());
}

}  // namespace sluice::tls
