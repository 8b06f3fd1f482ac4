// What an http_connection_manager was configured to do, compiled for use. Made on main from the
// config, immutable, shared by all workers; connections keep the one they began with.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "path.h"
#include "reply_rewriter.h"
#include "sluice/base/clock.h"
#include "sluice/codec/http1/options.h"
#include "sluice/codec/http2/options.h"
#include "sluice/downstream/manager_choices.h"
#include "sluice/filter/process_state.h"
#include "sluice/log/access_log.h"
#include "sluice/match/cidr.h"
#include "sluice/match/runtime.h"
#include "sluice/route/header_edits.h"
#include "sluice/route/tracing.h"
#include "sluice/tracing/sampling.h"
#include "sluice/tracing/tags.h"
#include "sluice/tracing/tracer.h"

namespace sluice::downstream {

enum class StripPort : uint8_t { kNo, kMatching, kAny };

// Where the client's address is looked for when use_remote_address is off, in order.
struct IpDetection {
  enum class Kind : uint8_t { kXff, kCustomHeader };
  Kind kind = Kind::kXff;
  uint32_t trusted_hops = 0;     // kXff
  bool skip_xff_append = true;   // kXff
  match::CidrSet trusted_cidrs;  // kXff: hops are counted by address instead
  bool by_cidr = false;
  std::string header;                     // kCustomHeader, lower case
  bool trusted = false;                   // kCustomHeader: internal-address checks may rely on it
  std::optional<uint16_t> reject_status;  // kCustomHeader
};

struct AddressOptions {
  bool use_remote_address = false;
  uint32_t xff_num_trusted_hops = 0;
  bool skip_xff_append = false;
  bool append_x_forwarded_port = false;
  match::CidrSet internal;
  bool unix_is_internal = false;
  std::vector<IpDetection> detection;
};

struct RequestIdOptions {
  bool generate = true;
  bool preserve_external = false;
  bool always_in_response = false;
};

struct SchemeOptions {
  std::string overwrite;  // empty: as it was
};

struct UpgradeOption {
  std::string type;  // lower case: "websocket", "connect"
  bool enabled = true;
  // Which of ManagerFilters' chains runs it; 0: the usual one.
  uint32_t chain = 0;
};

struct TraceOptions {
  route::TraceRules rules;
  tracing::TagRules tags;
  tracing::RequestIdRules request_ids;
  std::shared_ptr<const tracing::Tracer> tracer;  // null: no provider; requests are marked only
  bool spawn_upstream_span = false;
  bool egress = false;  // where the listener has no direction
};

struct LogOptions {
  std::shared_ptr<const log::AccessLogSet> logs;  // null: none
  log::AccessLogManager* manager = nullptr;       // null only in tests
  Duration interval{};                            // zero: at the end only
  bool at_start = false;
  bool at_tunnel = false;
};

struct Timeouts {
  Duration idle = std::chrono::hours(1);  // zero: none, for all of these
  Duration stream_idle = std::chrono::minutes(5);
  std::optional<Duration> stream_flush;  // unset: as stream_idle, also a route's
  Duration request{};
  Duration request_headers{};
  Duration max_connection{};
  Duration max_stream{};
  Duration delayed_close = std::chrono::seconds(1);
  Duration drain = std::chrono::seconds(5);
};

struct ManagerOptions {
  std::string stat_prefix;
  std::string listener_stat_prefix;  // empty: not counted by listener
  CodecType codec_type = CodecType::kAuto;
  http1::ServerOptions http1;
  http2::ServerOptions http2;
  std::string server_name = "envoy";
  ServerHeader server_header = ServerHeader::kOverwrite;
  std::string via;
  std::string via_next;  // behind another one's and a comma
  AddressOptions address;
  RequestIdOptions request_id;
  ClientCertMode client_cert = ClientCertMode::kSanitize;
  ClientCertFields client_cert_fields;
  PathOptions path;
  StripPort strip_port = StripPort::kNo;
  bool strip_trailing_host_dot = false;
  SchemeOptions scheme;
  bool add_user_agent = false;
  bool proxy_100_continue = false;
  bool stream_error_on_invalid_http_message = false;
  bool safe_max_connection_duration = false;
  uint32_t max_requests_per_connection = 0;  // 0: no limit
  std::vector<UpgradeOption> upgrades;
  std::vector<route::HeaderMutations> early_mutations;
  Timeouts timeouts;
  LogOptions log;
  std::unique_ptr<const TraceOptions> tracing;      // null: no request is
  std::unique_ptr<const ReplyRewriter> replies;     // local_reply_config; null: none
  const filter::ProcessState* process = nullptr;    // null only in tests
  const match::RuntimeSnapshot* runtime = nullptr;  // null only in tests

  const UpgradeOption* FindUpgrade(std::string_view lower_type) const {
    for (const UpgradeOption& upgrade : upgrades) {
      if (upgrade.type == lower_type) return &upgrade;
    }
    return nullptr;
  }
};

}  // namespace sluice::downstream
