// Filters of HTTP messages: requests run the chain in order, responses in reverse; the last one is
// terminal (router).
//
// A filter is made per stream in the stream's arena, on the stream's worker. Order of events is
// that of http::MessageSink. Hard rule: OnDestroy comes exactly once, before memory goes; whatever
// the filter waits for (timers, calls) is a ticket that it drops there at the latest.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "sluice/buffer/byte_chain.h"
#include "sluice/filter/worker_context.h"
#include "sluice/http/codec.h"
#include "sluice/http/header_map.h"

namespace sluice::stream {
struct StreamInfo;
}
namespace sluice::route {
struct RouteEntry;
}
namespace sluice::net {
class Connection;
}

namespace sluice::filter {

// What a callback answers. Whatever waits at a filter goes on when it says Continue, or answers
// kContinue to a later part of the message: bytes that it has been given already go to the next
// filter, bytes that it has not been given yet are given to it first.
enum class FilterStatus : uint8_t {
  kContinue,  // to the next filter
  // What has come waits here; the parts that follow are given to this filter all the same. Of body
  // data, what the filter leaves in `data` is held (up to the limit, then 413 or 500); a filter
  // that keeps or drops bytes takes them out.
  kStop,
  kStopAllBuffer,     // the same, but nothing more is given to this filter
  kStopAllWatermark,  // the same, but at the limit the sender is held back instead
};

struct LocalReply {
  uint32_t status = 500;
  std::string_view body;
  std::string_view details;  // response code details: one word_like_token, static or arena
  std::optional<uint32_t> grpc_status = std::nullopt;
  // Called with the response head before it is sent, to add fields to it.
  void (*edit)(http::HeaderMap& head, void* context) = nullptr;
  void* edit_context = nullptr;
};

// The stream as one filter sees it. All calls are legal inside callbacks and outside of them.
class HttpFilterHost {
 public:
  virtual ~HttpFilterHost() = default;

  // Goes on behind this filter in the direction named, after a stop. Idempotent; queued, never
  // recursive.
  virtual void ContinueRequest() = 0;
  virtual void ContinueResponse() = 0;
  // After kStopAll*, when its callback has returned: this filter is given what has come and what
  // comes, and all of it waits here as after kStop. Idempotent; queued.
  virtual void TakeRequest() = 0;
  virtual void TakeResponse() = 0;

  // Adds to the end of what this filter holds in a direction (also while it has stopped nothing:
  // then it goes on at once), or sends past this filter as if it had come from the peer.
  virtual void AddRequestData(ByteChain& data) = 0;
  virtual void InjectRequestData(ByteChain& data, bool end) = 0;
  virtual void AddResponseData(ByteChain& data) = 0;
  virtual void InjectResponseData(ByteChain& data, bool end) = 0;
  // Trailers for a message that ends without: from the moment this filter has seen its end, before
  // it lets it go on.
  virtual http::HeaderMap& AddRequestTrailers() = 0;
  virtual http::HeaderMap& AddResponseTrailers() = 0;
  // The body that waits at this filter, readable and changeable in place: after kStopAll* in answer
  // to a head, what it has not been given yet; else what it has been given or has added.
  virtual ByteChain& held_request_body() = 0;
  virtual ByteChain& held_response_body() = 0;

  // Answers in place of everything behind this filter; no filter sees more of the request. Goes
  // through the response callbacks of all filters, or past them if they have seen another response
  // head already; once a head has gone to the client, the stream is reset instead.
  virtual void SendLocalReply(const LocalReply& reply) = 0;
  // Terminal filters: the response, as it comes from upstream. The head is to be written into
  // response_head() first.
  virtual void SendInformational() = 0;
  virtual void SendResponseHead(bool end) = 0;
  virtual void SendResponseData(ByteChain& data, bool end) = 0;
  virtual void SendResponseTrailers() = 0;
  // The response broke off: never a clean end for the client.
  virtual void ResetStream(http::ResetReason reason, std::string_view details) = 0;

  // Heads; valid for the whole stream. Response and trailer maps are empty until they arrive.
  virtual http::HeaderMap& request_head() = 0;
  virtual http::HeaderMap& request_trailers() = 0;
  virtual http::HeaderMap& informational_head() = 0;
  virtual http::HeaderMap& response_head() = 0;
  virtual http::HeaderMap& response_trailers() = 0;

  // The route, found at first use; null when none matches.
  virtual const route::RouteEntry* route() = 0;
  virtual void ClearRouteCache() = 0;
  // Runs the stream from its start again, with new filters and the request head as it is now
  // (internal redirects): later in this turn, and only while no response has begun and all of the
  // request body that has come is held at some filter (AddRequestData gives it back). False if that
  // is impossible.
  virtual bool RecreateStream() = 0;
  // The most specific per-route config of this filter, or null; see route::RouteEntry.
  virtual const void* route_config() = 0;

  virtual stream::StreamInfo& info() = 0;
  virtual Arena& arena() = 0;
  virtual WorkerContext& worker() = 0;
  virtual net::Connection& downstream() = 0;
  virtual http::CodecStream& codec_stream() = 0;
  virtual size_t buffer_limit() const = 0;
  virtual void SetBufferLimit(size_t bytes) = 0;
  // Back-pressure towards the sender of the request / of the response; counted.
  virtual void RequestHigh() = 0;
  virtual void RequestLow() = 0;
  // Tells the terminal filter through OnDownstreamHigh/Low when the client reads too slowly.
  // The stream's idle timer, and route timeouts, are the manager's and the router's.
  // Terminal filters: where the rest of the response's body may go by splice(2), past all filters
  // and the codec; null: it is to be sent by SendResponseData. Then, what went that way.
  virtual net::Connection* ResponseSpliceTarget(uint64_t length) = 0;
  virtual void ResponseSpliced(uint64_t bytes) = 0;
  virtual void KeepSlab(Slice slice) = 0;  // pins bytes that views in the heads look into
  // After 101 / CONNECT: bytes both ways, half-closed each way. Called by the terminal filter.
  virtual void BecomeTunnel() = 0;
};

class HttpFilter {
 public:
  virtual ~HttpFilter() = default;
  void SetHost(HttpFilterHost& host) { host_ = &host; }

  // The request, in the chain's order.
  virtual FilterStatus OnRequestHead(http::HeaderMap& /*head*/, bool /*end*/) {
    return FilterStatus::kContinue;
  }
  virtual FilterStatus OnRequestData(ByteChain& /*data*/, bool /*end*/) {
    return FilterStatus::kContinue;
  }
  virtual FilterStatus OnRequestTrailers(http::HeaderMap& /*trailers*/) {
    return FilterStatus::kContinue;
  }

  // The response, in reverse order.
  // Any answer but kContinue drops it.
  virtual FilterStatus OnInformational(http::HeaderMap& /*head*/) {
    return FilterStatus::kContinue;
  }
  virtual FilterStatus OnResponseHead(http::HeaderMap& /*head*/, bool /*end*/) {
    return FilterStatus::kContinue;
  }
  virtual FilterStatus OnResponseData(ByteChain& /*data*/, bool /*end*/) {
    return FilterStatus::kContinue;
  }
  virtual FilterStatus OnResponseTrailers(http::HeaderMap& /*trailers*/) {
    return FilterStatus::kContinue;
  }

  // False: this stream's body bytes need not be shown to the filter, so that they may pass all by
  // splice(2). Whoever overrides OnRequestData or OnResponseData must answer true while it needs
  // them. Heads, ends and trailers are shown in any case.
  virtual bool WantsBodies() const { return true; }
  // Terminal filters: where the rest of the request's body may go by splice(2), and what has gone.
  virtual net::Connection* RequestSpliceTarget(uint64_t /*length*/) { return nullptr; }
  virtual void OnRequestSpliced(uint64_t /*bytes*/) {}

  // What the response goes to from here cannot take more / can again: the client, or a filter on
  // the way. Terminal filters pause and resume upstream.
  virtual void OnDownstreamHigh() {}
  virtual void OnDownstreamLow() {}
  // The same for the request: the terminal filter, or one on the way to it. The client is held back
  // without anyone's doing; this is for filters that make more bytes than they are given.
  virtual void OnUpstreamHigh() {}
  virtual void OnUpstreamLow() {}
  // Everything has been sent, or the stream was reset: what access logs and counters wait for.
  virtual void OnStreamComplete() {}
  virtual void OnDestroy() {}

 protected:
  HttpFilterHost& host() { return *host_; }

 private:
  HttpFilterHost* host_ = nullptr;
};

// Per-worker half of a configured filter.
class HttpFilterWorker {
 public:
  virtual ~HttpFilterWorker() = default;
  // Makes the filter in the arena with arena.New<T>(...); the chain calls its destructor. Null: it
  // does not take part in this stream.
  virtual HttpFilter* Create(Arena& arena) = 0;
};

// The configured filter: parsed on main, immutable, shared by all workers.
class HttpFilterFactory {
 public:
  virtual ~HttpFilterFactory() = default;
  virtual bool terminal() const { return false; }
  virtual std::unique_ptr<HttpFilterWorker> MakeWorker(WorkerContext& worker,
                                                       const stats::Scope& manager) const = 0;
};

}  // namespace sluice::filter
