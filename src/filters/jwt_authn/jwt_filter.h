// envoy.filters.http.jwt_authn: a request passes when its JSON Web Tokens are what its rule or its
// route requires; others get 401 or 403. Per stream; one worker.
//
// Hard rule: whatever goes wrong on the way to keys, a request that was not allowed does not pass.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "checker.h"
#include "jwt_worker.h"
#include "sluice/base/intrusive_list.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filters::jwt_authn {

class JwtFilter final : public filter::HttpFilter, public ListNode<> {
 public:
  explicit JwtFilter(JwtWorker& worker) : worker_(worker), checker_(worker) {}

  // filter::HttpFilter
  bool WantsBodies() const override { return false; }
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;
  void OnDestroy() override { StopWaiting(); }

  // There is news of the keys; the worker has taken the filter out of its list.
  void Resume();

 private:
  enum class State : uint8_t { kChecking, kWaiting, kDecided };

  // Null: nothing is required, or the request has been answered.
  const Requirement* FindRequirement(const http::HeaderMap& head);
  const Requirement* NamedByRoute(std::string_view name);
  filter::FilterStatus Check();
  void StopWaiting();
  void Deny(Status status, std::string& challenge);

  JwtWorker& worker_;
  Checker checker_;
  const Requirement* requirement_ = nullptr;
  State state_ = State::kChecking;
};

}  // namespace sluice::filters::jwt_authn
