// The host that a filter wants a request to go to, left in the stream's filter state for the
// router: how sticky sessions work. Only its writer uses the name.
#pragma once

#include <string>
#include <string_view>

#include "sluice/stream/filter_state.h"

namespace sluice::stream {

inline constexpr std::string_view kOverrideHost = "sluice.override_host";

class OverrideHost final : public FilterStateObject {
 public:
  OverrideHost(std::string address, bool strict) : address_(std::move(address)), strict_(strict) {}
  const std::string& address() const { return address_; }  // "10.0.0.1:80"
  bool strict() const { return strict_; }                  // that host or none
  // FilterStateObject
  std::optional<std::string> Text() const override { return address_; }

 private:
  std::string address_;
  bool strict_;
};

}  // namespace sluice::stream
