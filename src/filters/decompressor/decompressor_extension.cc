// From the configuration to the filters of each worker.
#include <utility>

#include "decompressor_filter.h"
#include "sluice/config/message.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"

namespace sluice::filters::decompressor {
namespace {

constexpr std::string_view kType = "envoy.extensions.filters.http.decompressor.v3.Decompressor";

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(DecompressorPlan plan) : plan_(std::move(plan)) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const DecompressorConfig>& config, const config::Where& where,
      filter::LoadContext& ctx) {
    const config::TypedConfig& library = config->decompressor_library.typed_config;
    if (!library) {
      ctx.problems.Add(where, "the library has no typed_config");
      return nullptr;
    }
    return std::make_unique<Factory>(DecompressorPlan(
        *config, library.Factory<compression::DecompressorExtension>().Make(library)));
  }
  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(filter::WorkerContext& worker,
                                                       const stats::Scope& manager) const override {
    return std::make_unique<DecompressorWorker>(plan_, worker, manager);
  }

 private:
  const DecompressorPlan plan_;
};

}  // namespace

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            DecompressorConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &DecompressorConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.decompressor"});
}

}  // namespace sluice::filters::decompressor
