// Where the host of a request runs, for logs and filters. Immutable; lives as long as the host.
#pragma once

#include <memory>
#include <string>

namespace sluice::config {
struct Metadata;
}

namespace sluice::stream {

struct HostLocality {
  std::string region;
  std::string zone;
  std::string sub_zone;
  std::shared_ptr<const config::Metadata> metadata;  // of the locality
};

}  // namespace sluice::stream
