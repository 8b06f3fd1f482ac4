// envoy.filters.http.jwt_authn as it was compiled at load. Immutable, shared by all workers.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jwks.h"
#include "jwks_source.h"
#include "jwt_config.h"
#include "places.h"
#include "sluice/filter/registry.h"
#include "sluice/match/string_matcher.h"
#include "sluice/route/route_table.h"

namespace sluice::filters::jwt_authn {

struct ClaimField {
  std::string field;
  std::vector<std::string> path;  // of the claim in the payload
};

struct Provider {
  std::string name;
  std::string issuer;                  // empty: any
  std::vector<std::string> audiences;  // normal; empty: any
  std::optional<match::StringMatcher> subjects;
  bool require_expiration = false;
  std::optional<uint64_t> max_lifetime_s;
  uint64_t skew_s = 60;
  std::vector<Place> places;
  bool forward = false;
  std::string payload_field;  // empty: none
  bool pad_payload = false;
  std::vector<ClaimField> claims;
  std::string payload_key;  // of metadata; empty: none
  std::vector<std::string> space_delimited;
  std::string header_key;
  std::string failure_key;
  bool clear_route_cache = false;
  uint32_t cache_size = 0;
  uint32_t cache_token_bytes = 0;
  std::shared_ptr<const Jwks> local;  // null: of a server, or none that is good
  JwksSource* source = nullptr;       // null: local
};

struct Requirement {
  enum class Kind : uint8_t {
    kProvider,
    kAny,
    kAll,
    kAllowMissing,
    kAllowMissingOrFailed,
    kNothing
  };
  Kind kind = Kind::kProvider;
  size_t provider = 0;                                // kProvider
  std::optional<std::vector<std::string>> audiences;  // in place of the provider's
  std::vector<Requirement> children;                  // kAny, kAll
  std::vector<size_t> providers;                      // all whose tokens are looked at
};

struct Plan {
  std::vector<Provider> providers;
  std::map<std::string, Requirement, std::less<>> named;
  std::string names;  // of `named`, for words
  std::vector<std::optional<Requirement>> rules;
  std::shared_ptr<const route::RouteTable> matches;  // entry `index` is rule `index`
  bool bypass_cors_preflight = false;
  bool strip_failure_response = false;
  std::string stat_prefix;
};

// Null when something was added to the context's problems.
std::shared_ptr<const Plan> CompilePlan(const JwtAuthenticationConfig& config,
                                        filter::LoadContext& ctx);

// As audiences are compared: without scheme and without a slash at the end.
std::string_view NormalAudience(std::string_view audience);

}  // namespace sluice::filters::jwt_authn
