// Runtime values: the layers of `layered_runtime`, nested maps flattened to dotted keys, later
// layers over earlier ones; /runtime_modify writes to the admin layer.
//
// Owned by the server. Workers read the version that is current; main replaces it and keeps the old
// one until every worker has finished its turn (see Modify).
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/admin/host.h"
#include "sluice/config/node.h"
#include "sluice/event/loop.h"
#include "sluice/match/runtime.h"
#include "sluice/server/bootstrap_config.h"
#include "sluice/stats/table.h"

namespace sluice::server {

struct RuntimeStats {
  stats::Counter load_error;
  stats::Counter load_success;
  stats::Counter override_dir_exists;
  stats::Counter override_dir_not_exists;
  stats::Gauge num_keys;
  stats::Gauge num_layers;
  stats::Gauge admin_overrides_active;

  static constexpr stats::Field<RuntimeStats> kFields[] = {
      {&RuntimeStats::load_error, "load_error", "Loads of layers that failed"},
      {&RuntimeStats::load_success, "load_success", "Loads of layers that succeeded"},
      {&RuntimeStats::override_dir_exists, "override_dir_exists",
       "Loads that found the directories of all disk layers"},
      {&RuntimeStats::override_dir_not_exists, "override_dir_not_exists", "Loads that missed one"},
      {&RuntimeStats::num_keys, "num_keys", "Keys that have a value"},
      {&RuntimeStats::num_layers, "num_layers", "Layers"},
      {&RuntimeStats::admin_overrides_active, "admin_overrides_active",
       "1 while /runtime_modify overrides anything"},
  };
};

class Runtime final : public match::RuntimeSnapshot {
 public:
  Runtime(const std::optional<LayeredRuntime>& config, const std::string& service_cluster,
          stats::Store& store);
  ~Runtime() override;

  // match::RuntimeSnapshot; any thread
  std::optional<match::Fraction> FindFraction(std::string_view key) const override;
  std::optional<uint64_t> FindInteger(std::string_view key) const override;
  std::optional<double> FindDouble(std::string_view key) const override;
  std::optional<bool> FindBoolean(std::string_view key) const override;

  // Main. Sets overrides in the admin layer; an empty value takes one away. Answers the version
  // before, which workers may be reading until the end of their turn; null when there is no admin
  // layer.
  std::shared_ptr<const void> Modify(
      const std::vector<std::pair<std::string, std::string>>& values);
  admin::RuntimeView View() const;
  // Main. Reads the disk layers again when one is swapped; gives the version before to `retire`, as
  // Modify answers it.
  void Watch(EventLoop& loop, std::function<void(std::shared_ptr<const void>)> retire);

 private:
  struct Value {
    std::string text;
    std::optional<match::Fraction> fraction;  // {numerator, denominator} as a map
  };
  using Values = std::map<std::string, Value, std::less<>>;
  struct Layer {
    std::string name;
    bool admin = false;
    std::string root;       // of a disk layer: the link that is swapped
    std::string directory;  // of a disk layer: what is read
    Values values;
  };

  static void Flatten(const std::string& prefix, const config::Node& node, Values& out);
  void Reload();
  void Publish();
  const Value* Find(std::string_view key) const;

  std::vector<Layer> layers_;
  std::shared_ptr<const Values> merged_;
  std::atomic<const Values*> current_{nullptr};
  RuntimeStats stats_;
  std::vector<std::unique_ptr<FileWatch>> watches_;
  std::unique_ptr<Timer> settle_;  // a swap is several events
  std::function<void(std::shared_ptr<const void>)> retire_;
};

}  // namespace sluice::server
