// Secrets that a TLS context takes from files by name (SDS), and the context with them in their
// places. Owned by the factory of the context; main thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/config/problems.h"
#include "sluice/discovery/file_subscription.h"
#include "tls_config.h"

namespace sluice::tls {

class SecretFiles {
 public:
  // `use` makes a context with the secrets of now; false, with problems: the ones before come back.
  using Use = std::function<bool(config::Problems&)>;
  SecretFiles(discovery::Host* host, Use use);
  ~SecretFiles();

  // At load: reads what the context names, without using it. False when there were problems.
  bool Load(const CommonTlsConfig& config, config::Problems& problems);
  bool Load(const DownstreamTlsConfig& config, config::Problems& problems);
  // From now on changes are used.
  void Start();
  bool empty() const { return secrets_.empty(); }

  // With secrets in the place of their names.
  CommonTlsConfig Fill(const CommonTlsConfig& config) const;
  DownstreamTlsConfig Fill(const DownstreamTlsConfig& config) const;

 private:
  enum class Part : uint8_t { kCertificate, kValidation, kTicketKeys };
  struct Secret {
    Part part;
    std::string name;
    std::shared_ptr<const SecretConfig> config;
    std::unique_ptr<discovery::FileSubscription> file;
  };

  bool Add(Part part, const SdsSecretConfig& reference, config::Problems& problems);
  bool Take(Secret& secret, const config::Resources& resources, config::Problems& problems);

  discovery::Host* const host_;  // null in tests without files
  const Use use_;
  bool started_ = false;
  std::vector<std::unique_ptr<Secret>> secrets_;
};

}  // namespace sluice::tls
