// A file of resources (envoy.service.discovery.v3.DiscoveryResponse) read into structs of one type,
// by the same tables and within the same bounds as a bootstrap. Main thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/context.h"
#include "sluice/config/message.h"
#include "sluice/config/reader.h"

namespace sluice::config {

struct Resources {
  std::string version;  // version_info
  std::vector<std::shared_ptr<void>> list;

  // As structs of the type that they were read as.
  template <typename T>
  std::vector<std::shared_ptr<const T>> As() const {
    std::vector<std::shared_ptr<const T>> typed;
    for (const auto& one : list) typed.push_back(std::static_pointer_cast<const T>(one));
    return typed;
  }
};

// The document alone. Nothing, with problems, when it cannot be read or is no map.
std::optional<Node> ReadResourceFile(const std::string& path, Problems& problems);
// Its resources, all of them of `schema`. Nothing when there were problems.
std::optional<Resources> ParseResources(const Node& document, const Message& schema,
                                        const ParseOptions& options, Problems& problems);

}  // namespace sluice::config
