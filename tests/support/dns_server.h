// A tiny DNS server on a loopback port, over UDP in the test's own loop: it answers A and AAAA
// questions from a table and can be told to be silent or to fail.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "sluice/event/io.h"
#include "sluice/event/loop.h"
#include "sluice/net/acceptor.h"
#include "sluice/net/address.h"
#include "sluice/net/unique_fd.h"

namespace sluice::net {

class DnsServer final : private IoHandler {
 public:
  enum class Mood { kAnswer, kSilent, kServfail };
  struct Record {
    std::string ip;
    uint32_t ttl;
  };

  explicit DnsServer(EventLoop& loop)
      : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    Address any = Address::V4(INADDR_LOOPBACK, 0);
    EXPECT_EQ(::bind(fd_.get(), any.raw(), any.raw_size()), 0);
    EXPECT_TRUE(watch_.Open(loop, fd_.get(), *this, IoWatch::Mode::kLevelRead));
  }
  Address address() const { return LocalAddressOf(fd_.get()); }

  std::map<std::string, std::vector<Record>, std::less<>> records;
  std::map<std::string, std::pair<std::string, uint32_t>, std::less<>> aliases;  // with their TTL
  Mood mood = Mood::kAnswer;
  std::vector<std::string> asked;  // "A name"

  // The reply to a question's bytes; also for a test's TCP side.
  std::string Reply(std::string_view query) {
    std::string name;
    size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      auto length = static_cast<size_t>(static_cast<unsigned char>(query[at]));
      if (!name.empty()) name += '.';
      name += query.substr(at + 1, length);
      at += length + 1;
    }
    int type = static_cast<unsigned char>(query[at + 2]);
    asked.push_back((type == 1 ? "A " : "AAAA ") + name);
    std::string answers;
    int count = 0;
    bool known = false;
    for (auto it = aliases.find(name); it != aliases.end(); it = aliases.find(name)) {
      Append(answers, name, 5, it->second.second, Encode(it->second.first));
      name = it->second.first;
      ++count;
    }
    if (auto it = records.find(name); it != records.end()) {
      known = true;
      for (const Record& record : it->second) {
        Address ip = *Address::FromIp(record.ip, 0);
        if ((ip.family() == Address::Family::kV4) != (type == 1)) continue;
        Append(answers, name, type, record.ttl, std::string(ip.IpBytes()));
        ++count;
      }
    }
    char code = mood == Mood::kServfail ? 2 : (known ? 0 : 3);
    if (code == 2) answers.clear(), count = 0;
    std::string reply(query.substr(0, 2));
    reply +=
        {'\x81', static_cast<char>(0x80 | code), 0, 1, 0, static_cast<char>(count), 0, 0, 0, 0};
    reply += query.substr(12, at + 5 - 12);
    return reply + answers;
  }

 private:
  static std::string Encode(std::string_view name) {
    std::string wire;
    while (!name.empty()) {
      std::string_view label = name.substr(0, name.find('.'));
      wire += static_cast<char>(label.size());
      wire += label;
      name.remove_prefix(std::min(name.size(), label.size() + 1));
    }
    return wire + '\0';
  }
  static void Append(std::string& to, std::string_view name, int type, uint32_t ttl,
                     const std::string& data) {
    to += Encode(name);
    to += {0, static_cast<char>(type), 0, 1};
    for (int shift = 24; shift >= 0; shift -= 8) to += static_cast<char>(ttl >> shift);
    to += {static_cast<char>(data.size() >> 8), static_cast<char>(data.size())};
    to += data;
  }

  // IoHandler
  void OnIo() override {
    char query[1500];
    sockaddr_storage from{};
    socklen_t size = sizeof(from);
    auto* raw = reinterpret_cast<sockaddr*>(&from);
    ssize_t n = ::recvfrom(fd_.get(), query, sizeof(query), 0, raw, &size);
    if (n < 17) return;
    std::string reply = Reply({query, static_cast<size_t>(n)});
    if (mood != Mood::kSilent) ::sendto(fd_.get(), reply.data(), reply.size(), 0, raw, size);
  }

  UniqueFd fd_;
  IoWatch watch_;
};

}  // namespace sluice::net
