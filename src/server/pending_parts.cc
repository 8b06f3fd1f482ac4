#include "pending_parts.h"

#include <optional>
#include <string>
#include <utility>

namespace sluice::server {
namespace {

class Resolver final : public net::DnsResolver {
 public:
  explicit Resolver(EventLoop& loop) : loop_(loop) {}
  // net::DnsResolver
  std::unique_ptr<net::DnsQuery> Resolve(std::string_view name, net::DnsFamily /*family*/,
                                         net::DnsCallback done) override {
    auto query = std::make_unique<Query>(loop_);
    query->timer.emplace(loop_, [name = std::string(name), done = std::move(done)]() mutable {
      done(Fail(ErrorCode::kInternal, Origin::kLocal, "cannot resolve " + name + " yet"));
    });
    query->timer->Arm(Duration::zero());
    return query;
  }

 private:
  struct Query final : net::DnsQuery {
    explicit Query(EventLoop& /*loop*/) {}
    std::optional<Timer> timer;
  };
  EventLoop& loop_;
};

class Client final : public filter::AsyncClient {
 public:
  explicit Client(EventLoop& loop) : loop_(loop) {}
  // filter::AsyncClient
  std::unique_ptr<filter::AsyncTicket> Send(filter::AsyncRequest /*request*/,
                                            filter::AsyncEvents& events) override {
    auto ticket = std::make_unique<Ticket>();
    ticket->timer.emplace(loop_, [&events] {
      events.OnFailure(
          Fail(ErrorCode::kInternal, Origin::kLocal, "calls from filters are not there yet")
              .error());
    });
    ticket->timer->Arm(Duration::zero());
    return ticket;
  }

 private:
  struct Ticket final : filter::AsyncTicket {
    std::optional<Timer> timer;
  };
  EventLoop& loop_;
};

}  // namespace

std::unique_ptr<net::DnsResolver> MakePendingResolver(EventLoop& loop) {
  return std::make_unique<Resolver>(loop);
}

std::unique_ptr<filter::AsyncClient> MakePendingAsyncClient(EventLoop& loop) {
  return std::make_unique<Client>(loop);
}

}  // namespace sluice::server
