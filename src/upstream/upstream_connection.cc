#include "sluice/upstream/upstream_connection.h"

#include <chrono>
#include <utility>

#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::upstream {
namespace {

uint64_t Milliseconds(Duration duration) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

// The socket's last moments interest nobody: it has been given up.
class NoEvents final : public net::ConnectionEvents {
 public:
  void OnBytes(ByteChain& in, bool /*end*/) override { in.Clear(); }
  void OnClosed(const net::CloseInfo& /*info*/) override {}
};
NoEvents g_no_events;

}  // namespace

UpstreamConnection::UpstreamConnection(Host& host, const net::TransportOptions& transport,
                                       Priority priority, ConnectionPlace place)
    : host_(host), place_(std::move(place)), priority_(priority) {
  Cluster& cluster = host.cluster();
  const ClusterOptions& options = cluster.options();
  net::TransportOptions wishes = transport;
  wishes.slot = cluster.slot();
  wishes.peer = &host.address();
  wishes.host_name = host.hostname();
  connection_ =
      std::make_unique<net::Connection>(cluster.loop(), options.transport->Create(wishes));
  connection_->SetEvents(&g_no_events);
  connection_->SetBufferLimit(options.buffer_limit);
  options.local_side.Connect(*connection_, host.address());
  cluster.stats().upstream_cx_total.Inc();
  cluster.stats().upstream_cx_active.Inc();
  HostCells::Add(host.cells().cx_total);
  HostCells::Add(host.cells().cx_active);
}

UpstreamConnection::~UpstreamConnection() {
  CountBytes();
  Cluster& cluster = host_->cluster();
  ClusterStats& stats = cluster.stats();
  stats.upstream_cx_rx_bytes_buffered.Add(0 - rx_buffered_);
  stats.upstream_cx_tx_bytes_buffered.Add(0 - tx_buffered_);
  if (!closed_) NoteClosed(net::CloseInfo{}, false);
  stats.upstream_cx_active.Dec();
  if (request_) {
    stats.upstream_rq_active.Dec();
    HostCells::Sub(host_->cells().rq_active);
  }
  HostCells::Sub(host_->cells().cx_active);
  connection_->SetEvents(&g_no_events);
  if (connection_->state() != net::Connection::State::kClosed) connection_->Close();
  cluster.loop().DeferDelete(std::move(connection_));
  place_.Reset();
  cluster.OnPlaceFree(priority_);
}

void UpstreamConnection::CountAsRequest() {
  request_ = true;
  ClusterStats& stats = host_->cluster().stats();
  stats.upstream_rq_total.Inc();
  stats.upstream_rq_active.Inc();
  HostCells::Add(host_->cells().rq_total);
  HostCells::Add(host_->cells().rq_active);
}

void UpstreamConnection::NoteConnected() {
  connected_at_ = connection_->loop().Now();
  const Duration taken = connected_at_ - connection_->created();
  host_->cluster().stats().upstream_cx_connect_ms.Record(Milliseconds(taken));
}

void UpstreamConnection::NoteConnectFailed(bool timed_out, const Error* error) {
  ClusterStats& stats = host_->cluster().stats();
  stats.upstream_cx_connect_fail.Inc();
  // The source address is the one thing here that is the configuration's fault.
  if (error != nullptr && error->origin == Origin::kConfig) stats.bind_errors.Inc();
  if (timed_out) stats.upstream_cx_connect_timeout.Inc();
  HostCells::Add(host_->cells().cx_connect_fail);
}

void UpstreamConnection::NoteClosed(const net::CloseInfo& info, bool active_request) {
  if (closed_) return;
  closed_ = true;
  if (connected_at_ == MonoTime{}) return;  // a failed connect is counted as that
  ClusterStats& stats = host_->cluster().stats();
  stats.upstream_cx_destroy.Inc();
  (info.by_peer ? stats.upstream_cx_destroy_remote : stats.upstream_cx_destroy_local).Inc();
  const Duration length = connection_->loop().Now() - connection_->created();
  stats.upstream_cx_length_ms.Record(Milliseconds(length));
  if (!active_request) return;
  stats.upstream_cx_destroy_with_active_rq.Inc();
  (info.by_peer ? stats.upstream_cx_destroy_remote_with_active_rq
                : stats.upstream_cx_destroy_local_with_active_rq)
      .Inc();
}

void UpstreamConnection::CountBytes() {
  ClusterStats& stats = host_->cluster().stats();
  const uint64_t rx = connection_->bytes_read();
  const uint64_t tx = connection_->bytes_written();
  stats.upstream_cx_rx_bytes_total.Add(rx - std::exchange(rx_counted_, rx));
  stats.upstream_cx_tx_bytes_total.Add(tx - std::exchange(tx_counted_, tx));
  const size_t in = connection_->input().size();
  const size_t out = connection_->output().size();
  if (in != rx_buffered_)
    stats.upstream_cx_rx_bytes_buffered.Add(in - std::exchange(rx_buffered_, in));
  if (out != tx_buffered_) {
    stats.upstream_cx_tx_bytes_buffered.Add(out - std::exchange(tx_buffered_, out));
  }
}

}  // namespace sluice::upstream
