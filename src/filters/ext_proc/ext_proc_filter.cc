#include "ext_proc_filter.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "sluice/http/chars.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::ext_proc {

using filter::FilterStatus;

namespace {

constexpr size_t kHeadRoom = size_t{1} << 20;  // for what is not body

// One word for logs.
std::string_view ToDetails(std::string_view text, Arena& arena) {
  if (text.empty()) return "ext_proc_immediate_response";
  std::string word(text);
  std::ranges::replace_if(word, [](char c) { return c <= ' ' || c > '~'; }, '_');
  return arena.Copy(word);
}

}  // namespace

ExtProcFilter::ExtProcFilter(ExtProcWorker& worker, EventLoop& loop)
    : worker_(worker),
      mode_(worker.plan().mode),
      request_timer_(loop, [this] { OnTimeout(); }),
      response_timer_(loop, [this] { OnTimeout(); }) {}

// --- The messages.

FilterStatus ExtProcFilter::OnRequestHead(http::HeaderMap& /*head*/, bool end) {
  Begin();
  return over_ ? FilterStatus::kContinue : request_.OnHead(end);
}

// A reply of a filter before this one is the first that is seen of its stream.
FilterStatus ExtProcFilter::OnResponseHead(http::HeaderMap& /*head*/, bool end) {
  Begin();
  request_.DropIfHeadIsHere();
  if (!over_) return response_.OnHead(end);
  response_.GiveUp();
  return FilterStatus::kContinue;
}

void ExtProcFilter::Begin() {
  if (std::exchange(begun_, true)) return;
  own_ = static_cast<const RoutePlan*>(host().route_config());
  if (own_ == nullptr) return;
  if (own_->mode) mode_ = *own_->mode;
  if (!own_->disabled) return;
  over_ = true;
  request_.Drop();
  response_.Drop();
}

void ExtProcFilter::OnDestroy() {
  over_ = true;
  Close();
  request_timer_.Disarm();
  response_timer_.Disarm();
}

// --- To the processor.

void ExtProcFilter::Open() {
  const filter::GrpcTarget& target =
      own_ != nullptr && own_->processor != nullptr ? *own_->processor : plan().processor;
  route::FormatInput about;
  about.request_head = &host().request_head();
  about.info = &host().info();
  const filter::ProcessState& process = *plan().processor.process;
  std::span<const std::shared_ptr<const route::HeaderEdits>> more;
  if (own_ != nullptr) more = own_->metadata;
  filter::AsyncRequest call =
      filter::MakeGrpcHead(target, process, kMethod, about, host().arena(), more);
  call.max_response_bytes = target.max_answer_bytes + 2 * host().buffer_limit() + kHeadRoom;
  ProcessorEvents& events = *this;
  processor_ = std::make_unique<ProcessorStream>(host().worker().async_client, std::move(call),
                                                 target.max_answer_bytes, events);
  worker_.stats().streams_started.Inc();
}

// What cannot be sent because the processor has ended its stream meanwhile is waited for like an
// answer: what the end means will be told. So is what the processor does not take, until it is
// late.
void ExtProcFilter::Show(Side& side, std::string&& message) {
  if (processor_ == nullptr) Open();
  AddContext(side, message);
  if (processor_->Send(message)) worker_.stats().stream_msgs_sent.Inc();
  Arm(side);
}

void ExtProcFilter::AddContext(Side& side, std::string& message) {
  ProtoWriter out(message);
  const Names* forwarded = &plan().forwarded_metadata;
  if (own_ != nullptr && own_->forwarded_metadata) forwarded = &*own_->forwarded_metadata;
  WriteMetadata(out, host().info().dynamic_metadata(), *forwarded);
  if (side.TakeFirst()) {
    WriteAttributes(out, ReadAttributes(side.of_request() ? plan().request_attributes
                                                          : plan().response_attributes,
                                        host()));
  }
  if (!std::exchange(told_protocol_, true)) WriteProtocol(out, mode_);
}

void ExtProcFilter::Arm(Side& side) {
  (side.of_request() ? request_timer_ : response_timer_).Arm(plan().message_timeout);
}

void ExtProcFilter::Disarm(Side& side) {
  (side.of_request() ? request_timer_ : response_timer_).Disarm();
}

// --- From the processor.

void ExtProcFilter::OnProcessorMessage(std::string_view message) {
  if (over_) return;
  worker_.stats().stream_msgs_received.Inc();
  auto answer = ReadAnswer(message);
  if (!answer) return Spurious();
  if (answer->timeout) return MoveTimer(*answer->timeout);
  TakeMetadata(answer->metadata);
  if (answer->part == Part::kImmediate) return OnImmediate(answer->immediate);
  OnSideAnswer(std::move(*answer));
}

void ExtProcFilter::OnSideAnswer(Answer&& answer) {
  const Part part = answer.part;
  Side& side =
      part == Part::kRequestHead || part == Part::kRequestBody || part == Part::kRequestTrailers
          ? request_
          : response_;
  const bool of_head = part == Part::kRequestHead || part == Part::kResponseHead;
  if (of_head && side.Expects(part)) TakeMode(answer);
  switch (side.OnAnswer(part, std::move(answer.common))) {
    case Side::Fate::kSpurious: return Spurious();
    case Side::Fate::kFailed: return Fail(plan().error_status, "ext_proc_error_invalid_mutation");
    default: break;
  }
  if (!over_ && request_.finished() && response_.finished()) Leave();
}

void ExtProcFilter::TakeMetadata(const ValueStruct& metadata) {
  const Names* received = &plan().received_metadata;
  if (own_ != nullptr && own_->received_metadata) received = &*own_->received_metadata;
  for (const auto& [name, value] : metadata) {
    const ValueStruct* fields = value.AsStruct();
    if (fields == nullptr || std::ranges::find(*received, name) == received->end()) continue;
    ValueStruct& own = host().info().dynamic_metadata(name);
    for (const auto& [key, field] : *fields) own.insert_or_assign(key, field);
  }
}

void ExtProcFilter::TakeMode(const Answer& answer) {
  if (!answer.mode || !plan().allow_mode_override) return;
  const auto same = [&](ProcessingModeConfig allowed) {
    allowed.request_header_mode = answer.mode->request_header_mode;  // it has gone by
    return allowed == *answer.mode;
  };
  if (!plan().allowed_modes.empty() && std::ranges::none_of(plan().allowed_modes, same)) return;
  mode_ = Override(mode_, *answer.mode);
}

void ExtProcFilter::MoveTimer(Duration timeout) {
  const bool sound =
      timeout >= std::chrono::milliseconds(1) && timeout <= plan().max_message_timeout;
  bool moved = false;
  if (sound && request_.TakeOverride()) {
    request_timer_.Arm(timeout);
    moved = true;
  }
  if (sound && response_.TakeOverride()) {
    response_timer_.Arm(timeout);
    moved = true;
  }
  (moved ? worker_.stats().override_message_timeout_received
         : worker_.stats().override_message_timeout_ignored)
      .Inc();
}

void ExtProcFilter::ClearRouteCache(const CommonAnswer& answer) {
  if (plan().route_cache == RouteCacheAction::kRetain) {
    if (answer.clear_route_cache) worker_.stats().clear_route_cache_disabled.Inc();
    return;
  }
  if (plan().route_cache == RouteCacheAction::kDefault && !answer.clear_route_cache) return;
  if (!answer.headers) return worker_.stats().clear_route_cache_ignored.Inc();
  host().ClearRouteCache();
}

void ExtProcFilter::OnImmediate(const ImmediateAnswer& answer) {
  if (!plan().allow_immediate) {
    worker_.stats().spurious_msgs_received.Inc();
    return Leave();
  }
  Reply(answer, ToDetails(answer.details, host().arena()));
}

void ExtProcFilter::OnProcessorEnd(uint64_t grpc_status) {
  if (over_) return;
  if (grpc_status == 0) {
    worker_.stats().streams_closed.Inc();
    return Leave();
  }
  worker_.stats().streams_failed.Inc();
  Fail(plan().error_status,
       host().arena().Copy(fmt::format("ext_proc_error_gRPC_error_{}", grpc_status)));
}

// --- Failures, and the end.

void ExtProcFilter::OnTimeout() {
  worker_.stats().message_timeouts.Inc();
  Fail(plan().timeout_status, "ext_proc_error_per-message_timeout_exceeded");
}

void ExtProcFilter::Spurious() {
  worker_.stats().spurious_msgs_received.Inc();
  Fail(plan().error_status, "ext_proc_error_spurious_message");
}

void ExtProcFilter::Fail(uint32_t status, std::string_view details) {
  const bool allow = own_ != nullptr && own_->failure_mode_allow ? *own_->failure_mode_allow
                                                                 : plan().failure_mode_allow;
  if (!allow) {
    ImmediateAnswer answer;
    answer.status = status;
    return Reply(answer, details);
  }
  worker_.stats().failure_mode_allowed.Inc();
  Leave();
}

void ExtProcFilter::Leave() {
  over_ = true;
  Close();
  request_.GiveUp();
  response_.GiveUp();
}

void ExtProcFilter::Close() {
  if (processor_ == nullptr || !processor_->open()) return;
  worker_.stats().streams_closed.Inc();
  processor_->Stop();
}

void ExtProcFilter::Reply(const ImmediateAnswer& answer, std::string_view details) {
  over_ = true;
  Close();
  request_.Drop();
  response_.Drop();
  struct Edit {
    ExtProcFilter& self;
    const HeaderMutation& mutation;
  } edit{*this, answer.headers};
  filter::LocalReply reply;
  reply.status = answer.status;
  reply.body = answer.body;
  reply.details = details;
  reply.grpc_status = answer.grpc_status;
  reply.edit = [](http::HeaderMap& head, void* context) {
    const Edit& of = *static_cast<const Edit*>(context);
    of.self.CountRejected(
        Mutate(of.mutation, of.self.plan().rules, Target::kReply, false, head).rejected);
  };
  reply.edit_context = &edit;
  host().SendLocalReply(reply);
}

}  // namespace sluice::filters::ext_proc
