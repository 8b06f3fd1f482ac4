// envoy.filters.http.ext_authz: holds a request until a service has said whether it may pass.
//
// The call is a ticket: it goes with the stream. Per stream; one worker. Hard rule: whatever goes
// wrong on the way to an answer, a request that was not allowed does not pass, unless
// failure_mode_allow says so.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "check_request.h"
#include "ext_authz_worker.h"
#include "sluice/filter/async_client.h"
#include "sluice/filter/http_filter.h"
#include "verdict.h"

namespace sluice::filters::ext_authz {

class ExtAuthzFilter final : public filter::HttpFilter, private filter::AsyncEvents {
 public:
  explicit ExtAuthzFilter(ExtAuthzWorker& worker) : worker_(worker) {}

  // filter::HttpFilter
  bool WantsBodies() const override { return state_ == State::kHolding; }
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnRequestData(ByteChain& data, bool end) override;
  filter::FilterStatus OnRequestTrailers(http::HeaderMap& trailers) override;
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;
  void OnDestroy() override { call_.reset(); }

 private:
  enum class State : uint8_t {
    kPassing,  // nobody is asked
    kHolding,  // for the body
    kAsking,
    kDecided,
  };

  // filter::AsyncEvents
  void OnResponse(filter::AsyncResponse&& response) override;
  void OnFailure(const Error& error) override;

  const Plan& plan() const { return worker_.plan(); }
  const RoutePlan* route() { return static_cast<const RoutePlan*>(host().route_config()); }
  bool IsEnabled();
  filter::FilterStatus PassDisabled();
  filter::FilterStatus Ask(const CheckBody* body);
  // About the body that is held here with `last` behind it.
  filter::FilterStatus AskWithBody(const ByteChain* last, bool whole);

  void Decide(Verdict&& verdict);
  void TakeMetadata(Verdict& verdict);
  void Allow(Verdict& verdict);
  void Deny(const Verdict& verdict);
  void Fail(const Verdict& verdict);
  void Reply(uint32_t status, const Verdict& verdict, std::string_view details);

  ExtAuthzWorker& worker_;
  ClusterStats* cluster_ = nullptr;  // the worker's; null: none
  BodyRule rule_;
  State state_ = State::kPassing;
  MonoTime asked_at_{};
  std::vector<FieldEdit> response_;
  std::unique_ptr<filter::AsyncTicket> call_;
};

}  // namespace sluice::filters::ext_authz
