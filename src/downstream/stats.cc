#include "stats.h"

namespace sluice::downstream {

// One row a number: the member gives the name.
#define SLUICE_STAT(name, help) \
  stats::Field<ManagerStats> { &ManagerStats::name, #name, help }

constexpr stats::Field<ManagerStats> ManagerStats::kFields[] = {
    SLUICE_STAT(downstream_cx_total, "Connections"),
    SLUICE_STAT(downstream_cx_ssl_total, "Connections with TLS"),
    SLUICE_STAT(downstream_cx_http1_total, "HTTP/1 connections"),
    SLUICE_STAT(downstream_cx_http2_total, "HTTP/2 connections"),
    SLUICE_STAT(downstream_cx_upgrades_total, "Requests that were upgraded to tunnels"),
    SLUICE_STAT(downstream_cx_upgrades_active, "Tunnels now"),
    SLUICE_STAT(downstream_cx_destroy, "Connections ended"),
    SLUICE_STAT(downstream_cx_destroy_remote, "Connections ended by the client"),
    SLUICE_STAT(downstream_cx_destroy_local, "Connections ended by the proxy"),
    SLUICE_STAT(downstream_cx_destroy_active_rq, "Connections ended with requests in flight"),
    SLUICE_STAT(downstream_cx_destroy_local_active_rq, "The same, by the proxy"),
    SLUICE_STAT(downstream_cx_destroy_remote_active_rq, "The same, by the client"),
    SLUICE_STAT(downstream_cx_active, "Connections now"),
    SLUICE_STAT(downstream_cx_ssl_active, "Connections with TLS now"),
    SLUICE_STAT(downstream_cx_http1_active, "HTTP/1 connections now"),
    SLUICE_STAT(downstream_cx_http2_active, "HTTP/2 connections now"),
    SLUICE_STAT(downstream_cx_protocol_error, "Connections on which a client broke the protocol"),
    SLUICE_STAT(downstream_cx_length_ms, "How long connections lasted"),
    SLUICE_STAT(downstream_cx_rx_bytes_total, "Bytes received"),
    SLUICE_STAT(downstream_cx_tx_bytes_total, "Bytes sent"),
    SLUICE_STAT(downstream_cx_drain_close, "Connections ended because of draining"),
    SLUICE_STAT(downstream_cx_idle_timeout, "Connections ended by idle_timeout"),
    SLUICE_STAT(downstream_cx_max_duration_reached, "Connections over max_connection_duration"),
    SLUICE_STAT(downstream_cx_max_requests_reached, "Connections at max_requests_per_connection"),
    SLUICE_STAT(downstream_flow_control_paused_reading_total,
                "Times that reading of a request was paused"),
    SLUICE_STAT(downstream_flow_control_resumed_reading_total,
                "Times that reading of a request was resumed"),
    SLUICE_STAT(downstream_rq_total, "Requests"),
    SLUICE_STAT(downstream_rq_http1_total, "HTTP/1 requests"),
    SLUICE_STAT(downstream_rq_http2_total, "HTTP/2 requests"),
    SLUICE_STAT(downstream_rq_active, "Requests now"),
    SLUICE_STAT(downstream_rq_response_before_rq_complete,
                "Responses that began before their request had ended"),
    SLUICE_STAT(downstream_rq_rx_reset, "Requests that the client gave up"),
    SLUICE_STAT(downstream_rq_tx_reset, "Requests that the proxy gave up"),
    SLUICE_STAT(downstream_rq_non_relative_path, "Requests without a path that begins with /"),
    SLUICE_STAT(downstream_rq_too_large, "Requests answered 413: body over the buffer limit"),
    SLUICE_STAT(downstream_rq_completed, "Requests with a final response"),
    SLUICE_STAT(downstream_rq_1xx, "Responses 1xx"),
    SLUICE_STAT(downstream_rq_2xx, "Responses 2xx"),
    SLUICE_STAT(downstream_rq_3xx, "Responses 3xx"),
    SLUICE_STAT(downstream_rq_4xx, "Responses 4xx"),
    SLUICE_STAT(downstream_rq_5xx, "Responses 5xx"),
    SLUICE_STAT(downstream_rq_ws_on_non_ws_route, "Upgrades refused: not allowed here"),
    SLUICE_STAT(downstream_rq_time, "Time from the first to the last byte of an exchange"),
    SLUICE_STAT(downstream_rq_idle_timeout, "Requests ended by an idle timeout"),
    SLUICE_STAT(downstream_rq_max_duration_reached, "Requests ended by max_stream_duration"),
    SLUICE_STAT(downstream_rq_timeout, "Requests ended by request_timeout"),
    SLUICE_STAT(downstream_rq_header_timeout, "Requests ended by request_headers_timeout"),
    SLUICE_STAT(downstream_rq_failed_path_normalization, "Requests refused: path not normal"),
    SLUICE_STAT(downstream_rq_redirected_with_normalized_path,
                "Requests redirected to their normal path"),
    SLUICE_STAT(downstream_rq_rejected_via_ip_detection,
                "Requests refused: client address not found"),
    SLUICE_STAT(downstream_rq_too_many_premature_resets,
                "Connections closed: most requests were given up at once"),
    SLUICE_STAT(downstream_rq_overload_close, "Requests refused because of overload"),
    SLUICE_STAT(downstream_cx_overload_disable_keepalive,
                "Connections ended after a response because of overload"),
    SLUICE_STAT(rs_too_large, "Responses answered 500: body over the buffer limit"),
};
#undef SLUICE_STAT

#define SLUICE_STAT(name, help) \
  stats::Field<TracingStats> { &TracingStats::name, #name, help }

constexpr stats::Field<TracingStats> TracingStats::kFields[] = {
    SLUICE_STAT(random_sampling, "Requests traced by random choice"),
    SLUICE_STAT(service_forced, "Requests traced because of x-envoy-force-trace"),
    SLUICE_STAT(client_enabled, "Requests traced because of x-client-trace-id"),
    SLUICE_STAT(not_traceable, "Requests that are not traced"),
    SLUICE_STAT(health_check, "Requests that were health checks"),
};
#undef SLUICE_STAT

#define SLUICE_STAT(name, help) \
  stats::Field<ListenerResponseStats> { &ListenerResponseStats::name, #name, help }

constexpr stats::Field<ListenerResponseStats> ListenerResponseStats::kFields[] = {
    SLUICE_STAT(downstream_rq_completed, "Requests with a final response"),
    SLUICE_STAT(downstream_rq_1xx, "Responses 1xx"),
    SLUICE_STAT(downstream_rq_2xx, "Responses 2xx"),
    SLUICE_STAT(downstream_rq_3xx, "Responses 3xx"),
    SLUICE_STAT(downstream_rq_4xx, "Responses 4xx"),
    SLUICE_STAT(downstream_rq_5xx, "Responses 5xx"),
};
#undef SLUICE_STAT

}  // namespace sluice::downstream
