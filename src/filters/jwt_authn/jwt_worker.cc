#include "jwt_worker.h"

#include <chrono>
#include <utility>

#include "jwt_filter.h"

namespace sluice::filters::jwt_authn {
namespace {

// Of one turn of the loop: each of these may cost a signature.
constexpr size_t kBatch = 16;

stats::Scope ScopeOf(const Plan& plan, const stats::Scope& manager) {
  const stats::Scope scope = manager.Sub("jwt_authn");
  return plan.stat_prefix.empty() ? scope : scope.Sub(plan.stat_prefix);
}

}  // namespace

TokenPtr TokenCache::Find(std::string_view text) {
  const auto found = by_text_.find(text);
  if (found == by_text_.end()) return nullptr;
  tokens_.splice(tokens_.begin(), tokens_, found->second);
  return tokens_.front();
}

void TokenCache::Add(TokenPtr token) {
  if (by_text_.contains(token->text)) return;
  if (tokens_.size() >= most_) {
    by_text_.erase(tokens_.back()->text);
    tokens_.pop_back();
  }
  tokens_.push_front(std::move(token));
  by_text_.emplace(tokens_.front()->text, tokens_.begin());
}

void TokenCache::Clear() {
  by_text_.clear();
  tokens_.clear();
}

JwtWorker::JwtWorker(std::shared_ptr<const Plan> plan, filter::WorkerContext& worker,
                     const stats::Scope& manager)
    : plan_(std::move(plan)),
      worker_(worker),
      stats_(stats::Make<JwtStats>(ScopeOf(*plan_, manager))) {
  for (const Provider& provider : plan_->providers) {
    ProviderState& state = *states_.emplace_back(std::make_unique<ProviderState>());
    state.cache.SetSize(provider.cache_size);
    state.keys = provider.local;
    if (provider.source == nullptr) continue;
    provider.source->CountUnder(ScopeOf(*plan_, manager).prefix());
    state.reader = provider.source->feed().Subscribe(
        worker.loop,
        [this, &state](std::shared_ptr<const JwksNews> news) { Take(state, std::move(news)); });
  }
}

JwtWorker::~JwtWorker() = default;

filter::HttpFilter* JwtWorker::Create(Arena& arena) { return arena.New<JwtFilter>(*this); }

const Jwks* JwtWorker::KeysOf(size_t provider, bool waited) {
  const ProviderState& state = *states_[provider];
  if (waited && state.news != nullptr && state.news->keys != nullptr) {
    return state.news->keys.get();  // however soon they expire: they came for this request
  }
  return worker_.loop.Now() < state.expires ? state.keys.get() : nullptr;
}

void JwtWorker::Wait(JwtFilter& filter, size_t provider) {
  ProviderState& state = *states_[provider];
  if (state.waiting.empty()) {
    plan_->providers[provider].source->Ask(state.news == nullptr ? 0 : state.news->serial);
  }
  state.waiting.PushBack(filter);
}

uint64_t JwtWorker::now_s() const {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(worker_.loop.WallNow().time_since_epoch())
          .count());
}

void JwtWorker::Take(ProviderState& state, std::shared_ptr<const JwksNews> news) {
  state.news = std::move(news);
  if (state.news->keys != nullptr) {
    state.keys = state.news->keys;
    state.expires = state.news->expires;
    state.cache.Clear();
    stats_.jwks_taken.Inc();
  }
  ready_.Splice(state.waiting);
  if (!ready_.empty()) worker_.loop.RunLater(*this);
}

void JwtWorker::Run() {
  for (size_t i = 0; i < kBatch && !ready_.empty(); ++i) ready_.PopFront()->Resume();
  if (!ready_.empty()) worker_.loop.RunLater(*this);
}

}  // namespace sluice::filters::jwt_authn
