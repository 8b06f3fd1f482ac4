#include "sluice/discovery/file_subscription.h"

#include <chrono>
#include <utility>

#include "sluice/base/hash.h"
#include "sluice/base/log.h"

namespace sluice::discovery {
namespace {

stats::Scope ScopeOf(Host& host, const std::string& prefix) {
  return {host.store(), 0, prefix};  // main's slot
}

constexpr uint64_t kGaugeBits = UINT64_MAX >> 2;  // what a gauge holds

uint64_t Milliseconds(Duration length) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(length).count());
}

}  // namespace

FileSubscription::FileSubscription(Host& host, const config::ConfigSource& source, Wish wish,
                                   Take take, View view)
    : host_(host),
      source_(source),
      wish_(std::move(wish)),
      take_(std::move(take)),
      view_(std::move(view)),
      stats_(stats::Make<SubscriptionStats>(ScopeOf(host, wish_.stat_prefix))) {
  host_.Add(*this);
}

FileSubscription::~FileSubscription() = default;

bool FileSubscription::Load(config::Problems& problems) {
  const bool good = Read(problems);
  std::vector<std::string> paths = {path()};
  if (const auto& directory = source_.path_config_source.watched_directory) {
    paths.push_back(directory->path);
  }
  watch_ = std::make_unique<QuietWatch>(host_.loop(), paths, [this] {
    if (acting_ == Acting::kYes) return Reload();
    acting_ = Acting::kMissed;
  });
  return good;
}

void FileSubscription::Start() {
  if (std::exchange(acting_, Acting::kYes) == Acting::kMissed) Reload();
}

bool FileSubscription::Read(config::Problems& problems) {
  const MonoTime began = host_.loop().clock().Mono();
  const size_t unknown = problems.unknown_fields();
  stats_.update_attempt.Inc();
  const auto document = config::ReadResourceFile(path(), problems);
  if (!document) {
    stats_.update_failure.Inc();
    return false;
  }
  const uint64_t content = XxHash64(config::ToJson(*document, config::JsonStyle::kCompact));
  if (loaded_ && content == content_) {
    Succeeded(version_, content, began);
    return true;
  }
  const auto resources = config::ParseResources(*document, wish_.schema, host_.parse(), problems);
  if (!resources || !take_(*resources, problems)) {
    stats_.update_rejected.Inc();
    return false;
  }
  host_.CountUnknown(problems.unknown_fields() - unknown);
  Succeeded(resources->version, content, began);
  return true;
}

void FileSubscription::Succeeded(const std::string& version, uint64_t content, MonoTime began) {
  if (!loaded_ || content != content_) {
    stats_.config_reload.Inc();
    stats_.config_reload_time_ms.Record(Milliseconds(host_.loop().clock().Mono() - began));
  }
  loaded_ = true;
  content_ = content;
  version_ = version;
  updated_ = host_.loop().clock().Wall();
  stats_.update_success.Inc();
  stats_.update_time.Set(Milliseconds(updated_.time_since_epoch()));
  stats_.version.Set(XxHash64(version) & kGaugeBits);
  ScopeOf(host_, wish_.stat_prefix).SetText("version_text", version);
}

void FileSubscription::Reload() {
  config::Problems problems;
  if (Read(problems)) {
    SLUICE_LOG(kConfig, kInfo, "{}: {} is in use", wish_.stat_prefix, path());
  }
  for (const config::Problem& one : problems.Sorted()) {
    if (one.severity == config::Severity::kError) {
      SLUICE_LOG(kConfig, kError, "{}: what was there stays: {}", wish_.stat_prefix,
                 problems.Text(one));
    } else {
      SLUICE_LOG(kConfig, kWarning, "{}: {}", wish_.stat_prefix, problems.Text(one));
    }
  }
}

void FileSubscription::Visit(const std::function<void(const ResourceView&)>& visit) const {
  if (!view_ || !loaded_) return;
  ResourceView view;
  view.kind = wish_.kind;
  view.version = version_;
  view.updated = updated_;
  view_(view, visit);
}

}  // namespace sluice::discovery
