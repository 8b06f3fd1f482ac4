// A gRPC stream to a processor: whole messages out and in. One worker. Hard rule: what comes is a
// stranger's; a message that is too long, compressed or cut is a failure, never waited for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/filter/async_client.h"

namespace sluice::filters::ext_proc {

class ProcessorEvents {
 public:
  virtual ~ProcessorEvents() = default;
  // Never from inside a call of the stream's; the end is the last. Stop may be called in each.
  virtual void OnProcessorMessage(std::string_view message) = 0;
  virtual void OnProcessorEnd(uint64_t grpc_status) = 0;
};

class ProcessorStream final : private filter::AsyncStreamEvents {
 public:
  ProcessorStream(filter::AsyncClient& client, filter::AsyncRequest request,
                  size_t max_message_bytes, ProcessorEvents& events);

  // False: it cannot be sent any more.
  bool Send(std::string_view message);
  // Nothing goes or comes any more.
  void Stop();
  bool open() const { return stream_ != nullptr; }

 private:
  // filter::AsyncStreamEvents
  void OnStreamHead(uint32_t status, filter::AsyncFields&& head) override;
  void OnStreamData(std::string&& bytes) override;
  void OnStreamEnd(filter::AsyncFields&& trailers) override;
  void OnStreamFailure(const Error& error) override;

  void End(uint64_t grpc_status);

  const size_t max_message_bytes_;
  ProcessorEvents& events_;
  std::string input_;
  std::optional<uint64_t> head_status_;  // grpc-status of an answer without trailers
  std::unique_ptr<filter::AsyncStream> stream_;
};

}  // namespace sluice::filters::ext_proc
