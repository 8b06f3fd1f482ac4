#include "reloader.h"

#include "verifier.h"

namespace sluice::tls {
namespace {

void AddFile(const std::optional<config::DataSource>& source, std::vector<std::string>& files) {
  if (source && source->filename) files.push_back(*source->filename);
}

void AddDirectory(const std::optional<WatchedDirectoryConfig>& watched,
                  std::vector<std::string>& files) {
  if (watched) files.push_back(watched->path);
}

}  // namespace

std::vector<std::string> FilesOf(const CommonTlsConfig& config) {
  std::vector<std::string> files;
  for (const TlsCertificateConfig& one : config.tls_certificates) {
    for (const auto* source :
         {&one.certificate_chain, &one.private_key, &one.pkcs12, &one.password, &one.ocsp_staple}) {
      AddFile(*source, files);
    }
    AddDirectory(one.watched_directory, files);
  }
  if (config.validation_context) {
    AddFile(config.validation_context->trusted_ca, files);
    AddFile(config.validation_context->crl, files);
    if (config.validation_context->system_root_certs && !config.validation_context->trusted_ca) {
      files.push_back(SystemRootsFile());
    }
    AddDirectory(config.validation_context->watched_directory, files);
  }
  return files;
}

std::vector<std::string> FilesOf(const DownstreamTlsConfig& config) {
  std::vector<std::string> files = FilesOf(config.common_tls_context);
  if (!config.session_ticket_keys) return files;
  for (const config::DataSource& one : config.session_ticket_keys->keys) {
    if (one.filename) files.push_back(*one.filename);
  }
  return files;
}

}  // namespace sluice::tls
