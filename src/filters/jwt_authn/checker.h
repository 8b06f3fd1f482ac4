// Whether one request has what a requirement says: finds its tokens and verifies them. Looks only;
// what is to happen to the request is in findings(). Per request; one worker.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "jwt_worker.h"
#include "sluice/http/header_map.h"

namespace sluice::filters::jwt_authn {

// A token that was looked at.
struct Finding {
  const Provider* provider = nullptr;  // null: of nobody that is known
  const Place* place = nullptr;
  TokenPtr token;  // null: not good
  Status status = Status::kOk;
};

class Checker {
 public:
  explicit Checker(JwtWorker& worker) : worker_(worker) {}

  // Nothing: keys of awaited() are needed first, and then this is to be called again. Keys that
  // have been waited for once are not waited for again.
  std::optional<Status> Check(const Requirement& requirement, const http::HeaderMap& head);
  size_t awaited() const { return *awaited_; }
  const std::vector<Finding>& findings() const { return findings_; }

 private:
  using Verdict = std::optional<Status>;  // nothing: keys are needed

  Verdict CheckOne(const Requirement& requirement, const http::HeaderMap& head);
  Verdict CheckProvider(const Requirement& requirement, const http::HeaderMap& head);
  Verdict CheckAny(const Requirement& requirement, const http::HeaderMap& head);
  Verdict CheckAll(const Requirement& requirement, const http::HeaderMap& head);
  Verdict CheckAllowance(const Requirement& requirement, const http::HeaderMap& head);
  // A token of a request: of the provider that is required, or of one of the allowance's.
  Verdict CheckFound(const Place& place, std::string_view text, const Requirement& requirement);
  Verdict CheckToken(size_t provider, const Requirement& requirement, const TokenPtr& token,
                     bool known);
  Verdict VerifySignature(size_t provider, const TokenPtr& token);
  Status CheckClaims(const Provider& provider, const Requirement& requirement,
                     const Token& token) const;

  JwtWorker& worker_;
  std::vector<Finding> findings_;
  std::vector<size_t> waited_;  // providers
  std::optional<size_t> awaited_;
};

}  // namespace sluice::filters::jwt_authn
