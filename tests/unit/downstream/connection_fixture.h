// A client socket, an HttpConnection at its other end, and scripted filters behind it. The clock is
// stepped by the test.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_connection.h"
#include "manager_worker.h"
#include "sluice/base/clock.h"
#include "sluice/filter/async_client.h"
#include "sluice/net/connection.h"
#include "sluice/stats/store.h"
#include "support/scripted_filter.h"

namespace sluice::downstream {

using filter::FilterStatus;
using filter::HttpFilterHost;
using Script = testing::ScriptedFilter::Script;

// Filters of all workers share one script, which the test changes as it goes.
class ScriptedFactory final : public filter::HttpFilterFactory {
 public:
  ScriptedFactory(std::string name, testing::Log& log, bool terminal)
      : name_(std::move(name)), log_(log), terminal_(terminal) {}
  bool terminal() const override { return terminal_; }
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(
      filter::WorkerContext& /*worker*/, const stats::Scope& /*scope*/) const override {
    auto made = std::make_unique<testing::ScriptedFilterWorker>(name_, log_);
    worker = made.get();
    return made;
  }
  mutable testing::ScriptedFilterWorker* worker = nullptr;

 private:
  std::string name_;
  testing::Log& log_;
  bool terminal_;
};

// What the listener is to its filters.
class ConnectionHost final : public filter::NetworkFilterHost, private net::ConnectionEvents {
 public:
  ConnectionHost(EventLoop& loop, int fd, ManagerWorker& manager, filter::WorkerContext& worker)
      : connection_(loop, fd, *net::Address::FromIp("10.0.0.9", 8080),
                    *net::Address::FromIp("50.0.0.1", 4000), net::MakeRawTransport()),
        worker_(worker),
        filter_(manager.Create()) {
    facts_.local = &connection_.local();
    facts_.remote = &connection_.remote();
    facts_.direct_remote = &connection_.remote();
    facts_.direct_local = &connection_.local();
    info_.connection = &facts_;
    connection_.SetEvents(this);
    filter_->SetHost(*this);
    filter_->OnNewConnection();
    connection_.StartReading();
  }
  ~ConnectionHost() override {
    if (!closed) connection_.Close();
  }

  filter::NetworkFilter& filter() { return *filter_; }
  net::Connection& connection() override { return connection_; }
  stream::StreamInfo& info() override { return info_; }
  const stream::ConnectionInfo& connection_info() override { return facts_; }
  filter::WorkerContext& worker() override { return worker_; }
  void Continue() override {}
  void ContinueOutput(const filter::NetworkFilter& /*filter*/) override {}
  void Close(net::CloseKind kind, std::string_view details) override {
    close_details = details;
    kind == net::CloseKind::kReset ? connection_.Reset() : connection_.Close();
  }
  bool bytes_may_bypass() const override { return true; }

  bool closed = false;
  std::string close_details;

 private:
  void OnBytes(ByteChain& in, bool end) override { filter_->OnData(in, end); }
  void OnOutputHigh() override { filter_->OnOutputHigh(); }
  void OnOutputLow() override { filter_->OnOutputLow(); }
  void OnClosed(const net::CloseInfo& info) override {
    closed = true;
    filter_->OnClosed(info);
  }

  net::Connection connection_;
  stream::ConnectionInfo facts_;
  stream::StreamInfo info_;
  filter::WorkerContext& worker_;
  std::unique_ptr<filter::NetworkFilter> filter_;
};

class NoAsyncClient final : public filter::AsyncClient {
 public:
  bool HasCluster(std::string_view) const override { return false; }
  std::unique_ptr<filter::AsyncStream> Open(filter::AsyncRequest,
                                            filter::AsyncStreamEvents&) override {
    return nullptr;
  }
  std::unique_ptr<filter::AsyncTicket> Send(filter::AsyncRequest, filter::AsyncEvents&) override {
    return nullptr;
  }
};

class HttpConnectionTest : public ::testing::Test {
 protected:
  HttpConnectionTest() : plan_(std::make_shared<ManagerPlan>()) {
    plan_->options.stat_prefix = "in";
    plan_->options.process = &process_;
    plan_->options.address.detection.emplace_back();
  }
  ~HttpConnectionTest() override {
    host_.reset();
    loop_.RunOnce({});
    if (client_ >= 0) ::close(client_);
  }

  // One filter a name, the last terminal; then the connection.
  void Start(const std::vector<std::string>& names = {"t"}) {
    ManagerPlan::Chain& chain = plan_->chains.emplace_back();
    for (const std::string& name : names) {
      auto factory = std::make_unique<ScriptedFactory>(name, log_, name == names.back());
      factories_.push_back(factory.get());
      chain.filters.push_back({std::move(factory), false});
    }
    manager_ = std::make_unique<ManagerWorker>(plan_, worker_);
    Connect();
  }
  void Connect() {
    host_.reset();
    loop_.RunOnce({});
    if (client_ >= 0) ::close(client_);
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    client_ = fds[0];
    host_ = std::make_unique<ConnectionHost>(loop_, fds[1], *manager_, worker_);
  }

  Script& At(size_t index) { return factories_[index]->worker->script; }
  Script& Terminal() { return At(factories_.size() - 1); }
  HttpFilterHost& Host() { return *Terminal().host; }
  // The terminal filter answers each request at once, when it is complete.
  void AnswerAll(std::string body = "hello") {
    const auto answer = [body](HttpFilterHost& host, bool end) {
      if (end) Answer(host, body);
      return FilterStatus::kContinue;
    };
    Terminal().request_head = answer;
    Terminal().request_data = [answer](HttpFilterHost& host, ByteChain&, bool end) {
      return answer(host, end);
    };
  }
  static void Answer(HttpFilterHost& host, std::string_view body, std::string_view status = "200") {
    host.response_head().Set(http::HeaderId::kStatus, status);
    host.response_head().Set(http::HeaderId::kContentLength, std::to_string(body.size()));
    host.SendResponseHead(body.empty());
    if (body.empty()) return;
    ByteChain data;
    data.Append(body);
    host.SendResponseData(data, true);
  }

  void Send(std::string_view bytes) {
    ASSERT_EQ(::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    Turn();
  }
  void Turn(int turns = 4) {
    for (int i = 0; i < turns; ++i) loop_.RunOnce({});
  }
  void Pass(Duration time) {
    clock_.Advance(time);
    Turn();
  }
  // All that has come; the connection's end is "<end>".
  std::string Receive() {
    Turn();
    std::string all;
    char bytes[65536];
    while (true) {
      const ssize_t got = ::recv(client_, bytes, sizeof(bytes), MSG_DONTWAIT);
      if (got > 0) all.append(bytes, static_cast<size_t>(got));
      if (got == 0) return all + "<end>";
      if (got < 0 && errno == ECONNRESET) return all + "<reset>";
      if (got < 0) return all;
      Turn();
    }
  }
  // The first line, and the body.
  static std::string Status(const std::string& response) {
    return response.substr(0, response.find("\r\n"));
  }
  static std::string Body(const std::string& response) {
    const size_t at = response.find("\r\n\r\n");
    return at == std::string::npos ? "" : response.substr(at + 4);
  }
  static bool Has(const std::string& response, std::string_view field) {
    return response.find("\r\n" + std::string(field) + "\r\n") != std::string::npos;
  }
  uint64_t Counter(const std::string& name) { return store_.CounterValue("http.in." + name); }
  uint64_t Gauge(const std::string& name) { return store_.GaugeValue("http.in." + name); }
  std::string TakeLog() {
    std::string all;
    for (const std::string& word : log_) all += (all.empty() ? "" : " ") + word;
    log_.clear();
    return all;
  }
  ManagerOptions& Options() { return plan_->options; }

  ManualClock clock_;
  EventLoop loop_{clock_};
  stats::Store store_{1};
  NoAsyncClient async_client_;
  alignas(16) char no_clusters_[16] = {};  // nobody looks inside
  filter::WorkerContext worker_{
      loop_, store_, 0, 1, reinterpret_cast<upstream::ClusterSet&>(no_clusters_), async_client_};
  filter::ProcessState process_;
  testing::Log log_;
  std::shared_ptr<ManagerPlan> plan_;
  std::vector<ScriptedFactory*> factories_;
  std::unique_ptr<ManagerWorker> manager_;
  std::unique_ptr<ConnectionHost> host_;
  int client_ = -1;
};

}  // namespace sluice::downstream
