#include "processor_stream.h"

#include <utility>

#include "sluice/base/log.h"
#include "sluice/filter/grpc_call.h"
#include "sluice/http/grpc.h"

namespace sluice::filters::ext_proc {
namespace {

// gRPC's own codes.
constexpr uint64_t kUnknown = 2;
constexpr uint64_t kInternal = 13;
constexpr uint64_t kUnavailable = 14;

uint64_t SizeIn(std::string_view prefix) {
  uint64_t size = 0;
  for (size_t i = 1; i < http::kGrpcPrefixBytes; ++i) {
    size = (size << 8) | static_cast<unsigned char>(prefix[i]);
  }
  return size;
}

}  // namespace

ProcessorStream::ProcessorStream(filter::AsyncClient& client, filter::AsyncRequest request,
                                 size_t max_message_bytes, ProcessorEvents& events)
    : max_message_bytes_(max_message_bytes), events_(events) {
  stream_ = client.Open(std::move(request), *this);
}

bool ProcessorStream::Send(std::string_view message) {
  if (stream_ == nullptr) return false;
  const http::GrpcPrefix prefix = http::MakeGrpcPrefix(static_cast<uint32_t>(message.size()));
  std::string bytes;
  bytes.reserve(prefix.size() + message.size());
  bytes.assign(prefix.data(), prefix.size()).append(message);
  return stream_->Write(bytes, false);
}

void ProcessorStream::Stop() {
  if (stream_ == nullptr) return;
  stream_->Write({}, true);
  stream_.reset();
  input_.clear();
}

void ProcessorStream::OnStreamHead(uint32_t status, filter::AsyncFields&& head) {
  if (status != 200) return End(kUnavailable);
  head_status_ = filter::FindGrpcStatus(head);
}

void ProcessorStream::OnStreamData(std::string&& bytes) {
  input_.append(bytes);
  std::string rest = std::exchange(input_, {});
  std::string_view in = rest;
  while (open() && in.size() >= http::kGrpcPrefixBytes) {
    const uint64_t size = SizeIn(in);
    if (in.front() != 0 || size > max_message_bytes_) return End(kInternal);
    if (in.size() - http::kGrpcPrefixBytes < size) break;
    const std::string_view message = in.substr(http::kGrpcPrefixBytes, size);
    in.remove_prefix(http::kGrpcPrefixBytes + size);
    events_.OnProcessorMessage(message);
  }
  if (open()) input_.assign(in);
}

void ProcessorStream::OnStreamEnd(filter::AsyncFields&& trailers) {
  const auto status = filter::FindGrpcStatus(trailers);
  const uint64_t said = status ? *status : head_status_.value_or(kUnknown);
  End(said == 0 && !input_.empty() ? kInternal : said);
}

void ProcessorStream::OnStreamFailure(const Error& error) {
  SLUICE_LOG(kFilter, kDebug, "ext_proc: the stream has failed: {}", error.detail);
  End(kUnavailable);
}

void ProcessorStream::End(uint64_t grpc_status) {
  stream_.reset();
  input_.clear();
  events_.OnProcessorEnd(grpc_status);
}

}  // namespace sluice::filters::ext_proc
