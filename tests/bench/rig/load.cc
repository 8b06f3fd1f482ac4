// The load generator. Warms up, says "start", counts for a while, says what it counted as one line
// of JSON, and stays with its connections open until its input ends.
//   rig_load kind=http|echo|bulk port=PORT connections=N seconds=S warmup=S [rate=UNITS_A_SECOND]
//            [tls=1] [check=UNITS] [hold=1] and what load.h says for each kind
// check: so many units, every byte compared, then the end. hold: one unit on each connection, then
// they stay idle.
#include "load.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>

#include <sys/epoll.h>
#include <unistd.h>

namespace rig {

double Histogram::PercentileUs(double part) const {
  uint64_t all = 0;
  for (uint64_t n : cells_) all += n;
  auto left = static_cast<uint64_t>(static_cast<double>(all) * part);
  for (size_t cell = 0; cell < cells_.size(); ++cell) {
    if (left < cells_[cell]) {
      if (cell < 32) return static_cast<double>(cell) * 1e-3;
      const auto shift = cell / 32 - 1;
      return static_cast<double>((32 + cell % 32) << shift) * 1e-3;
    }
    left -= cells_[cell];
  }
  return 0;
}

void Load::Done(uint64_t began, double amount) {
  if (!counting) return;
  units += amount;
  const uint64_t now = NowNs();
  times.Add(now > began ? now - began : 0);
}

void Session::Connect() {
  channel_.Open(Dial(load_.port), load_.tls, false);
  Watch(load_.epoll, channel_.fd(), this);
}

void Session::Failed(const char* what) {
  if (load_.check || ++load_.errors > 1000) Die(what);
  channel_.Close();
  Next();
}

void Session::Next() { load_.idle.push_back(this); }

namespace {

class Generator {
 public:
  explicit Generator(const Options& options) : options_(options), load_(options) {
    load_.port = static_cast<int>(options.Int("port", 0));
    load_.check = options.Int("check", 0) > 0;
    rate_ = static_cast<double>(options.Int("rate", 0));
    if (options.Int("tls", 0) != 0) load_.tls = ClientTls();
    const std::string kind = options.Text("kind", "http");
    auto* make = kind == "http"   ? MakeHttpSession
                 : kind == "echo" ? MakeEchoSession
                                  : MakeBulkSession;
    const auto count = static_cast<size_t>(options.Int("connections", 1));
    for (size_t i = 0; i < count; ++i) sessions_.push_back(make(load_, i));
  }

  void Run() {
    if (options_.Int("hold", 0) != 0) return Hold();
    for (auto& session : sessions_) load_.idle.push_back(session.get());
    if (load_.check) return Check();
    next_due_ = NowNs();
    Turn(NowNs() + Ns("warmup", 300));
    Say("start");
    load_.counting = true;
    const uint64_t began = NowNs();
    Turn(began + Ns("millis", 2000));
    const double seconds = static_cast<double>(NowNs() - began) * 1e-9;
    std::printf(
        "{\"units\": %.6f, \"seconds\": %.6f, \"p50\": %.2f, \"p99\": %.2f, \"p999\": %.2f, "
        "\"errors\": %lu, \"resumed\": %lu}\n",
        load_.units, seconds, load_.times.PercentileUs(0.5), load_.times.PercentileUs(0.99),
        load_.times.PercentileUs(0.999), load_.errors, load_.resumed);
    std::fflush(stdout);
    AwaitEnd();
  }

 private:
  uint64_t Ns(const char* name, long fallback_ms) const {
    return static_cast<uint64_t>(options_.Int(name, fallback_ms)) * 1'000'000;
  }
  static void Say(const char* word) {
    std::puts(word);
    std::fflush(stdout);
  }
  static void AwaitEnd() {
    char byte;
    while (::read(0, &byte, 1) > 0) {
    }
  }

  // One connection after the other, so that no queue overflows.
  void Hold() {
    load_.counting = true;
    for (auto& session : sessions_) {
      session->Begin(NowNs());
      while (load_.idle.empty()) Events(NowNs() + 10'000'000);
      load_.idle.clear();
    }
    Say("start");
    AwaitEnd();
  }

  void Check() {
    const auto wanted = static_cast<double>(options_.Int("check", 1));
    load_.counting = true;
    const uint64_t end = NowNs() + 20'000'000'000;
    const double unit = options_.Text("kind", "") == "bulk" ? 1e-2 : 1;  // of a GB
    while (load_.units < wanted * unit) {
      if (NowNs() > end) Die("the check has not ended in time");
      Turn(NowNs() + 1'000'000);
    }
    Say("checked");
  }

  void Turn(uint64_t end) {
    for (uint64_t now = NowNs(); now < end; now = NowNs()) {
      rate_ > 0 ? BeginDue(now) : BeginAll(now);
      Events(end);
    }
  }

  void BeginAll(uint64_t now) {
    std::vector<Session*> ready;
    ready.swap(load_.idle);
    for (Session* session : ready) session->Begin(now);
  }

  // Times count from when a unit was due, so that a proxy that stalls is not excused.
  void BeginDue(uint64_t now) {
    while (next_due_ <= now && !load_.idle.empty()) {
      Session* session = load_.idle.front();
      load_.idle.erase(load_.idle.begin());
      session->Begin(next_due_);
      next_due_ += static_cast<uint64_t>(1e9 / rate_);
    }
  }

  void Events(uint64_t end) {
    constexpr uint64_t kTick = 50'000;
    uint64_t until = end;
    const uint64_t now = NowNs();
    if (rate_ > 0 && !load_.idle.empty()) until = std::max(next_due_, now + kTick);
    const uint64_t wait = until > now ? until - now : 0;
    timespec timeout{static_cast<time_t>(wait / 1'000'000'000),
                     static_cast<long>(wait % 1'000'000'000)};
    const bool at_once = rate_ == 0 && !load_.idle.empty() && options_.Int("hold", 0) == 0;
    if (at_once) timeout = {};
    std::array<epoll_event, 256> events;
    int n = ::epoll_pwait2(load_.epoll, events.data(), static_cast<int>(events.size()), &timeout,
                           nullptr);
    if (n < 0 && errno != EINTR) Die("epoll_pwait2");
    for (int i = 0; i < n; ++i) {
      static_cast<Session*>(events[static_cast<size_t>(i)].data.ptr)->OnReady();
    }
  }

  const Options& options_;
  Load load_;
  double rate_ = 0;
  uint64_t next_due_ = 0;
  std::vector<std::unique_ptr<Session>> sessions_;
};

}  // namespace
}  // namespace rig

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  rig::AllowManyFiles();
  rig::Options options(argc, argv);
  rig::Generator(options).Run();
}
