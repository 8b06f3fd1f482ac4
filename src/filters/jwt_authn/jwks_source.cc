#include "jwks_source.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/log.h"
#include "sluice/base/random.h"
#include "sluice/http/target.h"

namespace sluice::filters::jwt_authn {
namespace {

// Keys are fetched again this much before they expire.
constexpr Duration kAhead = std::chrono::seconds(5);
constexpr uint32_t kMaxDoublings = 20;

filter::AsyncFields MakeHead(const config::HttpUri& uri) {
  const auto target = http::SplitAbsoluteTarget(uri.uri);
  std::string path = target ? std::string(target->path) : uri.uri;
  if (!path.starts_with('/')) path.insert(path.begin(), '/');
  return {{":method", "GET"},
          {":scheme", target ? std::string(target->scheme) : "http"},
          {":authority", target ? std::string(target->authority) : *uri.cluster},
          {":path", std::move(path)}};
}

}  // namespace

JwksSource::JwksSource(std::string provider, const RemoteJwksConfig& config, EventLoop& main_loop,
                       stats::Store& store)
    : provider_(std::move(provider)),
      config_(config),
      loop_(main_loop),
      store_(store),
      head_(MakeHead(config_.http_uri)),
      retry_timer_(main_loop, [this] { Send(); }),
      refetch_timer_(main_loop, [this] { Fetch(); }) {}

void JwksSource::Ask(uint64_t serial) {
  loop_.Post([this, serial] { AskNow(serial); });
}

void JwksSource::CountUnder(const std::string& prefix) {
  const std::lock_guard lock(stats_mutex_);
  if (std::exchange(counting_, true)) return;
  stats_ = stats::Make<FetchStats>(store_.MainScope(prefix));
}

void JwksSource::Count(stats::Counter FetchStats::* counter) {
  const std::lock_guard lock(stats_mutex_);
  (stats_.*counter).Inc();
}

void JwksSource::Start(filter::WorkerContext& main) {
  client_ = &main.async_client;
  if (config_.async_fetch || asked_early_) Fetch();
}

void JwksSource::Stop() {
  retry_timer_.Disarm();
  refetch_timer_.Disarm();
  call_.reset();
  client_ = nullptr;
}

void JwksSource::AskNow(uint64_t serial) {
  if (serial < serial_) return;  // later news are on their way
  asked_early_ = true;
  if (client_ != nullptr) Fetch();
}

void JwksSource::Fetch() {
  if (attempts_ != 0) return;
  refetch_timer_.Disarm();
  Send();
}

void JwksSource::Send() {
  ++attempts_;
  filter::AsyncRequest request;
  request.cluster = *config_.http_uri.cluster;
  request.head = head_;
  request.timeout = config_.http_uri.timeout;
  call_ = client_->Send(std::move(request), *this);
}

void JwksSource::OnResponse(filter::AsyncResponse&& response) {
  if (response.status != 200) return Failed(fmt::format("status {}", response.status));
  auto keys = Jwks::Parse(std::move(response.body));
  if (!keys) return Failed(Words(keys.error()));
  Count(&FetchStats::jwks_fetch_success);
  Publish(std::move(*keys));
  if (!config_.async_fetch) return;
  const Duration good = config_.cache_duration;
  refetch_timer_.Arm(good > kAhead ? good - kAhead : good);
}

void JwksSource::OnFailure(const Error& error) { Failed(error.detail); }

void JwksSource::Failed(std::string_view why) {
  const uint32_t retries = config_.retry_policy ? config_.retry_policy->num_retries : 0;
  SLUICE_LOG(kFilter, kWarning, "jwt_authn: no keys of '{}' from '{}': {}", provider_,
             *config_.http_uri.cluster, why);
  if (attempts_ <= retries) {
    call_.reset();
    retry_timer_.Arm(Backoff());
    return;
  }
  Count(&FetchStats::jwks_fetch_failed);
  Publish(nullptr);
  if (config_.async_fetch) refetch_timer_.Arm(config_.async_fetch->failed_refetch_duration);
}

Duration JwksSource::Backoff() const {
  config::BackoffStrategy backoff;
  if (config_.retry_policy->retry_back_off) backoff = *config_.retry_policy->retry_back_off;
  const Duration most = backoff.max_interval.value_or(backoff.base_interval * 10);
  Duration window = backoff.base_interval;
  for (uint32_t i = 1; i < std::min(attempts_, kMaxDoublings) && window < most; ++i) window *= 2;
  window = std::max(std::min(window, most), Duration(1));
  return Duration(FastRandomBelow(static_cast<uint64_t>(window.count())));
}

void JwksSource::Publish(std::shared_ptr<const Jwks> keys) {
  attempts_ = 0;
  call_.reset();
  auto news = std::make_shared<JwksNews>();
  news->serial = ++serial_;
  news->keys = std::move(keys);
  // Fetched ahead, keys stay good until others are there.
  if (!config_.async_fetch) news->expires = loop_.Now() + config_.cache_duration;
  feed_.Publish(std::move(news));
}

}  // namespace sluice::filters::jwt_authn
