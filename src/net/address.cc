#include "sluice/net/address.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace sluice::net {
namespace {

constexpr size_t kUnixHeader = offsetof(sockaddr_un, sun_path);

constexpr bool IsMapped(const in6_addr& ip) {
  for (int i = 0; i < 10; ++i) {
    if (ip.s6_addr[i] != 0) return false;
  }
  return ip.s6_addr[10] == 0xff && ip.s6_addr[11] == 0xff;
}

}  // namespace

Address::Address(const Address& other)
    : ip_(other.ip_),
      size_(other.size_),
      unix_(other.unix_ ? std::make_unique<sockaddr_un>(*other.unix_) : nullptr) {}

Address::Address(Address&& other) noexcept
    : ip_(std::exchange(other.ip_, Storage{})),
      size_(std::exchange(other.size_, 0)),
      unix_(std::move(other.unix_)) {}

Address& Address::operator=(const Address& other) {
  if (this != &other) *this = Address(other);
  return *this;
}

Address& Address::operator=(Address&& other) noexcept {
  std::swap(ip_, other.ip_);
  std::swap(size_, other.size_);
  std::swap(unix_, other.unix_);
  return *this;
}

Address::Family Address::family() const {
  if (unix_ != nullptr) return Family::kUnix;
  if (ip_.any.sa_family == AF_INET) return Family::kV4;
  return ip_.any.sa_family == AF_INET6 ? Family::kV6 : Family::kNone;
}

Result<Address> Address::FromIp(std::string_view ip, uint16_t port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  Address address;
  // inet_pton would stop at a NUL, and take what is in front of it.
  if (ip.size() < text.size() && ip.find('\0') == std::string_view::npos) {
    std::ranges::copy(ip, text.begin());
    if (inet_pton(AF_INET, text.data(), &address.ip_.v4.sin_addr) == 1) {
      address.ip_.v4.sin_family = AF_INET;
      address.ip_.v4.sin_port = htons(port);
      address.size_ = sizeof(sockaddr_in);
      return address;
    }
    if (inet_pton(AF_INET6, text.data(), &address.ip_.v6.sin6_addr) == 1) {
      address.ip_.v6.sin6_family = AF_INET6;
      address.ip_.v6.sin6_port = htons(port);
      address.size_ = sizeof(sockaddr_in6);
      return address;
    }
  }
  return Fail(ErrorCode::kInvalidConfig, Origin::kConfig,
              fmt::format("'{}' is not an IP address", ip));
}

Result<Address> Address::FromUnixPath(std::string_view path) {
  // A path ends with a zero byte, an abstract name begins with one and ends with its length.
  bool abstract = path.starts_with('@');
  size_t longest = sizeof(sockaddr_un::sun_path) - (abstract ? 0 : 1);
  if (path.empty() || path.size() > longest || path.find('\0') != std::string_view::npos) {
    return Fail(ErrorCode::kInvalidConfig, Origin::kConfig,
                fmt::format("unix socket path '{}' must have 1 to {} bytes", path, longest));
  }
  Address address;
  address.unix_ = std::make_unique<sockaddr_un>();
  address.unix_->sun_family = AF_UNIX;
  std::memcpy(address.unix_->sun_path, path.data(), path.size());
  if (abstract) address.unix_->sun_path[0] = '\0';
  address.size_ = static_cast<socklen_t>(kUnixHeader + path.size() + (abstract ? 0 : 1));
  return address;
}

Address Address::FromSockaddr(const sockaddr* addr, socklen_t length) {
  Address address;
  if (length < sizeof(sa_family_t)) return address;
  if (addr->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    std::memcpy(&address.ip_.v4, addr, sizeof(sockaddr_in));
    address.size_ = sizeof(sockaddr_in);
  } else if (addr->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    std::memcpy(&address.ip_.v6, addr, sizeof(sockaddr_in6));
    address.size_ = sizeof(sockaddr_in6);
  } else if (addr->sa_family == AF_UNIX) {
    address.unix_ = std::make_unique<sockaddr_un>();
    address.size_ = std::min<socklen_t>(length, sizeof(sockaddr_un));
    std::memcpy(address.unix_.get(), addr, address.size_);
  }
  return address;
}

Address Address::V4(uint32_t host_order_ip, uint16_t port) {
  Address address;
  address.ip_.v4.sin_family = AF_INET;
  address.ip_.v4.sin_addr.s_addr = htonl(host_order_ip);
  address.ip_.v4.sin_port = htons(port);
  address.size_ = sizeof(sockaddr_in);
  return address;
}

uint16_t Address::port() const {
  switch (family()) {
    case Family::kV4: return ntohs(ip_.v4.sin_port);
    case Family::kV6: return ntohs(ip_.v6.sin6_port);
    default: return 0;
  }
}

Address Address::WithPort(uint16_t port) const {
  Address address = *this;
  if (family() == Family::kV4) address.ip_.v4.sin_port = htons(port);
  if (family() == Family::kV6) address.ip_.v6.sin6_port = htons(port);
  return address;
}

std::string Address::Ip() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  switch (family()) {
    case Family::kV4: return inet_ntop(AF_INET, &ip_.v4.sin_addr, text.data(), text.size());
    case Family::kV6: return inet_ntop(AF_INET6, &ip_.v6.sin6_addr, text.data(), text.size());
    case Family::kUnix: return ToString();
    case Family::kNone: break;
  }
  return {};
}

std::string Address::ToString() const {
  switch (family()) {
    case Family::kV4: return fmt::format("{}:{}", Ip(), port());
    case Family::kV6: return fmt::format("[{}]:{}", Ip(), port());
    case Family::kNone: return {};
    case Family::kUnix: break;
  }
  if (size_ <= kUnixHeader) return {};  // the unnamed end of a socket pair
  std::string_view path(unix_->sun_path, size_ - kUnixHeader);
  if (path.front() == '\0') return fmt::format("@{}", path.substr(1));
  return std::string(path.substr(0, path.find('\0')));
}

bool Address::IsLoopback() const {
  if (family() == Family::kUnix) return true;
  if (family() == Family::kV6 && !IsMapped(ip_.v6.sin6_addr)) {
    return IN6_IS_ADDR_LOOPBACK(&ip_.v6.sin6_addr);
  }
  Address v4 = Unmapped();
  return v4.family() == Family::kV4 && (ntohl(v4.ip_.v4.sin_addr.s_addr) >> 24) == 127;
}

bool Address::IsAny() const {
  if (family() == Family::kV4) return ip_.v4.sin_addr.s_addr == INADDR_ANY;
  return family() == Family::kV6 && IN6_IS_ADDR_UNSPECIFIED(&ip_.v6.sin6_addr);
}

std::string_view Address::IpBytes() const {
  switch (family()) {
    case Family::kV4: return {reinterpret_cast<const char*>(&ip_.v4.sin_addr), 4};
    case Family::kV6: return {reinterpret_cast<const char*>(&ip_.v6.sin6_addr), 16};
    default: return {};
  }
}

Address Address::Unmapped() const {
  if (family() != Family::kV6 || !IsMapped(ip_.v6.sin6_addr)) return *this;
  uint32_t ip;
  std::memcpy(&ip, &ip_.v6.sin6_addr.s6_addr[12], sizeof(ip));
  return V4(ntohl(ip), port());
}

// Flow labels do not count: they differ between packets of one peer.
bool operator==(const Address& a, const Address& b) {
  if (a.family() != b.family()) return false;
  if (a.family() == Address::Family::kUnix) {
    return a.size_ == b.size_ && std::memcmp(a.unix_.get(), b.unix_.get(), a.size_) == 0;
  }
  if (a.IpBytes() != b.IpBytes() || a.port() != b.port()) return false;
  return a.family() != Address::Family::kV6 || a.ip_.v6.sin6_scope_id == b.ip_.v6.sin6_scope_id;
}

size_t Address::Hash() const {
  std::string_view bytes = IpBytes();
  if (unix_ != nullptr) bytes = {reinterpret_cast<const char*>(unix_.get()), size_};
  return std::hash<std::string_view>()(bytes) ^ (size_t{port()} * 0x9e3779b97f4a7c15u);
}

}  // namespace sluice::net
