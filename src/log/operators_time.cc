// Operators for points in time and for durations between them.
#include <array>

#include "operators.h"
#include "sluice/stream/tls_info.h"

namespace sluice::log {
namespace {

using stream::Moment;
using MaybeTime = std::optional<WallTime>;
using MaybeMono = std::optional<MonoTime>;

MaybeTime StartTime(const FormatContext& context) { return context.info.start_wall; }

// Wall time runs with the loop's clock from the stream's start on: no system call.
MaybeTime EmitTime(const FormatContext& context) {
  if (context.now == MonoTime{}) return context.info.start_wall;
  return context.info.start_wall + (context.now - context.info.start);
}

const stream::TlsInfo* DownstreamTls(const FormatContext& context) {
  return context.info.connection == nullptr ? nullptr : context.info.connection->tls;
}

template <bool kUpstream, bool kUntil>
MaybeTime CertificateTime(const FormatContext& context) {
  const stream::TlsInfo* tls = kUpstream ? context.info.upstream_tls.get() : DownstreamTls(context);
  if (tls == nullptr) return std::nullopt;
  return kUntil ? tls->PeerValidUntil() : tls->PeerValidFrom();
}

template <MaybeTime (*kGet)(const FormatContext&)>
Emitted Time(const Op& op, std::string& out, const FormatContext& context) {
  const MaybeTime time = kGet(context);
  if (!time) return Emitted::kMissing;
  op.time.Append(out, *time);
  return Emitted::kText;
}

template <bool kLocal>
Result<> SetTime(std::string_view arguments, Op& op) {
  Result<TimeFormat> format = TimeFormat::Compile(arguments, kLocal);
  if (!format) return std::unexpected(std::move(format.error()));
  op.time = std::move(*format);
  return {};
}

// Moments by number: a stream's start is kCount.
constexpr auto kStart = Moment::kCount;

MaybeMono MomentOf(const FormatContext& context, Moment moment) {
  return moment == kStart ? context.info.start : context.info.At(moment);
}

enum Unit : uint8_t { kMs, kUs, kNs };

Emitted AppendDuration(std::string& out, MaybeMono from, MaybeMono to, uint8_t unit) {
  if (!from || !to || *to < *from) return Emitted::kMissing;
  const auto ns = static_cast<uint64_t>((*to - *from).count());
  AppendNumber(out, unit == kMs ? ns / 1'000'000 : unit == kUs ? ns / 1000 : ns);
  return Emitted::kNumber;
}

template <Moment kFrom, Moment kTo>
Emitted Between(const Op& /*op*/, std::string& out, const FormatContext& context) {
  return AppendDuration(out, MomentOf(context, kFrom), MomentOf(context, kTo), kMs);
}

Emitted Whole(const Op& /*op*/, std::string& out, const FormatContext& context) {
  MaybeMono end = context.info.At(Moment::kEnd);
  if (!end && context.now != MonoTime{}) end = context.now;
  return AppendDuration(out, context.info.start, end, kMs);
}

Emitted Handshake(const Op& /*op*/, std::string& out, const FormatContext& context) {
  const stream::ConnectionInfo* connection = context.info.connection;
  if (connection == nullptr || connection->handshake_done == MonoTime{}) return Emitted::kMissing;
  return AppendDuration(out, connection->start, connection->handshake_done, kMs);
}

// Known for QUIC only, so there is never a value.
Emitted Roundtrip(const Op& /*op*/, std::string& /*out*/, const FormatContext& /*context*/) {
  return Emitted::kMissing;
}

Emitted Common(const Op& op, std::string& out, const FormatContext& context) {
  return AppendDuration(out, MomentOf(context, static_cast<Moment>(op.variant >> 4)),
                        MomentOf(context, static_cast<Moment>(op.variant & 15)), op.unit);
}
static_assert(static_cast<uint8_t>(Moment::kCount) < 16);

struct Point {
  std::string_view name;
  Moment moment;
};
constexpr std::array<Point, 13> kPoints = {{{"DS_RX_BEG", kStart},
                                            {"DS_RX_END", Moment::kRequestEnd},
                                            {"US_CX_BEG", Moment::kUpstreamConnectStart},
                                            {"US_CX_END", Moment::kUpstreamConnectEnd},
                                            {"US_HS_END", Moment::kUpstreamHandshakeEnd},
                                            {"US_TX_BEG", Moment::kUpstreamSendStart},
                                            {"US_TX_END", Moment::kUpstreamSendEnd},
                                            {"US_RX_BEG", Moment::kUpstreamHeadReceived},
                                            {"US_RX_BODY_BEG", Moment::kUpstreamBodyReceived},
                                            {"US_RX_END", Moment::kUpstreamEnd},
                                            {"DS_TX_BEG", Moment::kResponseStart},
                                            {"DS_TX_END", Moment::kResponseEnd},
                                            {"DS_END", Moment::kEnd}}};

Result<Moment> FindPoint(std::string_view name) {
  for (const Point& point : kPoints) {
    if (point.name == name) return point.moment;
  }
  return BadFormat("unknown point in time " + std::string(name) +
                   "; known are DS_RX_BEG, DS_RX_END, US_CX_BEG, US_CX_END, US_HS_END, US_TX_BEG, "
                   "US_TX_END, US_RX_BEG, US_RX_BODY_BEG, US_RX_END, DS_TX_BEG, DS_TX_END");
}

// START:END or START:END:ms|us|ns
Result<> SetCommon(std::string_view arguments, Op& op) {
  const size_t first = arguments.find(':');
  if (first == std::string_view::npos) return BadFormat("START:END, with ms, us or ns behind it");
  const size_t second = arguments.find(':', first + 1);
  const Result<Moment> from = FindPoint(arguments.substr(0, first));
  if (!from) return std::unexpected(from.error());
  const Result<Moment> to = FindPoint(arguments.substr(first + 1, second - first - 1));
  if (!to) return std::unexpected(to.error());
  op.variant = static_cast<uint8_t>(static_cast<uint8_t>(*from) << 4 | static_cast<uint8_t>(*to));
  if (second == std::string_view::npos) return {};
  const std::string_view unit = arguments.substr(second + 1);
  if (unit != "ms" && unit != "us" && unit != "ns") return BadFormat("the unit is ms, us or ns");
  op.unit = unit == "ms" ? kMs : unit == "us" ? kUs : kNs;
  return {};
}

constexpr auto kNo = Arguments::kNone;
constexpr auto kMaybe = Arguments::kOptional;

constexpr Command kCommands[] = {
    {"START_TIME", kMaybe, false, Time<StartTime>, SetTime<false>},
    {"START_TIME_LOCAL", kMaybe, false, Time<StartTime>, SetTime<true>},
    {"EMIT_TIME", kMaybe, false, Time<EmitTime>, SetTime<false>},
    {"EMIT_TIME_LOCAL", kMaybe, false, Time<EmitTime>, SetTime<true>},
    {"DOWNSTREAM_PEER_CERT_V_START", kMaybe, false, Time<CertificateTime<false, false>>,
     SetTime<false>},
    {"DOWNSTREAM_PEER_CERT_V_END", kMaybe, false, Time<CertificateTime<false, true>>,
     SetTime<false>},
    {"UPSTREAM_PEER_CERT_V_START", kMaybe, false, Time<CertificateTime<true, false>>,
     SetTime<false>},
    {"UPSTREAM_PEER_CERT_V_END", kMaybe, false, Time<CertificateTime<true, true>>, SetTime<false>},
    {"DURATION", kNo, false, Whole},
    {"REQUEST_DURATION", kNo, false, Between<kStart, Moment::kRequestEnd>},
    {"REQUEST_TX_DURATION", kNo, false, Between<kStart, Moment::kUpstreamSendEnd>},
    {"RESPONSE_DURATION", kNo, false, Between<kStart, Moment::kUpstreamHeadReceived>},
    {"RESPONSE_TX_DURATION", kNo, false,
     Between<Moment::kUpstreamHeadReceived, Moment::kResponseEnd>},
    {"UPSTREAM_CONNECTION_POOL_READY_DURATION", kNo, false,
     Between<Moment::kPoolAsked, Moment::kPoolReady>},
    {"DOWNSTREAM_HANDSHAKE_DURATION", kNo, false, Handshake},
    {"ROUNDTRIP_DURATION", kNo, false, Roundtrip},
    {"COMMON_DURATION", Arguments::kRequired, false, Common, SetCommon},
};

}  // namespace

std::span<const Command> TimeCommands() { return kCommands; }

}  // namespace sluice::log
