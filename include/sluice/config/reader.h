// Text to Node: YAML (through yaml-cpp's events) and JSON, with limits that make hostile text cheap
// to refuse. Main thread. Returns nothing when the syntax is not valid; the problems say why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "sluice/config/node.h"
#include "sluice/config/problems.h"

namespace sluice::config {

class Message;

enum class Format : uint8_t { kYaml, kJson };

struct ReadOptions {
  size_t max_bytes = size_t{16} << 20;
  size_t max_nodes = 1'000'000;      // of the tree, aliases expanded
  size_t max_alias_nodes = 100'000;  // of it, those that came by alias
  size_t max_flow_tokens = 400'000;  // of one [...] or {...} in YAML
  size_t max_depth = 100;
  bool any_root = false;    // also a list or a scalar; else a map of fields
  bool expand_env = false;  // ${VAR} and ${VAR:-default}; $${ stands for ${
};

// The format follows the suffix: .json is JSON, everything else YAML.
std::optional<Node> ReadFile(const std::string& path, const ReadOptions& options,
                             Problems& problems);
std::optional<Node> ReadText(std::string source_name, std::string text, Format format,
                             const ReadOptions& options, Problems& problems);

// protobuf's MergeFrom: scalars of `overlay` replace, messages merge, repeated fields append, a
// oneof's new member replaces its old one.
void Merge(const Message& schema, Node& base, const Node& overlay);

// What a process starts from: the file (may be empty), `yaml` (--config-yaml, may be empty) merged
// over it, and v2 files refused. Nothing when there were problems.
std::optional<Node> ReadConfig(const Message& schema, const std::string& path,
                               const std::string& yaml, const ReadOptions& options,
                               Problems& problems);

}  // namespace sluice::config
