#include "proxy_protocol_filter.h"

#include <algorithm>
#include <utility>

#include "proxy_header.h"
#include "sluice/base/log.h"
#include "sluice/config/schema.h"
#include "sluice/filters/extensions.h"

namespace sluice::filters::proxy_protocol {

using filter::ListenerStatus;

namespace {

class ProxyProtocolFilter final : public filter::ListenerFilter {
 public:
  ProxyProtocolFilter(const ProxyProtocolConfig& config, ProxyProtocolStats& stats)
      : config_(config), stats_(stats) {}

  // filter::ListenerFilter
  ListenerStatus OnAccept(filter::ListenerFilterHost& /*host*/) override {
    return ListenerStatus::kNeedMore;
  }
  ListenerStatus OnBytes(filter::ListenerFilterHost& host, ByteChain& in, bool end) override;
  size_t MaxBytes() const override { return kMaxV2Bytes + 1; }

 private:
  bool Bans(HeaderVersion version) const;
  bool Ignores(std::string_view bytes) const;
  ListenerStatus Found(filter::ListenerFilterHost& host, ByteChain& in, const ParseResult& parsed);
  void Keep(const Tlv& tlv, filter::ListenerFilterHost& host);
  ListenerStatus NotFound(const net::Connection& connection);

  const ProxyProtocolConfig& config_;
  ProxyProtocolStats& stats_;
};

ListenerStatus ProxyProtocolFilter::OnBytes(filter::ListenerFilterHost& host, ByteChain& in,
                                            bool end) {
  if (Ignores(in.Front())) return NotFound(host.connection());
  // One slice is the rule; a header cut by reads is joined, once all of it is there.
  std::string joined;
  std::string_view bytes = in.Front();
  if (in.slice_count() > 1) {
    char head[kV2HeadBytes];
    const size_t copied = in.CopyOut(head, sizeof head);
    if (in.size() < HeaderBytes({head, copied}) && !end) return ListenerStatus::kNeedMore;
    joined.resize(std::min(in.size(), kMaxV2Bytes));
    in.CopyOut(joined.data(), joined.size());
    bytes = joined;
  }
  const ParseResult parsed = ParseProxyHeader(bytes);
  switch (parsed.state) {
    case ParseState::kOk: return Found(host, in, parsed);
    case ParseState::kNotProxy: return NotFound(host.connection());
    case ParseState::kNeedMore: return end ? ListenerStatus::kClose : ListenerStatus::kNeedMore;
    case ParseState::kBad: break;
  }
  (parsed.version == 1 ? stats_.v1_error : stats_.v2_error).Inc();
  SLUICE_LOG(kFilter, kDebug, "[C{}] broken PROXY header from {}: {}", host.connection().id(),
             host.connection().remote().ToString(), parsed.error);
  return ListenerStatus::kClose;
}

bool ProxyProtocolFilter::Bans(HeaderVersion version) const {
  const auto& banned = config_.disallowed_versions;
  return std::ranges::find(banned, version) != banned.end();
}

// Where there need not be a header, one of a version that is not wanted is none: it goes on as it
// is. The versions differ in their first byte.
bool ProxyProtocolFilter::Ignores(std::string_view bytes) const {
  return config_.allow_requests_without_proxy_protocol && !bytes.empty() &&
         Bans(bytes.front() == 'P' ? HeaderVersion::kV1 : HeaderVersion::kV2);
}

ListenerStatus ProxyProtocolFilter::Found(filter::ListenerFilterHost& host, ByteChain& in,
                                          const ParseResult& parsed) {
  const bool v1 = parsed.version == 1;
  const HeaderVersion version = v1 ? HeaderVersion::kV1 : HeaderVersion::kV2;
  if (Bans(version)) {
    (v1 ? stats_.v1_disallowed : stats_.v2_disallowed).Inc();
    return ListenerStatus::kClose;
  }
  (v1 ? stats_.v1_found : stats_.v2_found).Inc();
  if (!parsed.header.local) {
    host.connection().SetRemote(parsed.header.source);
    host.connection().SetLocal(parsed.header.destination);
    host.accepted().local_address_restored = true;
  }
  for (const Tlv& tlv : parsed.header.tlvs) Keep(tlv, host);
  in.Drain(parsed.size);
  return ListenerStatus::kContinue;
}

void ProxyProtocolFilter::Keep(const Tlv& tlv, filter::ListenerFilterHost& host) {
  for (const TlvRule& rule : config_.rules) {
    if (tlv.type != rule.tlv_type) continue;
    const KeyValuePair& to = rule.on_tlv_present;
    host.SetMetadata(to.metadata_namespace.empty() ? "envoy.filters.listener.proxy_protocol"
                                                   : to.metadata_namespace,
                     to.key, tlv.value);
  }
  if (!config_.pass_through_tlvs || !config_.pass_through_tlvs->Takes(tlv.type)) return;
  std::string& passed = host.accepted().proxied_tlvs;
  passed += static_cast<char>(tlv.type);
  passed += static_cast<char>(tlv.value.size() >> 8);
  passed += static_cast<char>(tlv.value.size() & 0xff);
  passed += tlv.value;
}

ListenerStatus ProxyProtocolFilter::NotFound(const net::Connection& connection) {
  if (config_.allow_requests_without_proxy_protocol) {
    stats_.not_found_allowed.Inc();
    return ListenerStatus::kContinue;
  }
  stats_.not_found_disallowed.Inc();
  SLUICE_LOG(kFilter, kDebug, "[C{}] no PROXY header from {}", connection.id(),
             connection.remote().ToString());
  return ListenerStatus::kClose;
}

class Worker final : public filter::ListenerFilterWorker {
 public:
  Worker(const ProxyProtocolConfig& config, filter::WorkerContext& worker)
      : config_(config),
        stats_(stats::Make<ProxyProtocolStats>(stats::Scope(
            worker.stats, worker.slot,
            config.stat_prefix.empty() ? "proxy_proto" : "proxy_proto." + config.stat_prefix))) {}
  // filter::ListenerFilterWorker
  std::unique_ptr<filter::ListenerFilter> Create() override {
    return std::make_unique<ProxyProtocolFilter>(config_, stats_);
  }

 private:
  const ProxyProtocolConfig& config_;
  ProxyProtocolStats stats_;
};

class Factory final : public filter::ListenerFilterFactory {
 public:
  explicit Factory(std::shared_ptr<const ProxyProtocolConfig> config)
      : config_(std::move(config)) {}
  static std::unique_ptr<filter::ListenerFilterFactory> Make(
      const std::shared_ptr<const ProxyProtocolConfig>& config, const config::Where& /*where*/,
      filter::LoadContext& /*ctx*/) {
    return std::make_unique<Factory>(config);
  }
  // filter::ListenerFilterFactory
  std::unique_ptr<filter::ListenerFilterWorker> MakeWorker(
      filter::WorkerContext& worker, const stats::Scope& /*listener*/) const override {
    return std::make_unique<Worker>(*config_, worker);
  }

 private:
  std::shared_ptr<const ProxyProtocolConfig> config_;
};

}  // namespace

const config::EnumTable& ConfigEnum(HeaderVersion) {
  static const config::EnumTable table("envoy.config.core.v3.ProxyProtocolConfig.Version",
                                       {{"V1", 0}, {"V2", 1}});
  return table;
}

const config::Message& KeyValuePair::Schema() {
  using C = KeyValuePair;
  static const auto message = config::Message::Of<C>(
      "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol.KeyValuePair",
      "Where a TLV's value goes in the connection's metadata.",
      {
          config::Field("metadata_namespace", &C::metadata_namespace,
                        "Namespace; envoy.filters.listener.proxy_protocol when empty."),
          config::Field("key", &C::key, "Key in the namespace.").Required().NonEmpty(),
      });
  return message;
}

const config::Message& TlvRule::Schema() {
  using C = TlvRule;
  static const auto message = config::Message::Of<C>(
      "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol.Rule",
      "Keeps the value of one type of TLV.",
      {
          config::Field("tlv_type", &C::tlv_type, "Type of the TLV.").Max(255),
          config::Field("on_tlv_present", &C::on_tlv_present, "Where its value goes.").Required(),
      });
  return message;
}

const config::Message& ProxyProtocolConfig::Schema() {
  using C = ProxyProtocolConfig;
  static const auto message = config::Message::Of<C>(
      "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
      "Reads the PROXY header of a balancer in front.",
      {
          config::Field("rules", &C::rules, "TLVs of version 2 to keep as metadata."),
          config::Field("allow_requests_without_proxy_protocol",
                        &C::allow_requests_without_proxy_protocol,
                        "Lets connections without a header through. Only where clients are "
                        "trusted: they can then claim any address."),
          config::Field("pass_through_tlvs", &C::pass_through_tlvs,
                        "TLVs that a cluster may put into its own PROXY header."),
          config::Field("disallowed_versions", &C::disallowed_versions,
                        "Versions whose headers are refused."),
          config::Field("stat_prefix", &C::stat_prefix,
                        "Prefix of the counters: proxy_proto.<stat_prefix>."),
          config::Unimplemented("tlv_location").Accept({"DYNAMIC_METADATA", "0"}),
      });
  return message;
}

filters::ExtensionPtr MakeExtension() {
  using Extension =
      filter::SimpleExtension<filter::ListenerFilterExtension, filter::ListenerFilterFactory,
                              ProxyProtocolConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kListenerFilters, "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
      &ProxyProtocolConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.listener.proxy_protocol",
                                    "envoy.listener.proxy_protocol"});
}

}  // namespace sluice::filters::proxy_protocol
