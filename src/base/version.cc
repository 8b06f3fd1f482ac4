#include "sluice/base/version.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace sluice {

std::string ShortVersion(const BuildInfo& build) {
  std::string type(build.build_type.substr(0, build.build_type.find('+')));
  std::ranges::transform(type, type.begin(), [](unsigned char c) { return std::toupper(c); });
  return fmt::format("{}/{}/{}/{}/OpenSSL", build.commit, build.version, build.tree, type);
}

std::string VersionText(const BuildInfo& build) {
  std::string text = fmt::format("sluice  version: {}\n", ShortVersion(build));
  fmt::format_to(std::back_inserter(text),
                 "commit: {} ({})\nbuild: {}, {}\nlibraries:", build.commit, build.tree,
                 build.build_type, build.compiler);
  const char* separator = " ";
  for (const LibraryVersion& library : build.libraries) {
    fmt::format_to(std::back_inserter(text), "{}{} {}", separator, library.name, library.version);
    separator = ", ";
  }
  text += '\n';
  return text;
}

}  // namespace sluice
