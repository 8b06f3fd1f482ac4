// envoy.filters.network.direct_response: answers each connection with fixed bytes and ends it. Per
// connection; one worker. Terminal.
#pragma once

#include <memory>
#include <string>

#include "sluice/config/common.h"
#include "sluice/filter/registry.h"

namespace sluice::filters::direct_response {

struct DirectResponseConfig {
  config::DataSource response;
  static const config::Message& Schema();
};

class DirectResponseFilter final : public filter::NetworkFilter {
 public:
  explicit DirectResponseFilter(const std::string& response) : response_(response) {}

  // filter::NetworkFilter
  filter::NetworkStatus OnNewConnection() override;
  filter::NetworkStatus OnData(ByteChain& data, bool end) override;

 private:
  const std::string& response_;  // the factory's
};

}  // namespace sluice::filters::direct_response
