#include "sluice/server/options.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>

#include "sluice/base/version.h"
#include "sluice/config/problems.h"

namespace sluice::server {
namespace {

struct Raw {
  std::string mode = "serve";
  std::string format = "text";
  std::string level = "info";
  std::string component_levels;
  std::string drain_strategy = "gradual";
  std::optional<uint32_t> concurrency;
  bool version = false;
  bool hot_restart_version = false;
  bool reference = false;
  bool schema = false;
};

void AddConfigFlags(CLI::App& app, Options& options, Raw& raw) {
  app.add_option("-c,--config-path", options.config_path,
                 "Path of the configuration: .yaml, .yml or .json");
  app.add_option("--config-yaml", options.config_yaml,
                 "YAML merged over the file (scalars replace, lists append)");
  app.add_option("--mode", raw.mode, "serve, validate or init_only")
      ->check(CLI::IsMember({"serve", "validate", "init_only"}));
  app.add_option("--format", raw.format, "How --mode validate prints problems: text or json")
      ->check(CLI::IsMember({"text", "json"}));
  app.add_flag("--expand-env", options.expand_env,
               "Expand ${VAR} and ${VAR:-default} in the configuration text");
  app.add_flag("--allow-unknown-static-fields,--allow-unknown-fields",
               options.allow_unknown_static_fields,
               "Unknown fields become warnings and a counter instead of errors");
  app.add_flag("--reject-unknown-dynamic-fields", options.reject_unknown_dynamic_fields,
               "Unknown fields in files of resources are errors instead of warnings and a counter");
  app.add_option("--explain", options.explain,
                 "Print who would take a request, and why: 'GET https://host/path'");
  app.add_option("-H,--explain-header", options.explain_headers,
                 "A header of that request: 'name: value'; may be given more than once")
      ->allow_extra_args(false);
  app.add_flag("--config-reference", raw.reference, "Print the configuration manual (Markdown)");
  app.add_flag("--config-schema", raw.schema, "Print a JSON Schema of the configuration");
}

void AddLogFlags(CLI::App& app, Options& options, Raw& raw) {
  app.add_option("-l,--log-level", raw.level,
                 "trace, debug, info, warning, error, critical or off");
  app.add_option("--component-log-level", raw.component_levels,
                 "Levels by component: upstream:debug,config:trace");
  app.add_option("--log-format", options.log_format, "Pattern of the log (spdlog's)");
  app.add_option("--log-path", options.log_path, "Log file; standard error when not given");
}

void AddServerFlags(CLI::App& app, Options& options, Raw& raw) {
  app.add_option("--concurrency", raw.concurrency, "Number of worker threads");
  app.add_flag("--ktls", options.ktls,
               "The kernel makes the TLS records that are sent, where it and OpenSSL can");
  app.add_option("--admin-address-path", options.admin_address_path,
                 "File to write the admin's bound address to");
  app.add_option("--service-cluster", options.service_cluster, "Overrides node.cluster");
  app.add_option("--service-node", options.service_node, "Overrides node.id");
  app.add_option("--service-zone", options.service_zone, "Overrides node.locality.zone");
  app.add_option("--local-address-ip-version", options.local_address_ip_version, "v4 or v6")
      ->check(CLI::IsMember({"v4", "v6"}));
  app.add_option("--drain-time-s", options.drain_time_s, "Length of a graceful drain");
  app.add_option("--drain-strategy", raw.drain_strategy, "gradual or immediate")
      ->check(CLI::IsMember({"gradual", "immediate"}));
  app.add_option("--shutdown-grace-s", options.shutdown_grace_s,
                 "How long SIGTERM waits for what is in flight");
  app.add_option("--file-flush-interval-msec", options.file_flush_interval_ms,
                 "How long access log lines may wait for others; 1000, and 50 for what is no file, "
                 "unless given");
  app.add_option("--file-flush-min-size-kb", options.file_flush_min_size_kb,
                 "Access log buffer size");
  app.add_option("--stats-tag", options.stats_tags, "key:value added to every statistic");
  app.add_flag("--version", raw.version, "Print version and build");
}

// Flags of Envoy that scripts pass: they parse, and say at start that they change nothing here.
constexpr std::string_view kIgnoredFlags[] = {
    "--disable-hot-restart",           "--use-dynamic-base-id",  "--skip-hot-restart-on-no-parent",
    "--skip-hot-restart-parent-stats", "--log-format-escaped",   "--log-stacktrace-single-entry",
    "--enable-fine-grain-logging",     "--enable-mutex-tracing", "--enable-core-dump",
    "--ignore-unknown-dynamic-fields", "--skip-deprecated-logs", "--cpuset-threads"};
constexpr std::string_view kIgnoredOptions[] = {"--base-id-path", "--socket-path", "--socket-mode",
                                                "--disable-extensions"};

void AddIgnoredFlags(CLI::App& app, Options& options, Raw& raw) {
  app.add_option("--base-id", options.base_id)->group("Accepted without effect");
  app.add_option("--restart-epoch", options.restart_epoch)->group("Accepted without effect");
  app.add_option("--parent-shutdown-time-s", options.parent_shutdown_time_s)
      ->group("Accepted without effect");
  app.add_flag("--hot-restart-version", raw.hot_restart_version)->group("Accepted without effect");
  for (std::string_view name : kIgnoredFlags) {
    app.add_flag_callback(std::string(name),
                          [&options, name] { options.ignored.emplace_back(name); })
        ->group("Accepted without effect");
  }
  for (std::string_view name : kIgnoredOptions) {
    app.add_option_function<std::string>(
           std::string(name),
           [&options, name](const std::string&) { options.ignored.emplace_back(name); })
        ->group("Accepted without effect");
  }
}

std::vector<std::string_view> AllNames(const CLI::App& app, std::vector<std::string>& storage) {
  storage.clear();
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) storage.push_back("--" + name);
  }
  return {storage.begin(), storage.end()};
}

EarlyExit Refuse(std::string_view text) {
  std::string message = "sluice: ";
  message.append(text).append("\nFor the list of flags: sluice --help\n");
  return EarlyExit{1, "", std::move(message)};
}

std::optional<EarlyExit> CheckNoStrangers(const CLI::App& app) {
  const std::vector<std::string> rest = app.remaining();
  if (rest.empty()) return std::nullopt;
  const std::string& first = rest.front();
  std::string name = first.substr(0, first.find('='));
  if (!name.starts_with("-")) return Refuse("unexpected argument '" + first + "'");
  std::vector<std::string> storage;
  std::string text = "unknown flag " + name;
  const std::string_view nearest = config::Nearest(name, AllNames(app, storage));
  if (!nearest.empty()) text.append(", did you mean ").append(nearest).append("?");
  return Refuse(text);
}

std::optional<EarlyExit> ReadComponentLevels(const std::string& text, Options& options) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string item = text.substr(at, end - at);
    at = end + 1;
    const size_t colon = item.find(':');
    if (colon == std::string::npos)
      return Refuse("--component-log-level wants NAME:LEVEL, not '" + item + "'");
    const std::string name = item.substr(0, colon);
    const auto level = log::ParseLevel(item.substr(colon + 1));
    if (!level) return Refuse("unknown log level in '" + item + "'");
    if (auto component = log::FindComponent(name)) {
      options.component_log_levels.emplace_back(*component, *level);
    } else {
      options.ignored.push_back("--component-log-level " + name);  // one of Envoy's other loggers
    }
  }
  return std::nullopt;
}

std::optional<EarlyExit> Finish(const Raw& raw, Options& options) {
  options.mode = raw.mode == "validate"    ? Mode::kValidate
                 : raw.mode == "init_only" ? Mode::kInitOnly
                                           : Mode::kServe;
  options.json_problems = raw.format == "json";
  if (raw.concurrency) options.concurrency = std::max(1U, *raw.concurrency);
  options.drain_strategy =
      raw.drain_strategy == "immediate" ? DrainStrategy::kImmediate : DrainStrategy::kGradual;
  const auto level = log::ParseLevel(raw.level);
  if (!level) return Refuse("unknown log level '" + raw.level + "'");
  options.log_level = *level;
  if (auto refused = ReadComponentLevels(raw.component_levels, options)) return refused;
  if (options.explain.empty() && !options.explain_headers.empty()) {
    return Refuse("-H is a header of the request of --explain, which is missing");
  }
  for (const std::string& tag : options.stats_tags) {
    const size_t colon = tag.find(':');
    if (colon == 0 || colon == std::string::npos || colon + 1 == tag.size()) {
      return Refuse("--stats-tag wants NAME:VALUE, not '" + tag + "'");
    }
  }
  if (raw.hot_restart_version) return EarlyExit{0, "disabled\n", ""};
  if (raw.version) return EarlyExit{0, VersionText(), ""};
  if (raw.reference) options.print = Print::kConfigReference;
  if (raw.schema) options.print = Print::kConfigSchema;
  if (options.print == Print::kNothing && options.config_path.empty() &&
      options.config_yaml.empty()) {
    return Refuse("a configuration is needed: -c FILE or --config-yaml TEXT");
  }
  return std::nullopt;
}

// CLI11 throws for --help and bad values; nothing of it leaves this function.
std::optional<EarlyExit> RunParser(CLI::App& app, std::vector<std::string> arguments) {
  std::reverse(arguments.begin(), arguments.end());
  // allow(throw): CLI11 reports by exceptions, and has no other way
  try {
    app.parse(std::move(arguments));
    // allow(throw): as above
  } catch (const CLI::CallForHelp&) {
    return EarlyExit{0, app.help(), ""};
    // allow(throw): as above
  } catch (const CLI::ParseError& error) {
    return Refuse(error.what());
  }
  return std::nullopt;
}

}  // namespace

std::variant<Options, EarlyExit> ParseOptions(int argc, const char* const* argv) {
  CLI::App app("sluice: an L4/L7 reverse proxy that runs Envoy v3 bootstrap files.", "sluice");
  app.allow_extras();
  Options options;
  Raw raw;
  AddConfigFlags(app, options, raw);
  AddServerFlags(app, options, raw);
  AddLogFlags(app, options, raw);
  AddIgnoredFlags(app, options, raw);

  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--" || std::string_view(argv[i]) == "--ignore_rest") break;
    arguments.emplace_back(argv[i]);
  }
  if (auto exit = RunParser(app, std::move(arguments))) return *exit;
  if (auto exit = CheckNoStrangers(app)) return *exit;
  if (auto exit = Finish(raw, options)) return *exit;
  return options;
}

}  // namespace sluice::server
