#include "matchers.h"

#include <algorithm>
#include <utility>

#include "sluice/config/address.h"
#include "sluice/config/schema.h"
#include "sluice/match/cidr.h"
#include "sluice/net/address.h"

namespace sluice::match_tree {
namespace {

using config::Field;
using config::Message;
using Predicates = std::vector<std::unique_ptr<const Predicate>>;

struct IpMatcherConfig {
  std::vector<config::CidrRange> cidr_ranges;
  std::string stat_prefix;
  static const Message& Schema() {
    using C = IpMatcherConfig;
    static const auto message = Message::Of<C>(
        "envoy.extensions.matching.input_matchers.ip.v3.Ip", "An address in one of several ranges.",
        {Field("cidr_ranges", &C::cidr_ranges, "The ranges.").Required().NonEmpty(),
         Field("stat_prefix", &C::stat_prefix,
               "<stat_prefix>.ip_parsing_failed counts texts that are no address.")
             .Required()
             .NonEmpty()});
    return message;
  }
};

struct MetadataMatcherConfig {
  match::ValueMatcherConfig value;
  bool invert = false;
  static const Message& Schema() {
    using C = MetadataMatcherConfig;
    static const auto message =
        Message::Of<C>("envoy.extensions.matching.input_matchers.metadata.v3.Metadata",
                       "What a value in metadata is.",
                       {Field("value", &C::value, "The value.").Required(),
                        Field("invert", &C::invert, "Whether all others match instead.")});
    return message;
  }
};

class TextIs final : public Predicate {
 public:
  TextIs(std::unique_ptr<const Input> input, match::StringMatcher matcher)
      : input_(std::move(input)), matcher_(std::move(matcher)) {}
  // Predicate
  bool Matches(const Subject& subject) const override {
    std::string room;
    const auto text = input_->Text(subject, room);
    return text && matcher_.Matches(*text);
  }

 private:
  std::unique_ptr<const Input> input_;
  match::StringMatcher matcher_;
};

class AddressIn final : public Predicate {
 public:
  AddressIn(std::unique_ptr<const Input> input, match::CidrSet ranges, size_t counter)
      : input_(std::move(input)), ranges_(std::move(ranges)), counter_(counter) {}
  // Predicate
  bool Matches(const Subject& subject) const override {
    if (input_->kind() == InputKind::kAddress) {
      const net::Address* address = input_->Address(subject);
      return address != nullptr && ranges_.Contains(address->IpBytes());
    }
    std::string room;
    const auto text = input_->Text(subject, room);
    if (!text) return false;
    const Result<net::Address> address = net::Address::FromIp(*text, 0);
    if (address) return ranges_.Contains(address->IpBytes());
    if (counter_ < subject.counters.size()) subject.counters[counter_].Inc();
    return false;
  }

 private:
  std::unique_ptr<const Input> input_;
  match::CidrSet ranges_;
  size_t counter_;
};

class DataIs final : public Predicate {
 public:
  DataIs(std::unique_ptr<const Input> input, const MetadataMatcherConfig& config)
      : input_(std::move(input)), matcher_(match::Compile(config.value)), invert_(config.invert) {}
  // Predicate
  bool Matches(const Subject& subject) const override {
    return matcher_.Matches(input_->Data(subject)) != invert_;
  }

 private:
  std::unique_ptr<const Input> input_;
  match::ValueMatcher matcher_;
  bool invert_;
};

class AllOf final : public Predicate {
 public:
  explicit AllOf(Predicates parts) : parts_(std::move(parts)) {}
  // Predicate
  bool Matches(const Subject& subject) const override {
    return std::ranges::all_of(parts_, [&](const auto& part) { return part->Matches(subject); });
  }

 private:
  Predicates parts_;
};

class AnyOf final : public Predicate {
 public:
  explicit AnyOf(Predicates parts) : parts_(std::move(parts)) {}
  // Predicate
  bool Matches(const Subject& subject) const override {
    return std::ranges::any_of(parts_, [&](const auto& part) { return part->Matches(subject); });
  }

 private:
  Predicates parts_;
};

class Not final : public Predicate {
 public:
  explicit Not(std::unique_ptr<const Predicate> part) : part_(std::move(part)) {}
  // Predicate
  bool Matches(const Subject& subject) const override { return !part_->Matches(subject); }

 private:
  std::unique_ptr<const Predicate> part_;
};

size_t AddCounter(const std::string& prefix, Build& build) {
  build.counter_names.push_back(prefix + (prefix.ends_with('.') ? "" : ".") + "ip_parsing_failed");
  return build.counter_names.size() - 1;
}

std::unique_ptr<const Predicate> Unfit(const config::TypedConfig& input, std::string_view matcher,
                                       Build& build) {
  build.problems.Add(input.where(), std::string(input.extension()->type) + " cannot stand beside " +
                                        std::string(matcher));
  return nullptr;
}

std::unique_ptr<const Predicate> CompileSingle(const SinglePredicateConfig& config, Build& build) {
  std::unique_ptr<const Input> input = MakeInput(config.input, build);
  if (input == nullptr) return nullptr;
  const bool data = input->kind() == InputKind::kData;
  if (config.value_match) {
    if (data) return Unfit(config.input.typed_config, "value_match", build);
    return std::make_unique<TextIs>(std::move(input), match::Compile(*config.value_match));
  }
  const config::TypedConfig& custom = config.custom_match->typed_config;
  if (const auto* ip = custom.As<IpMatcherConfig>()) {
    if (data) return Unfit(config.input.typed_config, custom.extension()->type, build);
    return std::make_unique<AddressIn>(std::move(input), match::Compile(ip->cidr_ranges),
                                       AddCounter(ip->stat_prefix, build));
  }
  if (!data) return Unfit(config.input.typed_config, custom.extension()->type, build);
  return std::make_unique<DataIs>(std::move(input), *custom.As<MetadataMatcherConfig>());
}

Predicates CompileEach(const PredicateListConfig& config, Build& build) {
  Predicates parts;
  for (const PredicateConfig& one : config.predicate) parts.push_back(Compile(one, build));
  return parts;
}

}  // namespace

std::unique_ptr<const Input> MakeInput(const config::NamedExtension& config, Build& build) {
  const auto& extension = config.typed_config.Factory<InputExtension>();
  if (extension.needs_request() && build.scene != Scene::kRequest) {
    build.problems.Add(config.typed_config.where(),
                       std::string(extension.type) + " cannot be used here: there is no request");
    return nullptr;
  }
  return extension.Make(config.typed_config);
}

std::unique_ptr<const Predicate> Compile(const PredicateConfig& config, Build& build) {
  if (config.or_matcher) return std::make_unique<AnyOf>(CompileEach(*config.or_matcher, build));
  if (config.and_matcher) return std::make_unique<AllOf>(CompileEach(*config.and_matcher, build));
  if (config.not_matcher) return std::make_unique<Not>(Compile(*config.not_matcher, build));
  return CompileSingle(*config.single_predicate, build);
}

void AddInputMatchers(config::ExtensionRegistry& registry) {
  registry.Emplace<config::Extension>(kInputMatchers, IpMatcherConfig::Schema().type(),
                                      &IpMatcherConfig::Schema);
  registry.Emplace<config::Extension>(kInputMatchers, MetadataMatcherConfig::Schema().type(),
                                      &MetadataMatcherConfig::Schema);
}

}  // namespace sluice::match_tree
