#include "runtime.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <system_error>
#include <utility>

#include "runtime_directory.h"
#include "sluice/base/log.h"

namespace sluice::server {
namespace {

constexpr Duration kSettle = std::chrono::milliseconds(20);

std::optional<uint64_t> ToInteger(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// {numerator: 5, denominator: TEN_THOUSAND}
std::optional<match::Fraction> ToFraction(const config::Node& node) {
  const config::Node* numerator = node.Find("numerator");
  if (numerator == nullptr || !numerator->IsScalar()) return std::nullopt;
  const auto value = ToInteger(numerator->scalar);
  if (!value) return std::nullopt;
  match::Fraction fraction{static_cast<uint32_t>(*value), 100};
  if (const config::Node* denominator = node.Find("denominator")) {
    if (denominator->scalar == "TEN_THOUSAND") fraction.denominator = 10'000;
    if (denominator->scalar == "MILLION") fraction.denominator = 1'000'000;
  }
  return fraction;
}

}  // namespace

Runtime::Runtime(const std::optional<LayeredRuntime>& config, const std::string& service_cluster,
                 stats::Store& store)
    : stats_(stats::Make<RuntimeStats>(store.MainScope("runtime"))) {
  if (config) {
    for (const RuntimeLayer& given : config->layers) {
      Layer& layer = layers_.emplace_back();
      layer.name = given.name;
      layer.admin = given.admin_layer.has_value();
      if (given.static_layer) Flatten("", *given.static_layer, layer.values);
      if (!given.disk_layer) continue;
      layer.root = given.disk_layer->symlink_root;
      layer.directory = layer.root;
      for (const std::string& part :
           {given.disk_layer->subdirectory,
            given.disk_layer->append_service_cluster ? service_cluster : std::string()}) {
        if (!part.empty()) layer.directory.append("/").append(part);
      }
    }
  }
  stats_.num_layers.Set(layers_.size());
  Reload();
}

void Runtime::Reload() {
  const bool disk = std::ranges::any_of(layers_, [](const Layer& l) { return !l.root.empty(); });
  size_t missing = 0;
  bool failed = false;
  for (Layer& layer : layers_) {
    if (layer.root.empty()) continue;
    std::error_code error;
    if (!std::filesystem::is_directory(layer.directory, error)) {
      ++missing;
      layer.values.clear();
      continue;
    }
    if (auto read = ReadRuntimeDirectory(layer.directory)) {
      layer.values.clear();
      for (const config::Node& value : read->items) Flatten(value.key, value, layer.values);
    } else {
      // What was read before stays.
      failed = true;
      SLUICE_LOG(kMain, kError, "runtime layer '{}': {}", layer.name, read.error().detail);
    }
  }
  if (disk) (missing == 0 ? stats_.override_dir_exists : stats_.override_dir_not_exists).Inc();
  (failed ? stats_.load_error : stats_.load_success).Inc();
  Publish();
}

void Runtime::Watch(EventLoop& loop, std::function<void(std::shared_ptr<const void>)> retire) {
  retire_ = std::move(retire);
  settle_ = std::make_unique<Timer>(loop, [this] {
    std::shared_ptr<const Values> before = merged_;
    Reload();
    retire_(std::move(before));
  });
  for (const Layer& layer : layers_) {
    if (layer.root.empty()) continue;
    watches_.push_back(
        std::make_unique<FileWatch>(loop, layer.root, [this] { settle_->Arm(kSettle); }));
  }
}

Runtime::~Runtime() = default;

void Runtime::Flatten(const std::string& prefix, const config::Node& node, Values& out) {
  if (node.IsScalar()) {
    out[prefix] = {node.scalar, std::nullopt};
    return;
  }
  if (!node.IsMap()) return;
  if (!prefix.empty()) {
    if (auto fraction = ToFraction(node)) {
      out[prefix] = {config::ToJson(node, config::JsonStyle::kCompact), fraction};
      return;
    }
  }
  for (const config::Node& member : node.items) {
    Flatten(prefix.empty() ? member.key : prefix + "." + member.key, member, out);
  }
}

void Runtime::Publish() {
  auto merged = std::make_shared<Values>();
  bool overridden = false;
  for (const Layer& layer : layers_) {
    for (const auto& [key, value] : layer.values) (*merged)[key] = value;
    overridden = overridden || (layer.admin && !layer.values.empty());
  }
  stats_.num_keys.Set(merged->size());
  stats_.admin_overrides_active.Set(overridden ? 1 : 0);
  merged_ = std::move(merged);
  current_.store(merged_.get(), std::memory_order_release);
}

std::shared_ptr<const void> Runtime::Modify(
    const std::vector<std::pair<std::string, std::string>>& values) {
  const auto layer =
      std::find_if(layers_.rbegin(), layers_.rend(), [](const Layer& l) { return l.admin; });
  if (layer == layers_.rend()) return nullptr;
  for (const auto& [key, text] : values) {
    if (text.empty()) {
      layer->values.erase(key);
    } else {
      layer->values[key] = {text, std::nullopt};
    }
  }
  std::shared_ptr<const Values> before = merged_;
  Publish();
  return before;
}

admin::RuntimeView Runtime::View() const {
  admin::RuntimeView view;
  for (const Layer& layer : layers_) view.layers.push_back(layer.name);
  for (const auto& [key, value] : *merged_) {
    admin::RuntimeValueView entry{key, value.text, {}};
    for (const Layer& layer : layers_) {
      const auto found = layer.values.find(key);
      entry.layer_values.push_back(found == layer.values.end() ? "" : found->second.text);
    }
    view.entries.push_back(std::move(entry));
  }
  return view;
}

const Runtime::Value* Runtime::Find(std::string_view key) const {
  const Values& values = *current_.load(std::memory_order_acquire);
  const auto at = values.find(key);
  return at == values.end() ? nullptr : &at->second;
}

std::optional<match::Fraction> Runtime::FindFraction(std::string_view key) const {
  const Value* value = Find(key);
  if (value == nullptr) return std::nullopt;
  if (value->fraction) return value->fraction;
  const auto percent = ToInteger(value->text);
  if (!percent) return std::nullopt;
  return match::Fraction{static_cast<uint32_t>(*percent), 100};
}

std::optional<uint64_t> Runtime::FindInteger(std::string_view key) const {
  const Value* value = Find(key);
  return value == nullptr ? std::nullopt : ToInteger(value->text);
}

std::optional<double> Runtime::FindDouble(std::string_view key) const {
  const Value* value = Find(key);
  if (value == nullptr) return std::nullopt;
  double number = 0;
  const char* end = value->text.data() + value->text.size();
  const auto [at, error] = std::from_chars(value->text.data(), end, number);
  if (error != std::errc() || at != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<bool> Runtime::FindBoolean(std::string_view key) const {
  const Value* value = Find(key);
  if (value == nullptr) return std::nullopt;
  if (value->text == "true") return true;
  if (value->text == "false") return false;
  const auto number = ToInteger(value->text);
  return number ? std::optional<bool>(*number != 0) : std::nullopt;
}

}  // namespace sluice::server
