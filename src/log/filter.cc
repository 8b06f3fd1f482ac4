#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/http/uuid.h"
#include "sluice/log/entry_filter.h"
#include "sluice/log/grpc_status.h"
#include "sluice/stream/stream_info.h"

namespace sluice::log {
namespace {

struct Comparison {
  CompareOp op;
  uint32_t value;
  std::string runtime_key;

  explicit Comparison(const ComparisonConfig& config)
      : op(config.op), value(config.value.default_value), runtime_key(config.value.runtime_key) {}

  bool Holds(uint64_t number, const match::RuntimeSnapshot* runtime) const {
    uint64_t limit = value;
    if (runtime != nullptr) limit = runtime->FindInteger(runtime_key).value_or(limit);
    switch (op) {
      case CompareOp::kEqual: return number == limit;
      case CompareOp::kGreaterOrEqual: return number >= limit;
      case CompareOp::kLessOrEqual: return number <= limit;
      case CompareOp::kNotEqual: return number != limit;
    }
    return false;
  }
};

class StatusFilter final : public EntryFilter {
 public:
  explicit StatusFilter(const ComparisonConfig& config) : comparison_(config) {}
  bool Allows(const FormatContext& context, LogQueue& /*queue*/) const override {
    return comparison_.Holds(context.info.response_code, context.runtime);
  }

 private:
  Comparison comparison_;
};

class DurationFilter final : public EntryFilter {
 public:
  explicit DurationFilter(const ComparisonConfig& config) : comparison_(config) {}
  bool Allows(const FormatContext& context, LogQueue& /*queue*/) const override {
    const auto end = context.info.At(stream::Moment::kEnd).value_or(context.now);
    const Duration lasted = std::max(end - context.info.start, Duration::zero());
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(lasted).count();
    return comparison_.Holds(static_cast<uint64_t>(ms), context.runtime);
  }

 private:
  Comparison comparison_;
};

class HealthCheckFilter final : public EntryFilter {
 public:
  bool Allows(const FormatContext& context, LogQueue& /*queue*/) const override {
    return !context.info.health_check;
  }
};

class TraceableFilter final : public EntryFilter {
 public:
  bool Allows(const FormatContext& context, LogQueue& /*queue*/) const override {
    return context.info.traced;
  }
};

class SampleFilter final : public EntryFilter {
 public:
  explicit SampleFilter(const RuntimeFilterConfig& config)
      : independent_(config.use_independent_randomness) {
    fraction_.key = config.runtime_key;
    fraction_.default_value = {0, 100};
    if (config.percent_sampled) fraction_.default_value = match::Compile(*config.percent_sampled);
  }

  bool Allows(const FormatContext& context, LogQueue& queue) const override {
    return fraction_.Includes(Dice(context, queue), context.runtime);
  }

 private:
  // The first digits of a UUID in x-request-id, so that all hops choose alike.
  uint64_t Dice(const FormatContext& context, LogQueue& queue) const {
    if (independent_ || context.request == nullptr) return queue.Random();
    const auto id = context.request->Get(http::HeaderId::kXRequestId);
    if (!id || !http::IsUuid(*id)) return queue.Random();
    uint64_t value = 0;
    for (const char c : id->substr(0, 8)) {
      const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
      value = value << 4 | static_cast<uint64_t>(digit);
    }
    return value;
  }

  match::RuntimeFraction fraction_;
  bool independent_;
};

class HeaderFilter final : public EntryFilter {
 public:
  explicit HeaderFilter(const HeaderFilterConfig& config)
      : matcher_(match::Compile(config.header)) {}
  bool Allows(const FormatContext& context, LogQueue& /*queue*/) const override {
    if (context.request != nullptr) return matcher_.Matches(*context.request);
    Arena arena;
    return matcher_.Matches(http::HeaderMap(arena));
  }

 private:
  match::HeaderMatcher matcher_;
};

class FlagFilter final : public EntryFilter {
 public:
  explicit FlagFilter(const ResponseFlagFilterConfig& config) {
    for (const std::string& name : config.flags) {
      if (const auto flag = stream::FindFlag(name)) flags_.Set(*flag);
    }
  }
  bool Allows(const FormatContext& context, LogQueue& /*queue*/) const override {
    return flags_.any() ? flags_.Intersects(context.info.flags) : context.info.flags.any();
  }

 private:
  stream::ResponseFlags flags_;
};

class GrpcFilter final : public EntryFilter {
 public:
  explicit GrpcFilter(const GrpcStatusFilterConfig& config) : exclude_(config.exclude) {
    for (const GrpcStatusName status : config.statuses) {
      statuses_ |= uint32_t{1} << static_cast<uint32_t>(status);
    }
  }
  bool Allows(const FormatContext& context, LogQueue& /*queue*/) const override {
    const uint32_t status = FindGrpcStatus(context).value_or(HttpToGrpcStatus(0));
    const bool named = status < 32 && (statuses_ >> status & 1) != 0;
    return named != exclude_;
  }

 private:
  uint32_t statuses_ = 0;
  bool exclude_;
};

class MetadataFilter final : public EntryFilter {
 public:
  explicit MetadataFilter(const MetadataFilterConfig& config)
      : matcher_(match::Compile(config.matcher)), if_missing_(config.match_if_key_not_found) {}
  bool Allows(const FormatContext& context, LogQueue& /*queue*/) const override {
    const Value* metadata = context.info.dynamic_metadata();
    if (match::FindMetadata(metadata, matcher_.filter, matcher_.path) == nullptr) {
      return if_missing_;
    }
    return matcher_.Matches(metadata);
  }

 private:
  match::MetadataMatcher matcher_;
  bool if_missing_;
};

class TypeFilter final : public EntryFilter {
 public:
  explicit TypeFilter(const LogTypeFilterConfig& config)
      : types_(config.types), exclude_(config.exclude) {}
  bool Allows(const FormatContext& context, LogQueue& /*queue*/) const override {
    return (std::find(types_.begin(), types_.end(), context.type) != types_.end()) != exclude_;
  }

 private:
  std::vector<EntryType> types_;
  bool exclude_;
};

class ListFilter final : public EntryFilter {
 public:
  ListFilter(const FilterListConfig& config, bool all) : all_(all) {
    for (const AccessLogFilterConfig& filter : config.filters) {
      filters_.push_back(CompileFilter(filter));
    }
  }
  bool Allows(const FormatContext& context, LogQueue& queue) const override {
    for (const auto& filter : filters_) {
      if (filter->Allows(context, queue) != all_) return !all_;
    }
    return all_;
  }

 private:
  std::vector<std::unique_ptr<const EntryFilter>> filters_;
  bool all_;
};

}  // namespace

std::unique_ptr<const EntryFilter> CompileFilter(const AccessLogFilterConfig& config) {
  if (config.status_code_filter) {
    return std::make_unique<StatusFilter>(config.status_code_filter->comparison);
  }
  if (config.duration_filter) {
    return std::make_unique<DurationFilter>(config.duration_filter->comparison);
  }
  if (config.not_health_check_filter) return std::make_unique<HealthCheckFilter>();
  if (config.traceable_filter) return std::make_unique<TraceableFilter>();
  if (config.runtime_filter) return std::make_unique<SampleFilter>(*config.runtime_filter);
  if (config.and_filter) return std::make_unique<ListFilter>(*config.and_filter, true);
  if (config.or_filter) return std::make_unique<ListFilter>(*config.or_filter, false);
  if (config.header_filter) return std::make_unique<HeaderFilter>(*config.header_filter);
  if (config.response_flag_filter) {
    return std::make_unique<FlagFilter>(*config.response_flag_filter);
  }
  if (config.grpc_status_filter) return std::make_unique<GrpcFilter>(*config.grpc_status_filter);
  if (config.metadata_filter) return std::make_unique<MetadataFilter>(*config.metadata_filter);
  if (config.log_type_filter) return std::make_unique<TypeFilter>(*config.log_type_filter);
  return nullptr;
}

}  // namespace sluice::log
