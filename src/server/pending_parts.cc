#include "pending_parts.h"

#include <optional>
#include <string>
#include <utility>

namespace sluice::server {
namespace {

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

std::unique_ptr<filter::AsyncClient> MakePendingAsyncClient(EventLoop& loop) {
  return std::make_unique<Client>(loop);
}

}  // namespace sluice::server
