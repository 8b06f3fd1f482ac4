#include "sluice/wasm/config.h"

#include "sluice/base/base64.h"
#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::wasm {

using config::Field;
using config::Message;
using config::Unimplemented;

const Message& RetryPolicyConfig::Schema() {
  using C = RetryPolicyConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.RetryPolicy", "How often the code is asked for.",
      {Field("retry_back_off", &C::retry_back_off, "Between the attempts."),
       Unimplemented("num_retries", "the code is asked for until it comes"),
       Unimplemented("retry_on", "every failure is one to try again after"),
       Unimplemented("retry_priority", "the cluster's hosts are chosen as always"),
       Unimplemented("retry_host_predicate", "the cluster's hosts are chosen as always"),
       Unimplemented("host_selection_retry_max_attempts",
                     "the cluster's hosts are chosen as always")});
  return message;
}

const Message& RemoteSourceConfig::Schema() {
  using C = RemoteSourceConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.RemoteDataSource", "Code that a cluster has.",
      {Field("http_uri", &C::http_uri, "Where.").Required(),
       Field("sha256", &C::sha256, "What the code must hash to, in hex.").Required().NonEmpty(),
       Field("retry_policy", &C::retry_policy, "How often it is asked for.")});
  return message;
}

const Message& CodeSourceConfig::Schema() {
  using C = CodeSourceConfig;
  static const auto message =
      Message::Of<C>("envoy.config.core.v3.AsyncDataSource", "Where the code is.",
                     {Field("local", &C::local, "In a file or in this config.").Oneof("specifier"),
                      Field("remote", &C::remote, "At a cluster.").Oneof("specifier")})
          .RequireOneof("specifier");
  return message;
}

const Message& EnvironmentConfig::Schema() {
  using C = EnvironmentConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.wasm.v3.EnvironmentVariables", "What the module's environment has.",
      {Field("host_env_keys", &C::host_env_keys, "Variables of this process."),
       Field("key_values", &C::key_values, "Others.")});
  return message;
}

namespace {

void CheckRuntime(const VmConfig& value, const config::Node& node, config::Context& ctx) {
  static constexpr std::string_view kKnown[] = {"",
                                                "envoy.wasm.runtime.v8",
                                                "envoy.wasm.runtime.wasmtime",
                                                "envoy.wasm.runtime.wamr",
                                                "envoy.wasm.runtime.wavm",
                                                "sluice.wasm.runtime.javascriptcore"};
  for (const std::string_view known : kKnown) {
    if (value.runtime == known) return;
  }
  if (value.runtime == "envoy.wasm.runtime.null") {
    ctx.Fail(node, "the null runtime's plugins are compiled into Envoy",
             "use a module, and envoy.wasm.runtime.v8");
  } else {
    ctx.Fail(node, "there is no runtime '" + value.runtime + "'", "envoy.wasm.runtime.v8");
  }
}

}  // namespace

const Message& VmConfig::Schema() {
  using C = VmConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.wasm.v3.VmConfig", "A virtual machine.",
          {Field("vm_id", &C::vm_id, "Plugins with the same id, code and configuration share it."),
           Field("runtime", &C::runtime, "Any of Envoy's engines; there is one here."),
           Field("code", &C::code, "The module.").Required(),
           Field("configuration", &C::configuration, "Given to the module when it starts."),
           Unimplemented("allow_precompiled", "code is compiled when it is loaded")
               .Accept({"false", "true"}),
           Unimplemented("nack_on_code_cache_miss", "there is no xDS to refuse").Accept({"false"}),
           Field("environment_variables", &C::environment_variables, "The module's environment.")})
          .Check(&CheckRuntime);
  return message;
}

const config::EnumTable& ConfigEnum(FailurePolicy) {
  static const config::EnumTable table(
      "envoy.extensions.wasm.v3.FailurePolicy",
      {{"UNSPECIFIED", 0}, {"FAIL_RELOAD", 1}, {"FAIL_CLOSED", 2}, {"FAIL_OPEN", 3}});
  return table;
}

const Message& ReloadConfig::Schema() {
  using C = ReloadConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.wasm.v3.ReloadConfig", "How a failed VM is made anew.",
                     {Field("backoff", &C::backoff, "The shortest time between two VMs.")});
  return message;
}

const Message& SanitizationConfig::Schema() {
  static const auto message = Message::Of<SanitizationConfig>(
      "envoy.extensions.wasm.v3.SanitizationConfig", "Nothing yet, as in Envoy.", {});
  return message;
}

const Message& CapabilityRestrictionConfig::Schema() {
  using C = CapabilityRestrictionConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.wasm.v3.CapabilityRestrictionConfig",
      "What a module may call, and which of its callbacks are called.",
      {Field("allowed_capabilities", &C::allowed_capabilities,
             "By name: functions of the ABI, callbacks of the module, functions of WASI. All when "
             "there is none.")});
  return message;
}

const Message& PluginConfig::Schema() {
  using C = PluginConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.wasm.v3.PluginConfig", "A plugin in a virtual machine.",
                     {Field("name", &C::name, "Its name in logs."),
                      Field("root_id", &C::root_id, "Which of the module's plugins it is."),
                      Field("vm_config", &C::vm_config, "The virtual machine.").Required(),
                      Field("configuration", &C::configuration, "Given to the plugin."),
                      Field("fail_open", &C::fail_open, "Without a working module, requests pass.")
                          .Deprecated("failure_policy"),
                      Field("failure_policy", &C::failure_policy,
                            "What happens without a working module; FAIL_CLOSED unless set."),
                      Field("reload_config", &C::reload_config, "With FAIL_RELOAD."),
                      Field("capability_restriction_config", &C::capability_restriction_config,
                            "What the module may do; everything unless set."),
                      Field("allow_on_headers_stop_iteration", &C::allow_on_headers_stop_iteration,
                            "StopIteration of a head leaves the body flowing to the module.")})
          .RecordWhere(&C::where);
  return message;
}

const Message& WasmServiceConfig::Schema() {
  using C = WasmServiceConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.wasm.v3.WasmService", "A plugin that is no filter.",
      {Field("config", &C::config, "The plugin.").Required(),
       Field("singleton", &C::singleton, "Once for the process, not once for each worker.")});
  return message;
}

Result<std::string> AnyToBytes(const std::optional<config::Node>& any) {
  const auto fail = [](std::string words) {
    return sluice::Fail(ErrorCode::kInvalidConfig, Origin::kConfig, std::move(words));
  };
  if (!any || any->IsNull()) return std::string();
  if (any->IsScalar()) return any->scalar;
  const config::Node* type = any->Find("@type");
  const config::Node* value = any->Find("value");
  if (type == nullptr) return fail("configuration needs an @type: google.protobuf.StringValue");
  const std::string name = type->scalar.substr(type->scalar.rfind('/') + 1);
  if (name == "google.protobuf.StringValue") return value == nullptr ? "" : value->scalar;
  if (name == "google.protobuf.BytesValue") {
    auto bytes = DecodeBase64OfFiles(value == nullptr ? "" : value->scalar);
    if (!bytes) return fail("the value of a BytesValue is base64");
    return std::move(*bytes);
  }
  const bool typed_struct = name == "xds.type.v3.TypedStruct" || name == "udpa.type.v1.TypedStruct";
  if (name == "google.protobuf.Struct" || typed_struct) {
    return value == nullptr ? "{}" : ToJson(*value, config::JsonStyle::kCompact);
  }
  return fail("configuration of type " + name +
              "; there are StringValue, BytesValue, Struct and TypedStruct");
}

}  // namespace sluice::wasm
