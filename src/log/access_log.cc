#include "sluice/log/access_log.h"

#include <optional>
#include <utility>

#include "log_writer.h"
#include "sluice/log/entry_filter.h"
#include "sluice/log/format.h"

namespace sluice::log {

struct CompiledLog {
  std::unique_ptr<const EntryFilter> filter;  // null: everything
  Format format;
  uint32_t file = 0;
  std::unique_ptr<const EntrySink> sink = nullptr;  // in place of the file
};

AccessLogSet::AccessLogSet() = default;
AccessLogSet::~AccessLogSet() = default;

void AccessLogSet::Write(const FormatContext& context, LogQueue& queue) const {
  for (const CompiledLog& log : logs_) {
    if (log.filter != nullptr && !log.filter->Allows(context, queue)) continue;
    if (log.sink != nullptr) {
      log.sink->Write(context, queue.slot());
      continue;
    }
    std::string& line = queue.scratch();
    line.clear();
    log.format.Append(line, context);
    queue.Push(log.file, line);
  }
}

AccessLogManager::AccessLogManager(const Options& options, stats::Store& stats) {
  for (uint32_t slot = 0; slot < stats.slots(); ++slot) {
    queues_.push_back(std::make_unique<LogQueue>(options.queue_bytes, options.flush_bytes, signal_,
                                                 stats::Scope(stats, slot, "filesystem"), slot));
  }
  writer_ = std::make_unique<LogWriter>(options, stats, signal_, queues_);
}

AccessLogManager::~AccessLogManager() = default;

void AccessLogManager::Reopen() { writer_->Reopen(); }
void AccessLogManager::Flush() { writer_->Flush(); }

namespace {

struct Target {
  std::string path;
  Result<Format> format;
};

Result<Format> FormatOr(const std::optional<SubstitutionFormatConfig>& config) {
  return config ? Format::Compile(*config, Format::Use::kLine) : Result<Format>(Format::Default());
}

// The deprecated fields of a file log come down to the same formats.
Result<Format> FileFormat(const FileAccessLogConfig& file) {
  if (file.log_format) return Format::Compile(*file.log_format, Format::Use::kLine);
  SubstitutionFormatConfig config;
  config.text_format = file.format;
  config.json_format = file.json_format ? file.json_format : file.typed_json_format;
  if (!config.text_format && !config.json_format) return Format::Default();
  return Format::Compile(config, Format::Use::kLine);
}

std::optional<Target> TargetOf(const config::TypedConfig& logger) {
  if (const auto* file = logger.As<FileAccessLogConfig>()) {
    return Target{file->path, FileFormat(*file)};
  }
  if (const auto* out = logger.As<StdoutAccessLogConfig>()) {
    return Target{"/dev/stdout", FormatOr(out->log_format)};
  }
  if (const auto* err = logger.As<StderrAccessLogConfig>()) {
    return Target{"/dev/stderr", FormatOr(err->log_format)};
  }
  return std::nullopt;
}

}  // namespace

std::shared_ptr<const AccessLogSet> AccessLogManager::Make(
    const std::vector<AccessLogConfig>& configs, config::Problems& problems) {
  auto set = std::make_shared<AccessLogSet>();
  for (const AccessLogConfig& config : configs) {
    std::unique_ptr<const EntryFilter> filter;
    if (config.filter) filter = CompileFilter(*config.filter);
    std::optional<Target> target = TargetOf(config.typed_config);
    if (!target && config.typed_config && make_sink_) {
      if (auto sink = make_sink_(config.typed_config)) {
        set->logs_.push_back({std::move(filter), Format::Default(), 0, std::move(sink)});
      }
      continue;
    }
    if (!target && config.typed_config) {
      problems.Add(config.typed_config.where(), "this logger cannot write the admin's access log");
      continue;
    }
    if (!target) {
      problems.Add(config.typed_config.where(), "an access log needs a typed_config",
                   "envoy.extensions.access_loggers.file.v3.FileAccessLog or StdoutAccessLog");
      continue;
    }
    Result<uint32_t> file = writer_->Open(target->path);
    if (!target->format) problems.Add(config.typed_config.where(), target->format.error().detail);
    if (!file) problems.Add(config.typed_config.where(), file.error().detail);
    if (!target->format || !file) continue;
    set->logs_.push_back({std::move(filter), std::move(*target->format), *file});
  }
  return set;
}

}  // namespace sluice::log
