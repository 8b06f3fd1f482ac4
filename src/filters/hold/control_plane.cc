#include "control_plane.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/log.h"

namespace sluice::filters::hold {
namespace {

// A host of the list is a valid authority; what a query has another meaning for is escaped.
std::string Escape(std::string_view host) {
  std::string out;
  for (const char c : host) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                       c == '_' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace

// The last time that one host was asked to be woken.
class ControlPlane::Poke final : public filter::AsyncEvents {
 public:
  explicit Poke(ControlPlane& plane) : plane_(plane) {}
  void Send(std::string path) {
    at_ = plane_.loop_.Now();
    plane_.stats_.pokes.Inc();
    call_ = plane_.client_->Send(plane_.MakeRequest("POST", std::move(path)), *this);
  }
  bool Due() const {
    return call_ == nullptr && plane_.loop_.Now() - at_ >= plane_.plane_.poke_interval / 2;
  }

  // filter::AsyncEvents
  void OnResponse(filter::AsyncResponse&& response) override {
    if (response.status / 100 != 2) {
      return OnFailure({ErrorCode::kProtocol, Origin::kUpstream, Retry::kNo,
                        fmt::format("status {}", response.status), nullptr});
    }
    call_.reset();
  }
  void OnFailure(const Error& error) override {
    plane_.stats_.poke_failures.Inc();
    SLUICE_LOG(kFilter, kWarning, "hold: cannot ask for a host to be woken: {}", error.detail);
    call_.reset();
  }

 private:
  ControlPlane& plane_;
  MonoTime at_{};
  std::unique_ptr<filter::AsyncTicket> call_;
};

ControlPlane::ControlPlane(std::shared_ptr<const HoldConfig> config, EventLoop& main_loop,
                           const stats::Scope& scope)
    : config_(std::move(config)),
      plane_(config_->control_plane),
      loop_(main_loop),
      stats_(stats::Make<ControlPlaneStats>(scope)),
      poll_timer_(main_loop, [this] { Poll(); }) {}

ControlPlane::~ControlPlane() = default;

void ControlPlane::Start(filter::WorkerContext& main) {
  client_ = &main.async_client;
  renewed_ = loop_.Now();
  Poll();
}

void ControlPlane::Stop() {
  poll_timer_.Disarm();
  poll_.reset();
  pokes_.clear();
  client_ = nullptr;
}

filter::AsyncRequest ControlPlane::MakeRequest(std::string_view method, std::string path) const {
  filter::AsyncRequest request;
  request.cluster = *plane_.cluster;
  const std::string& authority = plane_.authority.empty() ? *plane_.cluster : plane_.authority;
  request.head = {{":method", std::string(method)},
                  {":scheme", "http"},
                  {":authority", authority},
                  {":path", std::move(path)}};
  if (method == "POST") request.head.emplace_back("content-length", "0");
  request.timeout = plane_.timeout;
  request.max_response_bytes = plane_.max_list_bytes;
  return request;
}

void ControlPlane::Poll() {
  stats_.polls.Inc();
  poll_ = client_->Send(MakeRequest("GET", plane_.list_path), *this);
}

void ControlPlane::OnResponse(filter::AsyncResponse&& response) {
  if (response.status != 200) return PollFailed(fmt::format("status {}", response.status));
  auto hosts = HostList::Parse(std::move(response.body), plane_.max_list_bytes);
  if (!hosts) return PollFailed(hosts.error().detail);
  renewed_ = loop_.Now();
  Take(std::move(*hosts));
  poll_.reset();
  poll_timer_.Arm(plane_.poll_interval);
}

void ControlPlane::OnFailure(const Error& error) { PollFailed(error.detail); }

void ControlPlane::PollFailed(std::string_view why) {
  stats_.poll_failures.Inc();
  SLUICE_LOG(kFilter, kWarning, "hold: no list of hosts from '{}': {}", *plane_.cluster, why);
  const bool known = hosts_ != nullptr && !hosts_->empty();
  if (known && loop_.Now() - renewed_ >= plane_.max_staleness) {
    stats_.list_expired.Inc();
    Take(std::make_shared<HostList>());
  }
  poll_.reset();
  poll_timer_.Arm(plane_.poll_interval);
}

void ControlPlane::Take(std::shared_ptr<const HostList> hosts) {
  if (hosts_ != nullptr && *hosts == *hosts_) return;
  hosts_ = std::move(hosts);
  stats_.list_changes.Inc();
  stats_.hosts.Set(hosts_->size());
  std::erase_if(pokes_, [this](const auto& poke) { return !hosts_->Has(poke.first); });
  feed_.Publish(hosts_);
}

void ControlPlane::Wake(std::string host) {
  if (plane_.poke_path.empty()) return;
  loop_.Post([this, host = std::move(host)] { WakeNow(host); });
}

void ControlPlane::WakeNow(const std::string& host) {
  if (client_ == nullptr || hosts_ == nullptr || !hosts_->Has(host)) return;
  std::unique_ptr<Poke>& poke = pokes_[host];
  if (poke == nullptr) {
    poke = std::make_unique<Poke>(*this);
  } else if (!poke->Due()) {
    return;
  }
  poke->Send(plane_.poke_path + Escape(host));
}

}  // namespace sluice::filters::hold
