#include "secret_files.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/config/parse.h"

namespace sluice::tls {
namespace {

template <typename T>
void Append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

template <typename T>
void Replace(T& to, const T& from, bool set) {
  if (set) to = from;
}

// As protobuf merges: lists are joined, all else that is set replaces.
void Merge(ValidationConfig& to, const ValidationConfig& from) {
  Replace(to.trusted_ca, from.trusted_ca, from.trusted_ca.has_value());
  Replace(to.system_root_certs, from.system_root_certs, from.system_root_certs.has_value());
  Replace(to.watched_directory, from.watched_directory, from.watched_directory.has_value());
  Append(to.verify_certificate_spki, from.verify_certificate_spki);
  Append(to.verify_certificate_hash, from.verify_certificate_hash);
  Append(to.match_typed_subject_alt_names, from.match_typed_subject_alt_names);
  Append(to.match_subject_alt_names, from.match_subject_alt_names);
  Replace(to.crl, from.crl, from.crl.has_value());
  to.allow_expired_certificate |= from.allow_expired_certificate;
  Replace(to.trust_chain_verification, from.trust_chain_verification,
          from.trust_chain_verification != TrustChainVerification::kVerify);
  to.only_verify_leaf_cert_crl |= from.only_verify_leaf_cert_crl;
  Replace(to.max_verify_depth, from.max_verify_depth, from.max_verify_depth.has_value());
}

}  // namespace

SecretFiles::SecretFiles(discovery::Host* host, Use use) : host_(host), use_(std::move(use)) {}

SecretFiles::~SecretFiles() = default;

bool SecretFiles::Load(const CommonTlsConfig& config, config::Problems& problems) {
  bool good = true;
  for (const SdsSecretConfig& one : config.tls_certificate_sds_secret_configs) {
    good = Add(Part::kCertificate, one, problems) && good;
  }
  if (const auto& one = config.validation_context_sds_secret_config) {
    good = Add(Part::kValidation, *one, problems) && good;
  }
  if (const auto& one = config.combined_validation_context) {
    good = Add(Part::kValidation, one->validation_context_sds_secret_config, problems) && good;
  }
  return good;
}

bool SecretFiles::Load(const DownstreamTlsConfig& config, config::Problems& problems) {
  bool good = Load(config.common_tls_context, problems);
  if (const auto& one = config.session_ticket_keys_sds_secret_config) {
    good = Add(Part::kTicketKeys, *one, problems) && good;
  }
  return good;
}

bool SecretFiles::Add(Part part, const SdsSecretConfig& reference, config::Problems& problems) {
  if (host_ == nullptr) return false;
  Secret& secret = *secrets_.emplace_back(std::make_unique<Secret>());
  secret.part = part;
  secret.name = reference.name;
  secret.file = std::make_unique<discovery::FileSubscription>(
      *host_, reference.sds_config,
      discovery::FileSubscription::Wish{discovery::Kind::kSecrets, SecretConfig::Schema(),
                                        "sds." + reference.name},
      [this, &secret](const config::Resources& resources, config::Problems& found) {
        return Take(secret, resources, found);
      },
      [&secret](discovery::ResourceView view, const auto& visit) {
        view.name = secret.name;
        view.content = config::Dump(*secret.config);
        visit(view);
      });
  return secret.file->Load(problems);
}

void SecretFiles::Start() {
  started_ = true;
  for (const auto& secret : secrets_) secret->file->Start();
}

bool SecretFiles::Take(Secret& secret, const config::Resources& resources,
                       config::Problems& problems) {
  const auto all = resources.As<SecretConfig>();
  const auto found = std::ranges::find(all, secret.name, [](const auto& one) { return one->name; });
  if (found == all.end()) {
    problems.Add({}, fmt::format("{}: there is no secret '{}'", secret.file->path(), secret.name));
    return false;
  }
  const SecretConfig& config = **found;
  const bool fits = (secret.part == Part::kCertificate && config.tls_certificate) ||
                    (secret.part == Part::kValidation && config.validation_context) ||
                    (secret.part == Part::kTicketKeys && config.session_ticket_keys);
  if (!fits) {
    problems.Add(config.where,
                 fmt::format("the secret '{}' is not what the context takes by this "
                             "name",
                             secret.name),
                 "one of tls_certificate, validation_context, session_ticket_keys");
    return false;
  }
  const auto before = std::exchange(secret.config, *found);
  if (!started_ || use_(problems)) return true;
  secret.config = before;
  return false;
}

CommonTlsConfig SecretFiles::Fill(const CommonTlsConfig& config) const {
  CommonTlsConfig out = config;
  if (config.combined_validation_context) {
    out.validation_context = config.combined_validation_context->default_validation_context;
  }
  for (const auto& secret : secrets_) {
    if (secret->part == Part::kCertificate) {
      out.tls_certificates.push_back(*secret->config->tls_certificate);
    } else if (secret->part == Part::kValidation) {
      if (!out.validation_context) out.validation_context.emplace();
      Merge(*out.validation_context, *secret->config->validation_context);
    }
  }
  return out;
}

DownstreamTlsConfig SecretFiles::Fill(const DownstreamTlsConfig& config) const {
  DownstreamTlsConfig out = config;
  out.common_tls_context = Fill(config.common_tls_context);
  for (const auto& secret : secrets_) {
    if (secret->part == Part::kTicketKeys) {
      out.session_ticket_keys = secret->config->session_ticket_keys;
    }
  }
  return out;
}

}  // namespace sluice::tls
