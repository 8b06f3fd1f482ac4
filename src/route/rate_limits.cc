#include "sluice/route/rate_limits.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "sluice/config/enum_table.h"
#include "sluice/http/chars.h"
#include "sluice/http/target.h"
#include "sluice/match/query_matcher.h"

namespace sluice::route {
namespace {

using Made = RateLimitAction::Made;

template <typename F>
class Simple final : public RateLimitAction {
 public:
  explicit Simple(F make) : make_(std::move(make)) {}
  // RateLimitAction
  Made Make(const RateLimitInput& input, DescriptorEntry& out) const override {
    return make_(input, out);
  }

 private:
  F make_;
};

template <typename F>
std::unique_ptr<const RateLimitAction> MakeAction(F make) {
  return std::make_unique<Simple<F>>(std::move(make));
}

std::string Or(const std::string& text, std::string_view otherwise) {
  return text.empty() ? std::string(otherwise) : text;
}

// An entry whose value may not be there.
Made Entry(std::string_view key, std::optional<std::string_view> value, bool skip,
           DescriptorEntry& out) {
  if (!value || value->empty()) return skip ? Made::kNothing : Made::kNoDescriptor;
  out = {key, *value};
  return Made::kEntry;
}

std::string_view QueryOf(const http::HeaderMap& head) {
  return http::SplitPath(head.Get(http::HeaderId::kPath).value_or("")).query;
}

// "10.1.0.0/16"
std::string_view Masked(std::string_view bytes, const RateLimitMaskConfig& mask, Arena& arena) {
  std::array<unsigned char, 16> address{};
  const bool v4 = bytes.size() == 4;
  const uint32_t length = v4 ? mask.v4_prefix_mask_len : mask.v6_prefix_mask_len;
  std::memcpy(address.data(), bytes.data(), std::min(bytes.size(), address.size()));
  for (uint32_t bit = length; bit < bytes.size() * 8; ++bit) {
    address[bit / 8] &= static_cast<unsigned char>(~(0x80U >> (bit % 8)));
  }
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(v4 ? AF_INET : AF_INET6, address.data(), text, sizeof text);
  char full[INET6_ADDRSTRLEN + 8];
  const auto end = fmt::format_to_n(full, sizeof full, "{}/{}", text, length);
  return arena.Copy({full, end.size});
}

std::vector<std::string> PathOf(const RateLimitMetadataKeyConfig& key) {
  std::vector<std::string> path;
  for (const match::PathSegmentConfig& step : key.path) path.push_back(step.key);
  return path;
}

std::unique_ptr<const RateLimitAction> OfMetadata(const RateLimitMetadataConfig& config) {
  return MakeAction([key = config.descriptor_key, filter = config.metadata_key.key,
                     path = PathOf(config.metadata_key), otherwise = config.default_value,
                     skip = config.skip_if_absent,
                     source = config.source](const RateLimitInput& in, DescriptorEntry& out) {
    const bool of_route = source == RateLimitMetadataSource::kRouteEntry;
    const Value* all = of_route ? in.route_metadata : in.dynamic_metadata;
    const Value* value = match::FindMetadata(all, filter, path);
    const std::string* text = value == nullptr ? nullptr : value->AsString();
    return Entry(key, text != nullptr && !text->empty() ? *text : otherwise, skip, out);
  });
}

std::unique_ptr<const RateLimitAction> OfQuery(const RateLimitQueryConfig& config) {
  return MakeAction([config](const RateLimitInput& in, DescriptorEntry& out) {
    return Entry(config.descriptor_key,
                 match::FindQueryParameter(QueryOf(in.head), config.query_parameter_name),
                 config.skip_if_absent, out);
  });
}

std::unique_ptr<const RateLimitAction> OfHeader(const RateLimitHeaderConfig& config) {
  std::string name = config.header_name;
  std::ranges::transform(name, name.begin(), http::ToLowerAscii);
  return MakeAction([name, config](const RateLimitInput& in, DescriptorEntry& out) {
    return Entry(config.descriptor_key, in.head.Get(name), config.skip_if_absent, out);
  });
}

template <typename Matches>
std::unique_ptr<const RateLimitAction> OfMatch(std::string key, std::string value, bool expected,
                                               Matches matches) {
  return MakeAction([key = std::move(key), value = std::move(value), expected,
                     matches = std::move(matches)](const RateLimitInput& in, DescriptorEntry& out) {
    if (matches(in.head) != expected) return Made::kNoDescriptor;
    out = {key, value};
    return Made::kEntry;
  });
}

std::unique_ptr<const RateLimitAction> OfMatches(const RateLimitActionConfig& config) {
  if (const auto& of = config.header_value_match) {
    return OfMatch(Or(of->descriptor_key, "header_match"), of->descriptor_value, of->expect_match,
                   [matchers = match::Compile(of->headers)](const http::HeaderMap& head) {
                     return match::AllMatch(matchers, head);
                   });
  }
  const auto& of = *config.query_parameter_value_match;
  std::vector<match::QueryParameterMatcher> matchers;
  for (const auto& one : of.query_parameters) matchers.push_back(match::Compile(one));
  return OfMatch(Or(of.descriptor_key, "query_match"), of.descriptor_value, of.expect_match,
                 [matchers = std::move(matchers)](const http::HeaderMap& head) {
                   return match::AllMatch(matchers, QueryOf(head));
                 });
}

std::unique_ptr<const RateLimitAction> Compile(const RateLimitActionConfig& config) {
  if (config.request_headers) return OfHeader(*config.request_headers);
  if (config.query_parameters) return OfQuery(*config.query_parameters);
  if (config.metadata) return OfMetadata(*config.metadata);
  if (const auto& old = config.dynamic_metadata) {
    return OfMetadata({.descriptor_key = old->descriptor_key,
                       .metadata_key = old->metadata_key,
                       .default_value = old->default_value});
  }
  if (config.header_value_match || config.query_parameter_value_match) return OfMatches(config);
  if (config.source_cluster) {
    return MakeAction([](const RateLimitInput& in, DescriptorEntry& out) {
      return Entry("source_cluster", in.source_cluster, false, out);
    });
  }
  if (config.destination_cluster) {
    return MakeAction([](const RateLimitInput& in, DescriptorEntry& out) {
      return Entry("destination_cluster", in.destination_cluster, false, out);
    });
  }
  if (config.remote_address) {
    return MakeAction([](const RateLimitInput& in, DescriptorEntry& out) {
      return Entry("remote_address", in.remote_ip, false, out);
    });
  }
  if (config.masked_remote_address) {
    return MakeAction(
        [mask = *config.masked_remote_address](const RateLimitInput& in, DescriptorEntry& out) {
          if (in.remote_ip_bytes.empty()) return Made::kNoDescriptor;
          out = {"masked_remote_address", Masked(in.remote_ip_bytes, mask, in.arena)};
          return Made::kEntry;
        });
  }
  const RateLimitGenericConfig& generic = *config.generic_key;
  return MakeAction(
      [key = Or(generic.descriptor_key, "generic_key"), value = generic.descriptor_value](
          const RateLimitInput&, DescriptorEntry& out) {
        out = {key, value};
        return Made::kEntry;
      });
}

}  // namespace

RateLimits::RateLimits(const std::vector<RateLimitConfig>& configs) {
  for (const RateLimitConfig& config : configs) {
    Rule& rule = rules_.emplace_back();
    rule.stage = config.stage;
    if (config.hits_addend) rule.hits = config.hits_addend->number;
    if (config.limit) {
      const RateLimitMetadataKeyConfig& key = config.limit->dynamic_metadata->metadata_key;
      rule.limit_filter = key.key;
      rule.limit_path = PathOf(key);
    }
    if (!config.disable_key.empty()) {
      rule.disable_key = "ratelimit." + config.disable_key + ".http_filter_enabled";
    }
    for (const RateLimitActionConfig& action : config.actions) {
      rule.actions.push_back(Compile(action));
    }
  }
}

void RateLimits::Describe(uint32_t stage, const RateLimitInput& input,
                          std::vector<Descriptor>& out) const {
  for (const Rule& rule : rules_) {
    if (stage != kAnyStage && rule.stage != stage) continue;
    if (!rule.disable_key.empty() && input.runtime != nullptr &&
        input.runtime->FindInteger(rule.disable_key) == 0) {
      continue;
    }
    const auto made = DescribeOne(rule, input);
    if (!made.empty()) out.push_back({made, rule.hits, FindLimit(rule, input)});
  }
}

// What is no whole limit is none, as Envoy has it.
std::optional<LimitOverride> RateLimits::FindLimit(const Rule& rule, const RateLimitInput& input) {
  if (rule.limit_filter.empty()) return std::nullopt;
  const Value* value =
      match::FindMetadata(input.dynamic_metadata, rule.limit_filter, rule.limit_path);
  const Value* requests = value == nullptr ? nullptr : value->Find("requests_per_unit");
  const Value* unit = value == nullptr ? nullptr : value->Find("unit");
  const double* number = requests == nullptr ? nullptr : requests->AsNumber();
  const std::string* name = unit == nullptr ? nullptr : unit->AsString();
  if (number == nullptr || name == nullptr) return std::nullopt;
  const config::EnumValue* known = ConfigEnum(RateLimitUnit{}).FindName(*name);
  if (known == nullptr || !(*number >= 0 && *number <= UINT32_MAX)) return std::nullopt;
  return LimitOverride{static_cast<uint32_t>(*number), static_cast<RateLimitUnit>(known->number)};
}

std::span<const DescriptorEntry> RateLimits::DescribeOne(const Rule& rule,
                                                         const RateLimitInput& input) {
  auto* entries = static_cast<DescriptorEntry*>(
      input.arena.Allocate(sizeof(DescriptorEntry) * rule.actions.size()));
  size_t count = 0;
  for (const auto& action : rule.actions) {
    DescriptorEntry entry;
    switch (action->Make(input, entry)) {
      case Made::kEntry: entries[count++] = entry; break;
      case Made::kNothing: break;
      case Made::kNoDescriptor: return {};
    }
  }
  return {entries, count};
}

}  // namespace sluice::route
