// From the parsed config to what the workers read. Main thread, at load; what is wrong goes to the
// problems of the load.
#pragma once

#include "options.h"
#include "sluice/downstream/http_connection_manager_config.h"
#include "sluice/filter/registry.h"
#include "sluice/route/header_edits.h"

namespace sluice::downstream {

// All but upgrades, which need the filter chains.
void CompileOptions(const HttpConnectionManagerConfig& config, const config::Where& where,
                    const route::TextFormatCompiler& formats, filter::LoadContext& ctx,
                    ManagerOptions& options);

}  // namespace sluice::downstream
