// envoy.filters.http.header_mutation: changes header and trailer fields of requests and responses,
// by the filter's own list and those of the route's levels. Per stream; one worker.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "sluice/config/types.h"
#include "sluice/filter/http_filter.h"
#include "sluice/route/header_config.h"
#include "sluice/route/header_edits.h"

namespace sluice::filters::header_mutation {

struct MutationsConfig {
  std::vector<route::HeaderMutationConfig> request_mutations;
  std::vector<route::HeaderMutationConfig> response_mutations;
  std::vector<route::HeaderMutationConfig> request_trailers_mutations;
  std::vector<route::HeaderMutationConfig> response_trailers_mutations;
  static const config::Message& Schema();
};

struct HeaderMutationConfig {
  MutationsConfig mutations;
  bool most_specific_header_mutations_wins = false;
  static const config::Message& Schema();
};

struct HeaderMutationPerRouteConfig {
  MutationsConfig mutations;
  static const config::Message& Schema();
};

// One list a part of the exchange, compiled.
struct Mutations {
  route::HeaderMutations request;
  route::HeaderMutations response;
  route::HeaderMutations request_trailers;
  route::HeaderMutations response_trailers;

  Mutations(const MutationsConfig& config, config::Problems& problems);
};

// What the route's levels say, from the configuration down to the weighted cluster.
struct RouteMutations {
  std::vector<std::shared_ptr<const Mutations>> levels;
};

struct HeaderMutation {
  Mutations own;
  bool most_specific_wins = false;
};

class HeaderMutationFilter final : public filter::HttpFilter {
 public:
  explicit HeaderMutationFilter(const HeaderMutation& config) : config_(config) {}

  // filter::HttpFilter
  bool WantsBodies() const override { return false; }
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnRequestTrailers(http::HeaderMap& trailers) override;
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseTrailers(http::HeaderMap& trailers) override;

 private:
  void Apply(route::HeaderMutations Mutations::* part, http::HeaderMap& map, bool response);

  const HeaderMutation& config_;
};

}  // namespace sluice::filters::header_mutation
