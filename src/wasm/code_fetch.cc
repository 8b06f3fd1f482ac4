#include "code_fetch.h"

#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sha256.h"
#include "sluice/base/log.h"
#include "sluice/http/chars.h"

namespace sluice::wasm {
namespace {

constexpr size_t kMaxCodeBytes = size_t{64} << 20;

// Code by its hash, for as long as the process lives: a second plugin does not ask again.
std::map<std::string, std::string>& Cache() {
  static std::map<std::string, std::string> cache;
  return cache;
}

// Who waits for code that another one is asking for, by its hash.
std::map<std::string, std::vector<CodeFetch*>>& Followers() {
  static std::map<std::string, std::vector<CodeFetch*>> followers;
  return followers;
}

struct Target {
  std::string authority;
  std::string path;
};

Target Split(std::string_view uri) {
  const size_t scheme = uri.find("://");
  if (scheme != std::string_view::npos) uri.remove_prefix(scheme + 3);
  const size_t slash = uri.find('/');
  if (slash == std::string_view::npos) return {std::string(uri), "/"};
  return {std::string(uri.substr(0, slash)), std::string(uri.substr(slash))};
}

}  // namespace

std::unique_ptr<CodeFetch> CodeFetch::Make(const RemoteSourceConfig& config, VmRecipe recipe,
                                           Plugin& plugin, std::shared_ptr<const Plugin> keep,
                                           filter::LoadContext& ctx) {
  const auto& cluster = config.http_uri.cluster;
  if (!ctx.clusters.FindId(*cluster)) {
    ctx.problems.Add(cluster.where, fmt::format("there is no cluster '{}'", *cluster));
    return nullptr;
  }
  return std::make_unique<CodeFetch>(config, std::move(recipe), plugin, std::move(keep), ctx);
}

CodeFetch::CodeFetch(const RemoteSourceConfig& config, VmRecipe recipe, Plugin& plugin,
                     std::shared_ptr<const Plugin> keep, filter::LoadContext& ctx)
    : recipe_(std::move(recipe)),
      plugin_(plugin),
      keep_(std::move(keep)),
      sha256_(config.sha256),
      wait_(std::chrono::seconds(1)),
      stats_(stats::Make<FetchStats>(ctx.stats.MainScope("wasm"))),
      timer_(ctx.main_loop, [this] { Send(); }) {
  for (char& c : sha256_) c = http::ToLowerAscii(c);
  const Target target = Split(config.http_uri.uri);
  request_.cluster = *config.http_uri.cluster;
  request_.head = {{":method", "GET"},
                   {":scheme", "http"},
                   {":authority", target.authority},
                   {":path", target.path}};
  request_.timeout = config.http_uri.timeout;
  request_.max_response_bytes = kMaxCodeBytes;
  if (config.retry_policy && config.retry_policy->retry_back_off) {
    wait_ = config.retry_policy->retry_back_off->base_interval;
    max_wait_ = config.retry_policy->retry_back_off->max_interval.value_or(wait_ * 10);
  } else {
    max_wait_ = wait_ * 60;
  }
}

void CodeFetch::Start(filter::WorkerContext& main) {
  client_ = &main.async_client;
  Send();
}

bool CodeFetch::UseCached() {
  const auto known = Cache().find(sha256_);
  if (known == Cache().end()) return false;
  stats_.remote_load_cache_hits.Inc();
  Use(known->second);
  return true;
}

void CodeFetch::Stop() {
  timer_.Disarm();
  client_ = nullptr;
  const auto found = Followers().find(sha256_);
  if (found != Followers().end()) std::erase(found->second, this);
  if (std::exchange(ticket_, nullptr) != nullptr) TellFollowers();
}

void CodeFetch::Send() {
  if (UseCached()) return;
  const auto [found, first] = Followers().try_emplace(sha256_);
  if (!first) return found->second.push_back(this);
  ticket_ = client_->Send(request_, *this);
}

// We do not ask any more: those who wait look for themselves, now or after their own time.
void CodeFetch::TellFollowers() {
  auto node = Followers().extract(sha256_);
  if (node.empty()) return;
  for (CodeFetch* one : node.mapped()) {
    if (!one->UseCached()) one->timer_.Arm(one->wait_);
  }
}

void CodeFetch::OnResponse(filter::AsyncResponse&& response) {
  if (response.status != 200) return Failed(fmt::format("status {}", response.status));
  if (Sha256Hex(response.body) != sha256_) return Failed("its sha256 is another one");
  if (!Use(response.body)) return;
  stats_.remote_load_fetch_successes.Inc();
  Cache().emplace(sha256_, std::move(response.body));
  ticket_.reset();
  TellFollowers();
}

void CodeFetch::OnFailure(const Error& error) { Failed(error.detail); }

bool CodeFetch::Use(const std::string& code) {
  auto plan = MakeVmPlan(recipe_, code);
  if (!plan) {
    Failed(plan.error().detail);
    return false;
  }
  plugin_.owned_ = std::move(*plan);
  plugin_.vm_.store(plugin_.owned_.get(), std::memory_order_release);
  return true;
}

void CodeFetch::Failed(const std::string& words) {
  stats_.remote_load_fetch_failures.Inc();
  SLUICE_LOG(kWasm, kWarning, "wasm: no code from cluster '{}': {}", request_.cluster, words);
  timer_.Arm(wait_);
  wait_ = std::min(wait_ * 2, max_wait_);
  if (std::exchange(ticket_, nullptr) != nullptr) TellFollowers();
}

}  // namespace sluice::wasm
