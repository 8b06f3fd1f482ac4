// A socket address as a value: IPv4, IPv6, unix path or abstract name. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "sluice/base/error.h"

namespace sluice::net {

class Address {
 public:
  enum class Family : uint8_t { kNone, kV4, kV6, kUnix };

  Address() = default;
  Address(const Address& other);
  Address(Address&& other) noexcept;
  Address& operator=(const Address& other);
  Address& operator=(Address&& other) noexcept;
  ~Address() = default;

  static Result<Address> FromIp(std::string_view ip, uint16_t port);  // literal only, no names
  static Result<Address> FromUnixPath(std::string_view path);         // "@name" is abstract
  static Address FromSockaddr(const sockaddr* addr, socklen_t length);
  static Address V4(uint32_t host_order_ip, uint16_t port);

  Family family() const;
  bool is_ip() const { return family() == Family::kV4 || family() == Family::kV6; }
  const sockaddr* raw() const {
    return unix_ != nullptr ? reinterpret_cast<const sockaddr*>(unix_.get()) : &ip_.any;
  }
  socklen_t raw_size() const { return size_; }

  uint16_t port() const;  // 0 for unix
  Address WithPort(uint16_t port) const;
  std::string Ip() const;        // "10.0.0.1", "::1", or the unix path
  std::string ToString() const;  // "10.0.0.1:80", "[::1]:80", "/run/x.sock", "@name"
  bool IsLoopback() const;
  bool IsAny() const;
  // IPv4 as four, IPv6 as sixteen bytes in network order; empty for unix.
  std::string_view IpBytes() const;
  // ::ffff:a.b.c.d becomes a.b.c.d; everything else stays.
  Address Unmapped() const;

  friend bool operator==(const Address& a, const Address& b);
  size_t Hash() const;

 private:
  // A unix address is rare and long: it lies elsewhere, so that each connection's two addresses
  // stay small.
  union Storage {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  Storage ip_{};  // sa_family is AF_UNSPEC without an IP address
  socklen_t size_ = 0;
  std::unique_ptr<sockaddr_un> unix_;
};

}  // namespace sluice::net

template <>
struct std::hash<sluice::net::Address> {
  size_t operator()(const sluice::net::Address& address) const { return address.Hash(); }
};
