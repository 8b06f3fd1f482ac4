// A certificate with its chain and key, loaded and checked. Main thread, at load; immutable
// afterwards and shared by the contexts made from it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "openssl.h"
#include "sluice/base/clock.h"
#include "sluice/config/problems.h"
#include "tls_config.h"

namespace sluice::tls {

struct Credentials {
  X509Ptr leaf;
  X509StackPtr chain;  // without the leaf; never null
  KeyPtr key;
  std::string origin;              // where it was read: a path, "<inline>", "$VARIABLE"
  std::vector<std::string> names;  // DNS names, or the common name; lower case
  std::string ocsp_response;       // DER; empty: none
  WallTime ocsp_valid_until = WallTime::max();
  bool must_staple = false;

  int key_type() const { return EVP_PKEY_get_base_id(key.get()); }
};

// Where a data source's content comes from, for messages and /certs.
std::string OriginOf(const config::DataSource& source);

// Null when there were problems, which are added.
std::shared_ptr<const Credentials> LoadCredentials(const TlsCertificateConfig& config,
                                                   config::Problems& problems);

// All certificates of a PEM text; an empty stack when there is none.
X509StackPtr ReadCertificates(std::string_view pem);

}  // namespace sluice::tls
