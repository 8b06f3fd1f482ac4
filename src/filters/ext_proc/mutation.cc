#include "mutation.h"

#include <utility>

#include "sluice/http/status.h"

namespace sluice::filters::ext_proc {
namespace {

enum class Fate : uint8_t { kApplied, kPassedOver, kLeftOut, kFailure };

std::optional<match::Regex> CompileRegex(const std::optional<match::RegexMatcherConfig>& config) {
  return config ? std::optional(match::Compile(*config)) : std::nullopt;
}

bool IsRouting(std::string_view name) {
  return name == "host" || name == ":authority" || name == ":scheme" || name == ":method";
}

// Whether a response with this status can have the body that follows.
bool IsSoundStatus(std::string_view value) {
  const uint32_t status = http::ParseStatus(value);
  return status >= 200 && status <= 599 && status != 204 && status != 205 && status != 304;
}

class Judge {
 public:
  Judge(const MutationRules& rules, Target target, bool replaces)
      : rules_(rules), target_(target), replaces_(replaces) {}

  Fate OfSetting(const http::FieldEdit& edit) const {
    if (http::IsFraming(edit.name)) return Fate::kPassedOver;
    if (target_ == Target::kReply && edit.name == ":status") return Fate::kPassedOver;
    if (target_ == Target::kTrailers && edit.name.starts_with(':')) return Refused();
    if (!http::IsSound(edit, target_ == Target::kRequestHead)) return Fate::kFailure;
    if (edit.name == ":status" && !IsSoundStatus(edit.value)) return Fate::kFailure;
    return Allowed(edit.name) ? Fate::kApplied : Refused();
  }

  Fate OfRemoving(std::string_view name) const {
    if (http::IsFraming(name)) return Fate::kPassedOver;
    // No message is whole without those.
    if (name.starts_with(':') || (name == "host" && target_ == Target::kRequestHead)) {
      return Refused();
    }
    return Allowed(name) ? Fate::kApplied : Refused();
  }

 private:
  bool Allowed(std::string_view name) const {
    if (target_ == Target::kReply) return true;
    return (replaces_ && name == ":method") || rules_.Allows(name);
  }
  Fate Refused() const {
    return rules_.refusal_is_error() && target_ != Target::kReply ? Fate::kFailure : Fate::kLeftOut;
  }

  const MutationRules& rules_;
  const Target target_;
  const bool replaces_;
};

}  // namespace

MutationRules::MutationRules(const MutationRulesConfig& config)
    : routing_(config.allow_all_routing),
      envoy_(config.allow_envoy),
      system_(!config.disallow_system),
      any_(!config.disallow_all),
      refusal_is_error_(config.disallow_is_error),
      allowed_(CompileRegex(config.allow_expression)),
      disallowed_(CompileRegex(config.disallow_expression)) {}

bool MutationRules::Allows(std::string_view lower_name) const {
  if (disallowed_ && disallowed_->FullMatch(lower_name)) return false;
  if (allowed_ && allowed_->FullMatch(lower_name)) return true;
  if (!any_ || (!system_ && lower_name.starts_with(':'))) return false;
  if (IsRouting(lower_name)) return routing_;
  return envoy_ || !lower_name.starts_with("x-envoy");
}

Mutated Mutate(const HeaderMutation& mutation, const MutationRules& rules, Target target,
               bool replaces, http::HeaderMap& fields) {
  const Judge judge(rules, target, replaces);
  Mutated out;
  size_t bytes = 0;
  const auto count = [&](Fate fate) {
    out.rejected += fate == Fate::kLeftOut || fate == Fate::kFailure ? 1 : 0;
    out.ok = out.ok && fate != Fate::kFailure;
  };
  for (const std::string& name : mutation.remove) count(judge.OfRemoving(name));
  for (const http::FieldEdit& edit : mutation.set) {
    bytes += edit.name.size() + edit.value.size();
    count(bytes > http::kMaxEditBytes ? Fate::kFailure : judge.OfSetting(edit));
  }
  if (!out.ok) return out;
  for (const std::string& name : mutation.remove) {
    if (judge.OfRemoving(name) == Fate::kApplied) fields.Remove(name);
  }
  for (const http::FieldEdit& edit : mutation.set) {
    if (judge.OfSetting(edit) == Fate::kApplied) {
      http::Apply(edit, target == Target::kRequestHead, fields);
    }
  }
  return out;
}

}  // namespace sluice::filters::ext_proc
