// How many workers fit this process: the cgroup's CPU quota rounded up, else the affinity mask;
// never the bare host's cores.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::server {

uint32_t DefaultConcurrency();

// For tests. The contents of cgroup v2's cpu.max ("200000 100000" or "max 100000") and of v1's two
// files, as CPUs rounded up.
std::optional<uint32_t> CpusOfCpuMax(std::string_view text);
std::optional<uint32_t> CpusOfQuota(std::string_view quota_us, std::string_view period_us);

}  // namespace sluice::server
