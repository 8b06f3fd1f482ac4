// Operators that read a field of the stream's facts.
#include <cstdlib>

#include <unistd.h>

#include "operators.h"
#include "sluice/http/uuid.h"
#include "sluice/stream/response_flags.h"

namespace sluice::log {
namespace {

using Context = FormatContext;

template <auto kGet>
Emitted Number(const Op& /*op*/, std::string& out, const Context& context) {
  AppendNumber(out, kGet(context.info));
  return Emitted::kNumber;
}

template <auto kGet>
Emitted Text(const Op& /*op*/, std::string& out, const Context& context) {
  const std::string_view text = kGet(context.info);
  if (text.empty()) return Emitted::kMissing;
  out.append(text);
  return Emitted::kText;
}

// The same with white space as '_', so that a field of the line stays one word.
template <auto kGet>
Emitted Word(const Op& op, std::string& out, const Context& context) {
  const std::string_view text = kGet(context.info);
  if (text.empty()) return Emitted::kMissing;
  const size_t from = out.size();
  out.append(text);
  if (op.variant != 0) return Emitted::kText;  // ALLOW_WHITESPACES
  for (size_t i = from; i < out.size(); ++i) {
    if (out[i] == ' ' || (out[i] >= '\t' && out[i] <= '\r')) out[i] = '_';
  }
  return Emitted::kText;
}

template <auto kGet>
Emitted Protocol(const Op& /*op*/, std::string& out, const Context& context) {
  const std::optional<http::Version> version = kGet(context.info);
  if (!version) return Emitted::kMissing;
  out.append(http::VersionName(*version));
  return Emitted::kText;
}

template <bool kLong>
Emitted Flags(const Op& /*op*/, std::string& out, const Context& context) {
  if (!context.info.flags.any()) {
    out.push_back('-');
  } else if (kLong) {
    context.info.flags.AppendLong(out);
  } else {
    context.info.flags.AppendShort(out);
  }
  return Emitted::kText;
}

// A client may send anything as SNI: what cannot stand in a host name becomes '_'.
Emitted ServerName(const Op& /*op*/, std::string& out, const Context& context) {
  if (context.info.connection == nullptr) return Emitted::kMissing;
  const std::string_view name = context.info.connection->requested_server_name;
  if (name.empty()) return Emitted::kMissing;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.';
    out.push_back(plain ? c : '_');
  }
  return Emitted::kText;
}

enum Attempted : uint8_t { kAddress, kAddressWithoutPort, kHostName, kConnectionId };

template <Attempted kWhat>
Emitted Attempts(const Op& /*op*/, std::string& out, const Context& context) {
  const char* separator = "";
  for (const stream::UpstreamAttempt& attempt : context.info.attempts()) {
    out.append(separator);
    separator = ",";
    switch (kWhat) {
      case kAddress: out.append(attempt.address); break;
      case kAddressWithoutPort:
        out.append(attempt.address.substr(0, attempt.address.rfind(':')));
        break;
      case kHostName:
        out.append(attempt.hostname.empty() ? attempt.address : attempt.hostname);
        break;
      case kConnectionId: AppendNumber(out, attempt.connection_id); break;
    }
  }
  return context.info.attempts().empty() ? Emitted::kMissing : Emitted::kText;
}

Emitted LocalReplyBody(const Op& /*op*/, std::string& out, const Context& context) {
  out.append(context.local_reply_body);
  return Emitted::kText;
}

Emitted Type(const Op& /*op*/, std::string& out, const Context& context) {
  out.append(EntryTypeName(context.type));
  return Emitted::kText;
}

Emitted Fixed(const Op& op, std::string& out, const Context& /*context*/) {
  if (op.text.empty()) return Emitted::kMissing;
  out.append(op.text);
  return Emitted::kText;
}

Result<> SetHostName(std::string_view /*arguments*/, Op& op) {
  char name[256] = {};
  op.text = gethostname(name, sizeof(name) - 1) == 0 ? name : "-";
  return {};
}

Result<> SetEnvironment(std::string_view arguments, Op& op) {
  if (arguments.empty()) return BadFormat("the name of a variable is missing");
  const char* value = std::getenv(std::string(arguments).c_str());
  op.text = value == nullptr ? "-" : value;
  return {};
}

Result<> SetWhitespaces(std::string_view arguments, Op& op) {
  if (!arguments.empty() && arguments != "ALLOW_WHITESPACES") {
    return BadFormat("the only argument is ALLOW_WHITESPACES");
  }
  op.variant = arguments.empty() ? 0 : 1;
  return {};
}

Emitted UniqueId(const Op& /*op*/, std::string& out, const Context& /*context*/) {
  char uuid[http::kUuidSize];
  http::WriteUuid(uuid);
  out.append(uuid, sizeof(uuid));
  return Emitted::kText;
}

using Info = stream::StreamInfo;

std::string_view ClusterName(const Info& i) {
  return i.cluster_name.empty() ? i.cluster_raw_name : i.cluster_name;
}
std::string_view HostName(const Info& i) {
  return i.upstream_host.hostname.empty() ? i.upstream_host.address : i.upstream_host.hostname;
}
std::string_view HostNameWithoutPort(const Info& i) {
  const std::string_view name = HostName(i);
  const size_t colon = name.rfind(':');
  const bool bare_v6 = colon != std::string_view::npos && name[0] != '[' && name.find(':') != colon;
  return bare_v6 ? name : name.substr(0, colon);
}
std::string_view Termination(const Info& i) {
  if (!i.termination_details.empty() || i.connection == nullptr) return i.termination_details;
  return i.connection->termination_details;
}

constexpr auto kNo = Arguments::kNone;

constexpr Command kCommands[] = {
    {"BYTES_RECEIVED", kNo, false, Number<[](const Info& i) { return i.bytes_received; }>},
    {"BYTES_SENT", kNo, false, Number<[](const Info& i) { return i.bytes_sent; }>},
    {"UPSTREAM_WIRE_BYTES_RECEIVED", kNo, false,
     Number<[](const Info& i) { return i.upstream_bytes.wire_in; }>},
    {"UPSTREAM_WIRE_BYTES_SENT", kNo, false,
     Number<[](const Info& i) { return i.upstream_bytes.wire_out; }>},
    {"UPSTREAM_HEADER_BYTES_RECEIVED", kNo, false,
     Number<[](const Info& i) { return i.upstream_bytes.header_in; }>},
    {"UPSTREAM_HEADER_BYTES_SENT", kNo, false,
     Number<[](const Info& i) { return i.upstream_bytes.header_out; }>},
    {"DOWNSTREAM_WIRE_BYTES_RECEIVED", kNo, false,
     Number<[](const Info& i) { return i.downstream_bytes.wire_in; }>},
    {"DOWNSTREAM_WIRE_BYTES_SENT", kNo, false,
     Number<[](const Info& i) { return i.downstream_bytes.wire_out; }>},
    {"DOWNSTREAM_HEADER_BYTES_RECEIVED", kNo, false,
     Number<[](const Info& i) { return i.downstream_bytes.header_in; }>},
    {"DOWNSTREAM_HEADER_BYTES_SENT", kNo, false,
     Number<[](const Info& i) { return i.downstream_bytes.header_out; }>},
    {"RESPONSE_CODE", kNo, false, Number<[](const Info& i) { return i.response_code; }>},
    {"RESPONSE_CODE_DETAILS", Arguments::kOptional, false,
     Word<[](const Info& i) { return i.response_code_details; }>, SetWhitespaces},
    {"CONNECTION_TERMINATION_DETAILS", kNo, false, Text<Termination>},
    {"RESPONSE_FLAGS", kNo, false, Flags<false>},
    {"RESPONSE_FLAGS_LONG", kNo, false, Flags<true>},
    {"PROTOCOL", kNo, false, Protocol<[](const Info& i) { return i.protocol; }>},
    {"UPSTREAM_PROTOCOL", kNo, false, Protocol<[](const Info& i) { return i.upstream_protocol; }>},
    {"LOCAL_REPLY_BODY", kNo, false, LocalReplyBody},
    {"ACCESS_LOG_TYPE", kNo, false, Type},
    {"ROUTE_NAME", kNo, false, Text<[](const Info& i) { return i.route_name; }>},
    {"VIRTUAL_HOST_NAME", kNo, false, Text<[](const Info& i) { return i.virtual_host_name; }>},
    {"VIRTUAL_CLUSTER_NAME", kNo, false,
     Text<[](const Info& i) { return i.virtual_cluster_name; }>},
    {"FILTER_CHAIN_NAME", kNo, false, Text<[](const Info& i) {
       return i.connection ? i.connection->filter_chain_name : std::string_view();
     }>},
    {"REQUESTED_SERVER_NAME", kNo, false, ServerName},
    {"CONNECTION_ID", kNo, false,
     Number<[](const Info& i) { return i.connection ? i.connection->id : uint64_t{0}; }>},
    {"STREAM_ID", kNo, false, Text<[](const Info& i) { return i.stream_id; }>},
    {"TRACE_ID", kNo, false, Text<[](const Info& i) { return i.trace_id; }>},
    {"SPAN_ID", kNo, false, Text<[](const Info& i) { return i.span_id; }>},
    {"UNIQUE_ID", kNo, false, UniqueId},
    {"HOSTNAME", kNo, false, Fixed, SetHostName},
    {"ENVIRONMENT", Arguments::kRequired, true, Fixed, SetEnvironment},
    {"UPSTREAM_CLUSTER", kNo, false, Text<ClusterName>},
    {"UPSTREAM_CLUSTER_RAW", kNo, false, Text<[](const Info& i) { return i.cluster_raw_name; }>},
    {"UPSTREAM_HOST", kNo, false, Text<[](const Info& i) { return i.upstream_host.address; }>},
    {"UPSTREAM_HOST_NAME", kNo, false, Text<HostName>},
    {"UPSTREAM_HOST_NAME_WITHOUT_PORT", kNo, false, Text<HostNameWithoutPort>},
    {"UPSTREAM_HOSTS_ATTEMPTED", kNo, false, Attempts<kAddress>},
    {"UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT", kNo, false, Attempts<kAddressWithoutPort>},
    {"UPSTREAM_HOST_NAMES_ATTEMPTED", kNo, false, Attempts<kHostName>},
    {"UPSTREAM_CONNECTION_IDS_ATTEMPTED", kNo, false, Attempts<kConnectionId>},
    {"UPSTREAM_CONNECTION_ID", kNo, false,
     Number<[](const Info& i) { return i.upstream_connection_id; }>},
    {"UPSTREAM_REQUEST_ATTEMPT_COUNT", kNo, false,
     Number<[](const Info& i) { return i.attempt_count; }>},
    {"UPSTREAM_TRANSPORT_FAILURE_REASON", kNo, false,
     Word<[](const Info& i) { return i.upstream_transport_failure_reason; }>},
    {"UPSTREAM_DETECTED_CLOSE_TYPE", kNo, false,
     Text<[](const Info& i) { return i.upstream_close_type; }>},
    {"DOWNSTREAM_TRANSPORT_FAILURE_REASON", kNo, false, Word<[](const Info& i) {
       return i.connection ? std::string_view(i.connection->transport_failure_reason)
                           : std::string_view();
     }>},
    {"DOWNSTREAM_DETECTED_CLOSE_TYPE", kNo, false, Text<[](const Info& i) {
       return i.connection ? i.connection->close_type : std::string_view();
     }>},
    // tls_inspector refuses to make them.
    {"TLS_JA3_FINGERPRINT", kNo, false, Text<[](const Info&) { return std::string_view(); }>},
    {"TLS_JA4_FINGERPRINT", kNo, false, Text<[](const Info&) { return std::string_view(); }>},
};

constexpr std::string_view kEntryTypes[] = {"NotSet",
                                            "TcpUpstreamConnected",
                                            "TcpPeriodic",
                                            "TcpConnectionEnd",
                                            "DownstreamStart",
                                            "DownstreamPeriodic",
                                            "DownstreamEnd",
                                            "UpstreamPoolReady",
                                            "UpstreamPeriodic",
                                            "UpstreamEnd",
                                            "DownstreamTunnelSuccessfullyEstablished",
                                            "UdpTunnelUpstreamConnected",
                                            "UdpPeriodic",
                                            "UdpSessionEnd"};

}  // namespace

std::string_view EntryTypeName(EntryType type) { return kEntryTypes[static_cast<size_t>(type)]; }

std::span<const Command> StreamCommands() { return kCommands; }

}  // namespace sluice::log
