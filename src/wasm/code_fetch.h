// Code that a cluster has: asked for on the main thread when the clusters are there, again after
// failures, and kept for the process by its hash. Until it has come the plugin has no VM.
#pragma once

#include <memory>
#include <string>

#include "plugin_build.h"
#include "sluice/event/loop.h"
#include "sluice/filter/async_client.h"
#include "sluice/filter/main_service.h"
#include "sluice/stats/table.h"
#include "sluice/wasm/config.h"

namespace sluice::wasm {

struct FetchStats {
  stats::Counter remote_load_fetch_successes;
  stats::Counter remote_load_fetch_failures;
  stats::Counter remote_load_cache_hits;
  static constexpr stats::Field<FetchStats> kFields[] = {
      {&FetchStats::remote_load_fetch_successes, "remote_load_fetch_successes",
       "Times that code came from a cluster"},
      {&FetchStats::remote_load_fetch_failures, "remote_load_fetch_failures",
       "Times that it did not, or was not what it was to be"},
      {&FetchStats::remote_load_cache_hits, "remote_load_cache_hits",
       "Plugins whose code another one had fetched"},
  };
};

class CodeFetch final : public filter::MainService, private filter::AsyncEvents {
 public:
  static std::unique_ptr<CodeFetch> Make(const RemoteSourceConfig& config, VmRecipe recipe,
                                         Plugin& plugin, std::shared_ptr<const Plugin> keep,
                                         filter::LoadContext& ctx);
  CodeFetch(const RemoteSourceConfig& config, VmRecipe recipe, Plugin& plugin,
            std::shared_ptr<const Plugin> keep, filter::LoadContext& ctx);

  // filter::MainService
  void Start(filter::WorkerContext& main) override;
  void Stop() override;

 private:
  // filter::AsyncEvents
  void OnResponse(filter::AsyncResponse&& response) override;
  void OnFailure(const Error& error) override;

  void Send();
  bool UseCached();
  void TellFollowers();
  bool Use(const std::string& code);
  void Failed(const std::string& words);

  const VmRecipe recipe_;
  Plugin& plugin_;  // kept by keep_
  std::shared_ptr<const Plugin> keep_;
  std::string sha256_;
  filter::AsyncRequest request_;
  Duration wait_;
  Duration max_wait_;
  filter::AsyncClient* client_ = nullptr;
  FetchStats stats_;
  Timer timer_;
  std::unique_ptr<filter::AsyncTicket> ticket_;
};

}  // namespace sluice::wasm
