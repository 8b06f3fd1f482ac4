// The files that a context is read from, which are watched.
#pragma once

#include <string>
#include <vector>

#include "tls_config.h"

namespace sluice::tls {

// Everything that a context reads from disk.
std::vector<std::string> FilesOf(const CommonTlsConfig& config);
std::vector<std::string> FilesOf(const DownstreamTlsConfig& config);

}  // namespace sluice::tls
