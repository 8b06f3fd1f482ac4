// The keys that session tickets are sealed with: configured ones, or our own, which change by
// themselves so that a key that leaks opens no more than a few hours of recorded sessions.
//
// Owned by the factory, used by the workers and by all versions of its context. Own keys are behind
// a mutex, which is taken once or twice in a handshake.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "openssl.h"
#include "sluice/base/clock.h"
#include "sluice/config/problems.h"
#include "tls_config.h"

namespace sluice::tls {

struct TicketKey {
  std::array<unsigned char, 16> name;
  std::array<unsigned char, 32> mac_key;
  std::array<unsigned char, 32> cipher_key;
};

class TicketKeys {
 public:
  static constexpr size_t kKeyBytes = 80;

  // Own keys, a new one each `lifetime`; the one before it still opens tickets.
  explicit TicketKeys(Duration lifetime) : lifetime_(lifetime) {}
  // Null when there were problems.
  static std::unique_ptr<TicketKeys> Load(const TicketKeysConfig& config,
                                          config::Problems& problems);
  ~TicketKeys();

  void Install(SSL_CTX* context);
  // Newly loaded keys in place of these.
  void Replace(TicketKeys&& fresh);
  // The key for new tickets.
  TicketKey Current(MonoTime now);
  enum class Found : uint8_t { kNone, kCurrent, kOlder };
  Found Find(const unsigned char* name, MonoTime now, TicketKey& out);

 private:
  void Rotate(MonoTime now);

  std::mutex mutex_;
  std::vector<TicketKey> keys_;  // the first one encrypts
  Duration lifetime_;            // zero: configured keys, which do not change
  MonoTime newest_since_{};
};

}  // namespace sluice::tls
