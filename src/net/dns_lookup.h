// One name being looked up: the questions of its family setting one after the other. It belongs to
// c-ares until that has called back, and outlives the ticket when that is dropped.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ares.h>

#include "sluice/event/loop.h"
#include "sluice/net/dns.h"

namespace sluice::net {

class DnsLookup;

// The asker's end. Tells the outcome from the run list, so never from inside Resolve or c-ares.
class DnsTicket final : public DnsQuery, private RunItem {
 public:
  DnsTicket(EventLoop& loop, DnsCallback done) : loop_(loop), done_(std::move(done)) {}
  ~DnsTicket() override;

  void Finish(Result<DnsAnswer> answer);

 private:
  friend class DnsLookup;
  // RunItem
  void Run() override;

  EventLoop& loop_;
  DnsCallback done_;
  Result<DnsAnswer> answer_;
  DnsLookup* lookup_ = nullptr;  // null once it is answered
};

class DnsLookup {
 public:
  // `families` are AF_ numbers, asked in turn until one has addresses.
  DnsLookup(std::string name, std::vector<int> families, DnsTicket& ticket);
  ~DnsLookup();
  DnsLookup(const DnsLookup&) = delete;
  DnsLookup& operator=(const DnsLookup&) = delete;

  // Asks the next question and gives the lookup to c-ares.
  static void Ask(std::unique_ptr<DnsLookup> lookup, ares_channel channel);

 private:
  friend class DnsTicket;
  void Take(const ares_addrinfo& found);
  Result<DnsAnswer> Outcome(int status) const;

  std::string name_;
  std::vector<int> families_;  // those still to be asked, last first
  DnsTicket* ticket_;          // null when nobody waits any more
  ares_channel channel_ = nullptr;
  DnsAnswer answer_;
};

}  // namespace sluice::net
