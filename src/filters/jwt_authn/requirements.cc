#include "requirements.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace sluice::filters::jwt_authn {
namespace {

bool IsAllowance(const RequirementConfig& config) {
  return config.allow_missing || config.allow_missing_or_failed;
}

void AddTo(std::vector<size_t>& out, const std::vector<size_t>& more) {
  for (const size_t index : more) {
    if (std::ranges::find(out, index) == out.end()) out.push_back(index);
  }
}

}  // namespace

RequirementCompiler::RequirementCompiler(const std::vector<Provider>& providers,
                                         config::Problems& problems)
    : providers_(providers), problems_(problems) {
  for (size_t i = 0; i < providers.size(); ++i) all_.push_back(i);
}

Requirement RequirementCompiler::Compile(const RequirementConfig& config) {
  return Compile(config, {});
}

RequirementCompiler::Indexes RequirementCompiler::Find(const config::Located<std::string>& name,
                                                       bool report) {
  for (size_t i = 0; i < providers_.size(); ++i) {
    if (providers_[i].name == *name) return {i};
  }
  if (report) problems_.Add(name.where, fmt::format("there is no provider '{}'", *name));
  return {};
}

Requirement RequirementCompiler::Compile(const RequirementConfig& config, const Indexes& around) {
  Requirement out;
  const auto one = [&](const config::Located<std::string>& name) {
    out.providers = Find(name, true);
    if (!out.providers.empty()) out.provider = out.providers.front();
  };
  if (config.provider_name) {
    one(*config.provider_name);
  } else if (config.provider_and_audiences) {
    one(config.provider_and_audiences->provider_name);
    auto& audiences = out.audiences.emplace();
    for (const std::string& audience : config.provider_and_audiences->audiences) {
      audiences.emplace_back(NormalAudience(audience));
    }
  } else if (config.requires_any != nullptr) {
    out.kind = Requirement::Kind::kAny;
    CompileList(*config.requires_any, around, out);
  } else if (config.requires_all != nullptr) {
    out.kind = Requirement::Kind::kAll;
    CompileList(*config.requires_all, around, out);
  } else if (!IsAllowance(config)) {
    out.kind = Requirement::Kind::kNothing;
  } else {
    out.kind = config.allow_missing ? Requirement::Kind::kAllowMissing
                                    : Requirement::Kind::kAllowMissingOrFailed;
    out.providers = around.empty() ? all_ : around;
  }
  return out;
}

void RequirementCompiler::CompileList(const RequirementListConfig& list, const Indexes& around,
                                      Requirement& out) {
  Indexes beside;
  for (const RequirementConfig& item : list.requirements) {
    if (item.provider_name) AddTo(beside, Find(*item.provider_name, false));
    if (item.provider_and_audiences) {
      AddTo(beside, Find(item.provider_and_audiences->provider_name, false));
    }
  }
  if (beside.empty()) beside = around;
  // What lets pass without a token comes last: the others have their chance to find one.
  for (const bool allowances : {false, true}) {
    for (const RequirementConfig& item : list.requirements) {
      if (IsAllowance(item) != allowances) continue;
      out.children.push_back(Compile(item, beside));
      AddTo(out.providers, out.children.back().providers);
    }
  }
}

}  // namespace sluice::filters::jwt_authn
