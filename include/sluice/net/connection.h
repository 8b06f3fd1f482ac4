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

#include "sluice/base/error.h"
#include "sluice/buffer/byte_chain.h"
#include "sluice/event/io.h"
#include "sluice/event/loop.h"
#include "sluice/net/address.h"
#include "sluice/net/socket_options.h"
#include "sluice/net/transport.h"

namespace sluice::net {

class Connection;
class OutputFilter;

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
  // ResumeReading. Reading pauses by itself while the buffer limit or more is left: who leaves that
  // much must pause, and resume once it has been taken.
  virtual void OnBytes(ByteChain& in, bool end) = 0;
  // The output went above the limit (said from inside Flush) / came down to half of it again (said
  // from the loop).
  virtual void OnOutputHigh() {}
  virtual void OnOutputLow() {}
  // All output has been handed to the kernel; only called when SetNotifyFlushed(true), and never
  // from inside Flush.
  virtual void OnFlushed() {}
  // Progress of StartSplice: `bytes` more were handed to the other connection; `done` once at its
  // end, because the limit was reached or the peer ended its stream.
  virtual void OnSpliced(uint64_t /*bytes*/, bool /*done*/) {}
  // Nothing has been read or written for one to two seconds. Once, until something is.
  virtual void OnQuiet() {}
  virtual void OnClosed(const CloseInfo& info) = 0;
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
  // Bytes waiting in either direction before back-pressure sets in; 0 is no limit.
  void SetBufferLimit(size_t bytes) { buffer_limit_ = bytes > 0 ? bytes : SIZE_MAX / 2; }
  size_t buffer_limit() const { return buffer_limit_; }
  // Input may grow to this many bytes even where the buffer limit is lower: what the reader has to
  // see whole (a head) would otherwise never arrive.
  void SetInputFloor(size_t bytes) { input_floor_ = bytes; }

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
  bool output_ended() const { return output_state_ != OutputState::kOpen; }
  void SetNotifyFlushed(bool on);
  // Everything that is written from now on goes by `filter` first, and never by splice. What is in
  // output() and held back counts as output. Once; it must outlive the connection's open state.
  void SetOutputFilter(OutputFilter* filter);
  // The filter thinks better of what it has held back: it is asked again, from the loop.
  void OfferOutputAgain();

  // Whether `length` bytes of a body are better moved by StartSplice from here, or to here: a long
  // one by pipes; what has no end in sight in any case, to spare everybody in between.
  bool WorthSplicing(uint64_t length) const {
    return length == kUntilEnd || (length >= kLongBody && transport_->is_raw());
  }
  bool WorthSplicingTo(uint64_t length) const {
    return length == kUntilEnd || (length >= kLongBody && transport_->writes_raw());
  }
  // Moves what arrives next straight to `to`'s socket by splice(2) through a pooled pipe, at most
  // `limit` bytes, without showing it to OnBytes. Copies when no pipe is to be had or, without a
  // limit, little comes; copies as well unless pipes fit both transports. Bytes already in input()
  // and to.output() go first, in order. The peer's end of stream is reported by OnBytes(empty, end)
  // after OnSpliced's done. Ends by itself when either side closes.
  static constexpr uint64_t kUntilEnd = UINT64_MAX;
  static constexpr uint64_t kLongBody = uint64_t{32} * 1024;
  void StartSplice(Connection& to, uint64_t limit);
  void StopSplice();  // what is in the pipe goes to the other side's output
  bool splicing() const { return splice_ != nullptr; }

  // Closing. OnClosed comes from inside Close and Reset, later for CloseAfterFlush.
  void Close();  // at once, output dropped
  void Reset();  // the same with an RST
  // Writes what is left, ends our side, then waits for the peer's end at most `linger`, so that a
  // RST caused by bytes that still come cannot overtake the last response. With no linger it closes
  // right after the last write: right when the peer has nothing more to send. Gives up when nothing
  // could be written for `stall`. Only OnClosed is called after it.
  void CloseAfterFlush(Duration linger, Duration stall = std::chrono::seconds(30));

  State state() const { return state_; }
  bool open() const { return state_ == State::kOpen; }
  bool input_ended() const { return input_state_ != InputState::kOpen; }
  int fd() const { return fd_; }
  const Address& local() const;  // asks the kernel once, when nobody knew it before
  const Address& remote() const { return remote_; }
  // The address the client really has, when a PROXY header or a header of the request said so.
  void SetRemote(const Address& remote) { remote_ = remote; }
  void SetLocal(const Address& local) { local_ = local; }
  TransportSocket& transport() { return *transport_; }
  // Changes the transport of an accepted connection on which only raw bytes were read: how a
  // listener that has looked at the first bytes puts TLS on the chosen chain. What is in input()
  // goes to the new transport by Preload, or stays where it is when that is raw. A handshake begins
  // at once, reading or not; OnConnected tells its end.
  void ReplaceTransport(std::unique_ptr<TransportSocket> transport);
  EventLoop& loop() { return loop_; }
  uint64_t id() const { return id_; }
  uint64_t bytes_read() const { return bytes_read_; }
  uint64_t bytes_written() const { return bytes_written_; }
  MonoTime created() const { return created_; }

  // True when the idle connection has nothing to read and is not known to be closed: what a pool
  // asks before it hands the connection out. Costs no system call but for one right after a read
  // that took exactly what was asked for.
  bool IdleAndClean();

 private:
  enum class InputState : uint8_t { kOpen, kEnded, kEndTold };
  enum class OutputState : uint8_t { kOpen, kEnding, kEnded, kBroken };
  enum class ClosePlan : uint8_t { kNone, kFlush, kLinger };
  enum class Flushed : uint8_t { kDontTell, kTell, kTold };
  struct Ending;  // what only a connection at its end needs
  struct Splice;
  struct Gate;

  // IoHandler
  void OnIo() override;
  void OnIoSoon() override;
  void OnQuiet() override;
  void OnWatchFailed(Error error) override { FailLater(std::move(error)); }
  // RunItem
  void Run() override { Process(); }

  void Process();
  void NoticeEnd();

  // Opening. The two bools: the next stage is reached.
  Result<> OpenSocket(const Address& to, const Address* from, const SocketTuning& tuning);
  bool FinishConnect();
  bool DriveHandshake();

  size_t InputRoom() const;
  bool CanRead() const;
  void PumpInput();
  void NoteRead(const IoResult& result);
  void Deliver();
  void ReadFailed(size_t unseen_bytes);
  void SaveWhatArrived();

  void WriteOut();
  void WriteGated();
  void OfferOutput();
  bool NewToGate() const;
  void ClearOutput();
  void PumpOutput();
  void FinishOutput();
  void WriteFailed(const Error& error);

  void PumpSplice();
  void TakePipe();
  bool PullThroughPipe(size_t want);
  bool PullByCopy(size_t want);
  void NotePulled(size_t n);
  bool PushSplice();
  void EndSplice();
  void DropSplice();

  Ending& ending();
  void ContinueClose();
  void Discard();
  void FailLater(Error error);
  void FailNow();
  void CloseWith(CloseKind kind, bool by_peer, const Error* error);

  EventLoop& loop_;
  ConnectionEvents* events_ = nullptr;
  std::unique_ptr<TransportSocket> transport_;
  IoWatch watch_;
  int fd_ = -1;
  State state_ = State::kConnecting;
  InputState input_state_ = InputState::kOpen;
  OutputState output_state_ = OutputState::kOpen;
  ClosePlan close_plan_ = ClosePlan::kNone;
  Flushed flushed_ = Flushed::kDontTell;
  bool output_high_ = false;
  bool offer_input_ = false;  // ResumeReading or OnIoSoon owe the holder what is in input_
  bool read_failed_ = false;  // OnIoSoon owes it the failure
  bool peer_ended_first_ = false;
  uint32_t read_pauses_ = 0;
  size_t buffer_limit_ = size_t{1024} * 1024;
  size_t input_floor_ = 0;
  ByteChain input_;
  ByteChain output_;
  mutable Address local_;
  Address remote_;
  uint64_t id_ = 0;
  uint64_t bytes_read_ = 0;
  uint64_t bytes_written_ = 0;
  MonoTime created_;
  std::unique_ptr<Ending> ending_;
  std::unique_ptr<Gate> gate_;          // only with an output filter
  std::unique_ptr<Splice> splice_;      // we are its source
  Connection* spliced_from_ = nullptr;  // we are its target
};

}  // namespace sluice::net
