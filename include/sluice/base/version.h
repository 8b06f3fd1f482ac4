// What this binary is: version, commit, build type, compiler, libraries. The data behind it is
// generated on each build into a library of its own (sluice_version), which only `server` and the
// executable link, so that a new commit relinks them and nothing else: hand it down as values.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sluice {

struct LibraryVersion {
  std::string_view name;
  std::string_view version;
};

struct BuildInfo {
  std::string_view version;
  std::string_view commit;      // 40 hex digits, or "unknown" outside a git tree
  std::string_view tree;        // "Clean", "Modified" or "Distribution" (a tarball)
  std::string_view build_type;  // "Release", "Debug"; with "+address,undefined" when sanitized
  std::string_view compiler;
  std::span<const LibraryVersion> libraries;  // as found when it was built
};

const BuildInfo& GetBuildInfo();

// "commit/0.1.0/Clean/RELEASE/OpenSSL": the shape that /server_info and its readers expect.
std::string ShortVersion(const BuildInfo& build = GetBuildInfo());

// What --version prints; ends with a newline.
std::string VersionText(const BuildInfo& build = GetBuildInfo());

}  // namespace sluice
