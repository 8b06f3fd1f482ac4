// Doing to heads and trailers what a processor asks for, as far as the rules allow it. Compiled at
// load, immutable, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ext_proc_config.h"
#include "messages.h"
#include "sluice/http/header_map.h"
#include "sluice/match/regex.h"

namespace sluice::filters::ext_proc {

// What is changed.
enum class Target : uint8_t { kRequestHead, kResponseHead, kTrailers, kReply };

class MutationRules {
 public:
  explicit MutationRules(const MutationRulesConfig& config);

  bool Allows(std::string_view lower_name) const;
  bool refusal_is_error() const { return refusal_is_error_; }

 private:
  bool routing_ = false;
  bool envoy_ = false;
  bool system_ = true;
  bool any_ = true;
  bool refusal_is_error_ = false;
  std::optional<match::Regex> allowed_;
  std::optional<match::Regex> disallowed_;
};

struct Mutated {
  bool ok = true;         // false: the processor has failed, and nothing was changed
  uint32_t rejected = 0;  // changes that were left out, or that were the failure
};
// `replaces`: the message is made anew, so that its method may change. Framing is nobody's to
// change: such fields are passed over.
Mutated Mutate(const HeaderMutation& mutation, const MutationRules& rules, Target target,
               bool replaces, http::HeaderMap& fields);

}  // namespace sluice::filters::ext_proc
