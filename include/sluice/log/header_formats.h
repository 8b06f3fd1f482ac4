// Command operators in header values, for the route builder: what request_headers_to_add and its
// like are compiled with. Missing values read as empty, so that the field is left out.
#pragma once

#include <memory>
#include <string_view>

#include "sluice/base/error.h"
#include "sluice/route/header_edits.h"

namespace sluice::log {

class HeaderFormats final : public route::TextFormatCompiler {
 public:
  // route::TextFormatCompiler
  Result<std::unique_ptr<const route::TextFormat>> Compile(std::string_view text) const override;
};

}  // namespace sluice::log
