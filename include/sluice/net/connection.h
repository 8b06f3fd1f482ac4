// A stream socket with a transport on it: reads when there is room, writes when there is something,
// says when it is over. Both sides of the proxy use it.
//
// Owned by whoever opened it (listener, pool, tcp_proxy); one worker. Hard rule: OnClosed comes
// exactly once, after it no other callback comes, and the owner must not destroy the connection
// inside a callback but hand it to EventLoop::DeferDelete.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "sluice/base/error.h"
#include "sluice/buffer/byte_chain.h"
#include "sluice/event/io.h"
#include "sluice/event/loop.h"
#include "sluice/net/address.h"
#include "sluice/net/transport.h"

namespace sluice::net {

class Connection;

enum class CloseKind : uint8_t {
  kOrderly,  // we asked for it, or the peer ended its stream and we ended ours
  kReset,    // RST seen or sent
  kFailed,   // transport or connect failure; the error says why
};

struct CloseInfo {
  CloseKind kind = CloseKind::kOrderly;
  bool by_peer = false;
  const Error* error = nullptr;  // only during the callback
};

class ConnectionEvents {
 public:
  virtual ~ConnectionEvents() = default;
  // Connected and the transport's handshake is done. Not called for raw accepted sockets.
  virtual void OnConnected() {}
  // Bytes arrived, or the peer ended its stream (`end`, said once, possibly with bytes left over).
  // Take what you can from `in`; what is left is offered again together with later bytes, or after
  // ResumeReading. Reading pauses by itself while more than the buffer limit is left.
  virtual void OnBytes(ByteChain& in, bool end) = 0;
  // The output went above the limit / came down to half of it again.
  virtual void OnOutputHigh() {}
  virtual void OnOutputLow() {}
  // All output has been handed to the kernel; only called when SetNotifyFlushed(true).
  virtual void OnFlushed() {}
  // Progress of StartSplice: `bytes` more have reached the other socket; `done` once at its end.
  virtual void OnSpliced(uint64_t /*bytes*/, bool /*done*/) {}
  virtual void OnClosed(const CloseInfo& info) = 0;
};

struct SocketTuning {
  bool no_delay = true;
  std::optional<uint32_t> keepalive_probes;
  std::optional<uint32_t> keepalive_time_s;
  std::optional<uint32_t> keepalive_interval_s;
};

class Connection final : private IoHandler, private RunItem, public DeferredDeletable {
 public:
  enum class State : uint8_t { kConnecting, kHandshaking, kOpen, kClosed };

  // An accepted socket; takes the descriptor. Reading begins with StartReading().
  Connection(EventLoop& loop, int fd, Address local, Address remote,
             std::unique_ptr<TransportSocket> transport);
  // A socket to connect; see Connect().
  Connection(EventLoop& loop, std::unique_ptr<TransportSocket> transport);
  ~Connection() override;

  void SetEvents(ConnectionEvents* events) { events_ = events; }
  // Bytes waiting in either direction before back-pressure sets in.
  void SetBufferLimit(size_t bytes) { buffer_limit_ = bytes; }

  // Begins a non-blocking connect. The outcome comes by OnConnected or OnClosed, never from inside
  // this call. No timeout of its own: the owner arms one.
  void Connect(const Address& to, const Address* from, const SocketTuning& tuning);

  // Reading. Pauses count: as many resumes as pauses. Starts paused once for accepted sockets.
  void StartReading();
  void PauseReading();
  void ResumeReading();
  bool reading_paused() const { return read_pauses_ > 0; }
  // Bytes received but not yet taken by OnBytes.
  ByteChain& input() { return input_; }

  // Writing: append to output(), then Flush(), which writes at once what the kernel takes.
  ByteChain& output() { return output_; }
  void Flush();
  // The last byte of our side has been appended: FIN (or close_notify) follows it.
  void EndOutput();
  bool output_ended() const { return output_ended_; }
  void SetNotifyFlushed(bool on) { notify_flushed_ = on; }

  // Moves what arrives next straight to `to`'s socket by splice(2) through a pooled pipe, at most
  // `limit` bytes, without showing it to OnBytes; falls back to copying when no pipe is to be had.
  // Both transports must be raw; bytes already in input() and to.output() go first, in order. The
  // peer's end of stream inside it is reported by OnBytes(empty, end) as ever.
  static constexpr uint64_t kUntilEnd = UINT64_MAX;
  void StartSplice(Connection& to, uint64_t limit);
  void StopSplice();

  // Closing. OnClosed comes from inside Close and Reset, later for CloseAfterFlush.
  void Close();  // at once, output dropped
  void Reset();  // the same with an RST
  // Writes what is left, ends our side, then waits for the peer's end at most `linger`.
  void CloseAfterFlush(Duration linger);

  State state() const { return state_; }
  bool open() const { return state_ == State::kOpen; }
  bool input_ended() const { return input_ended_; }
  int fd() const { return fd_; }
  const Address& local() const { return local_; }
  const Address& remote() const { return remote_; }
  // The address the client really has, when a PROXY header or a header of the request said so.
  void SetRemote(const Address& remote) { remote_ = remote; }
  void SetLocal(const Address& local) { local_ = local; }
  TransportSocket& transport() { return *transport_; }
  // Changes the transport before any byte was read through it: how a listener that has peeked at
  // the first bytes puts TLS on the chosen chain.
  void ReplaceTransport(std::unique_ptr<TransportSocket> transport);
  EventLoop& loop() { return loop_; }
  uint64_t id() const { return id_; }
  uint64_t bytes_read() const { return bytes_read_; }
  uint64_t bytes_written() const { return bytes_written_; }
  MonoTime created() const { return created_; }

  // True when the idle connection has nothing to read and is not known to be closed: what a pool
  // asks before it hands the connection out. Costs no system call.
  bool IdleAndClean() const;

 private:
  // IoHandler
  void OnIo() override;
  // RunItem
  void Run() override;

  EventLoop& loop_;
  ConnectionEvents* events_ = nullptr;
  std::unique_ptr<TransportSocket> transport_;
  IoWatch watch_;
  int fd_ = -1;
  State state_ = State::kConnecting;
  bool input_ended_ = false;
  bool output_ended_ = false;
  bool notify_flushed_ = false;
  uint32_t read_pauses_ = 0;
  size_t buffer_limit_ = size_t{1024} * 1024;
  ByteChain input_;
  ByteChain output_;
  Address local_;
  Address remote_;
  uint64_t id_ = 0;
  uint64_t bytes_read_ = 0;
  uint64_t bytes_written_ = 0;
  MonoTime created_;
};

}  // namespace sluice::net
