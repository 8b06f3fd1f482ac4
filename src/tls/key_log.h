// Session secrets for Wireshark and the like. Shared by the workers: each line is one write to a
// descriptor opened for appending.
#pragma once

#include <memory>
#include <string>

#include "openssl.h"
#include "sluice/config/problems.h"
#include "sluice/match/cidr.h"
#include "sluice/net/unique_fd.h"
#include "tls_config.h"

namespace sluice::tls {

class KeyLog {
 public:
  // Null when the file cannot be opened; the problem is added.
  static std::shared_ptr<const KeyLog> Open(const KeyLogConfig& config, config::Problems& problems);

  // True for connections that the address ranges let through.
  bool Wants(int fd) const;
  void Write(const char* line) const;

 private:
  net::UniqueFd fd_;
  match::CidrSet local_;
  match::CidrSet remote_;
  bool any_local_ = true;
  bool any_remote_ = true;
};

}  // namespace sluice::tls
