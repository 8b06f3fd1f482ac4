// Resources of one kind from one file, now and whenever it changes. Owned by who uses them; main
// thread. Hard rule: the owner applies all of a set or, with problems, nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/config/config_source.h"
#include "sluice/config/problems.h"
#include "sluice/config/resources.h"
#include "sluice/discovery/host.h"
#include "sluice/event/quiet_watch.h"
#include "sluice/stats/table.h"

namespace sluice::discovery {

struct SubscriptionStats {
  stats::Counter config_reload;
  stats::Histogram config_reload_time_ms;
  stats::Counter init_fetch_timeout;
  stats::Counter update_attempt;
  stats::Counter update_success;
  stats::Counter update_failure;
  stats::Counter update_rejected;
  stats::Gauge update_time;
  stats::Gauge version;

  static constexpr stats::Field<SubscriptionStats> kFields[] = {
      {&SubscriptionStats::config_reload, "config_reload", "Updates that were not what was there"},
      {&SubscriptionStats::config_reload_time_ms, "config_reload_time_ms",
       "How long applying an update took"},
      {&SubscriptionStats::init_fetch_timeout, "init_fetch_timeout",
       "First answers that did not come in time; a file answers at once"},
      {&SubscriptionStats::update_attempt, "update_attempt", "Reads of the file"},
      {&SubscriptionStats::update_success, "update_success", "Reads that are in use"},
      {&SubscriptionStats::update_failure, "update_failure", "Files that could not be read"},
      {&SubscriptionStats::update_rejected, "update_rejected",
       "Files whose content was refused; what was there stays"},
      {&SubscriptionStats::update_time, "update_time", "When the last update came, in ms"},
      {&SubscriptionStats::version, "version", "Hash of the version in use"},
  };
};

class FileSubscription final : public Source {
 public:
  struct Wish {
    Kind kind = Kind::kListeners;
    const config::Message& schema;
    std::string stat_prefix;  // "listener_manager.lds"
  };
  // What the file holds. False, with problems: nothing of it is used.
  using Take = std::function<bool(const config::Resources&, config::Problems&)>;
  // What is in use, for the admin; fills in name and content, and may change the rest.
  using View = std::function<void(const ResourceView& from,
                                  const std::function<void(const ResourceView&)>& visit)>;

  FileSubscription(Host& host, const config::ConfigSource& source, Wish wish, Take take,
                   View view = {});
  ~FileSubscription() override;
  FileSubscription(const FileSubscription&) = delete;
  FileSubscription& operator=(const FileSubscription&) = delete;

  // At load: what is wrong goes to `problems`. The file is watched from then on.
  bool Load(config::Problems& problems);
  // Changes are acted on from now on, those that came in between at once.
  void Start();

  const std::string& path() const { return source_.path_config_source.path; }
  const std::string& version() const { return version_; }
  WallTime updated() const { return updated_; }
  // Source
  void Visit(const std::function<void(const ResourceView&)>& visit) const override;

 private:
  enum class Acting : uint8_t { kNotYet, kMissed, kYes };

  bool Read(config::Problems& problems);
  void Reload();
  void Succeeded(const std::string& version, uint64_t content, MonoTime began);

  Host& host_;
  const config::ConfigSource source_;
  const Wish wish_;
  const Take take_;
  const View view_;
  SubscriptionStats stats_;
  Acting acting_ = Acting::kNotYet;
  bool loaded_ = false;
  uint64_t content_ = 0;  // a hash of what is in use
  std::string version_;
  WallTime updated_{};
  std::unique_ptr<QuietWatch> watch_;
};

}  // namespace sluice::discovery
