#include "checker.h"

#include <algorithm>
#include <utility>

namespace sluice::filters::jwt_authn {

using Kind = Requirement::Kind;

namespace {

bool SharesAudience(const std::vector<std::string>& wanted, const Token& token) {
  if (wanted.empty()) return true;
  return std::ranges::any_of(token.audiences, [&](const std::string& audience) {
    return std::ranges::find(wanted, NormalAudience(audience)) != wanted.end();
  });
}

}  // namespace

std::optional<Status> Checker::Check(const Requirement& requirement, const http::HeaderMap& head) {
  if (awaited_) waited_.push_back(*awaited_);
  awaited_.reset();
  findings_.clear();
  return CheckOne(requirement, head);
}

Checker::Verdict Checker::CheckOne(const Requirement& requirement, const http::HeaderMap& head) {
  switch (requirement.kind) {
    case Kind::kProvider: return CheckProvider(requirement, head);
    case Kind::kAny: return CheckAny(requirement, head);
    case Kind::kAll: return CheckAll(requirement, head);
    case Kind::kAllowMissing:
    case Kind::kAllowMissingOrFailed: return CheckAllowance(requirement, head);
    case Kind::kNothing: return Status::kOk;
  }
  return Status::kMissing;
}

Checker::Verdict Checker::CheckProvider(const Requirement& requirement,
                                        const http::HeaderMap& head) {
  Verdict verdict = Status::kMissing;
  // All of its tokens must be good: upstream might look at another one than we.
  for (const Place& place : worker_.plan().providers[requirement.provider].places) {
    const std::string_view text = FindToken(place, head);
    if (text.empty()) continue;
    verdict = CheckFound(place, text, requirement);
    if (verdict != Status::kOk) return verdict;
  }
  return verdict;
}

Checker::Verdict Checker::CheckAny(const Requirement& requirement, const http::HeaderMap& head) {
  bool waits = false;
  Status failure = Status::kMissing;
  for (const Requirement& child : requirement.children) {
    const Verdict verdict = CheckOne(child, head);
    if (verdict == Status::kOk) return verdict;
    if (!verdict) {
      waits = true;
    } else if (*verdict != Status::kMissing &&
               (*verdict != Status::kUnknownIssuer || failure == Status::kMissing)) {
      failure = *verdict;  // the one that says most
    }
  }
  if (waits) return std::nullopt;
  return failure;
}

Checker::Verdict Checker::CheckAll(const Requirement& requirement, const http::HeaderMap& head) {
  for (const Requirement& child : requirement.children) {
    const Verdict verdict = CheckOne(child, head);
    if (verdict != Status::kOk) return verdict;
  }
  return Status::kOk;
}

Checker::Verdict Checker::CheckAllowance(const Requirement& requirement,
                                         const http::HeaderMap& head) {
  std::vector<const Place*> seen;
  for (const size_t provider : requirement.providers) {
    for (const Place& place : worker_.plan().providers[provider].places) {
      const bool again = std::ranges::any_of(seen, [&](const Place* old) { return *old == place; });
      if (again) continue;
      seen.push_back(&place);
      const std::string_view text = FindToken(place, head);
      if (text.empty()) continue;
      const Verdict verdict = CheckFound(place, text, requirement);
      if (!verdict) return verdict;
      if (verdict != Status::kOk && requirement.kind == Kind::kAllowMissing) return verdict;
    }
  }
  return Status::kOk;
}

Checker::Verdict Checker::CheckFound(const Place& place, std::string_view text,
                                     const Requirement& requirement) {
  const std::vector<Provider>& providers = worker_.plan().providers;
  const bool required = requirement.kind == Kind::kProvider;
  TokenPtr token;
  for (const size_t index : requirement.providers) {
    TokenCache& cache = worker_.CacheOf(index);
    if (token == nullptr && cache.enabled()) token = cache.Find(text);
  }
  const bool known = token != nullptr;
  if (!known) {
    auto parsed = ParseToken(text);
    if (!parsed) {
      const Provider* named = required ? &providers[requirement.provider] : nullptr;
      findings_.push_back({named, &place, nullptr, parsed.error()});
      return parsed.error();
    }
    token = std::make_shared<const Token>(std::move(*parsed));
  }
  for (const size_t index : requirement.providers) {
    const Provider& provider = providers[index];
    // Without a requirement that names it, a provider is found by its issuer.
    const bool issued = required ? provider.issuer.empty() || provider.issuer == token->issuer
                                 : provider.issuer == token->issuer;
    const bool here =
        required || std::ranges::find(provider.places, place) != provider.places.end();
    if (!issued || !here) continue;
    const Verdict verdict = CheckToken(index, requirement, token, known);
    if (verdict) {
      const bool good = verdict == Status::kOk;
      findings_.push_back({&provider, &place, good ? token : nullptr, *verdict});
    }
    return verdict;
  }
  const Provider* named = required ? &providers[requirement.provider] : nullptr;
  findings_.push_back({named, &place, nullptr, Status::kUnknownIssuer});
  return Status::kUnknownIssuer;
}

Checker::Verdict Checker::CheckToken(size_t index, const Requirement& requirement,
                                     const TokenPtr& token, bool known) {
  const Provider& provider = worker_.plan().providers[index];
  const Status status = CheckClaims(provider, requirement, *token);
  if (status != Status::kOk) return status;
  TokenCache& cache = worker_.CacheOf(index);
  if (cache.enabled()) {
    // It may be another provider's that is known.
    known = known && worker_.KeysOf(index) != nullptr && cache.Find(token->text) == token;
    (known ? worker_.stats().jwt_cache_hit : worker_.stats().jwt_cache_miss).Inc();
    if (known) return Status::kOk;
  }
  const Verdict verdict = VerifySignature(index, token);
  if (verdict == Status::kOk && cache.enabled() &&
      token->text.size() <= provider.cache_token_bytes) {
    cache.Add(token);
  }
  return verdict;
}

Status Checker::CheckClaims(const Provider& provider, const Requirement& requirement,
                            const Token& token) const {
  if (provider.subjects && !provider.subjects->Matches(token.subject)) {
    return Status::kVerificationFails;
  }
  const uint64_t now = worker_.now_s();
  if (provider.max_lifetime_s) {
    if (!token.expires ||
        (*token.expires > now && *token.expires - now > *provider.max_lifetime_s)) {
      return Status::kVerificationFails;
    }
  } else if (provider.require_expiration && !token.expires) {
    return Status::kVerificationFails;
  }
  const Status time = CheckTime(token, now, provider.skew_s);
  if (time != Status::kOk) return time;
  const auto& audiences = requirement.audiences ? *requirement.audiences : provider.audiences;
  return SharesAudience(audiences, token) ? Status::kOk : Status::kAudienceNotAllowed;
}

Checker::Verdict Checker::VerifySignature(size_t provider, const TokenPtr& token) {
  const bool waited = std::ranges::find(waited_, provider) != waited_.end();
  if (const Jwks* keys = worker_.KeysOf(provider, waited)) return keys->Verify(*token);
  if (!worker_.IsRemote(provider)) return Status::kJwksNoValidKeys;
  if (waited) return Status::kJwksFetchFailed;
  awaited_ = provider;
  return std::nullopt;
}

}  // namespace sluice::filters::jwt_authn
