// Certificates in use, as /certs and the gauges show them: a copy of the moment.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sluice/base/clock.h"

namespace sluice::net {

struct CertificateInfo {
  std::string path;  // "<inline>" where it came from the configuration itself
  std::string serial_number;
  std::vector<std::pair<std::string, std::string>> subject_alt_names;  // {"dns"|"uri"|..., value}
  WallTime valid_from{};
  WallTime expiration_time{};
};

// Of one transport: whom it trusts and what it shows.
struct CertificateSet {
  std::vector<CertificateInfo> ca_cert;
  std::vector<CertificateInfo> cert_chain;
};

}  // namespace sluice::net
