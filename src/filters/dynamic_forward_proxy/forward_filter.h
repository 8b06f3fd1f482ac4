// envoy.filters.http.dynamic_forward_proxy: a request whose cluster goes by names waits until the
// name of its host has been resolved. Per stream; one worker.
#pragma once

#include <optional>
#include <string_view>

#include "forward_config.h"
#include "sluice/filter/http_filter.h"
#include "sluice/upstream/cluster.h"

namespace sluice::filters::dynamic_forward_proxy {

class ForwardFilter final : public filter::HttpFilter, private upstream::NameEvents {
 public:
  // What it shares with the others is the clusters'.
  explicit ForwardFilter(const ForwardConfig& /*config*/) {}

  // filter::HttpFilter
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  bool WantsBodies() const override { return false; }
  void OnDestroy() override;

 private:
  // upstream::NameEvents
  void OnNameAnswered(upstream::NameOutcome outcome, std::string_view detail) override;

  void RewriteHost(http::HeaderMap& head);
  void Refuse(upstream::NameOutcome outcome, std::string_view detail);

  upstream::ClusterPin cluster_;  // while we wait
  std::optional<upstream::NameWait> wait_;
};

}  // namespace sluice::filters::dynamic_forward_proxy
