// Requests are taken by the server codec and sent on by the client codec. Whatever comes in, what
// goes out is whole requests, one for each that was taken, and a strict reader of the output sees
// the same messages. Known attacks must not get through at all.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "unit/codec/http1/harness.h"

namespace sluice::http1::test {
namespace {

// Forwards every request that arrives whole, and answers it.
struct Forwarder {
  explicit Forwarder(const ServerOptions& options = {})
      : server(options, ServerHarness::Answer::kByHand) {
    server.on_stream = [this](RecordingSink& sink) {
      sink.on_head = [this, &sink](bool end) {
        if (end) Forward(sink, false);
      };
      sink.on_data = [this, &sink](bool end) {
        if (end) Forward(sink, true);
      };
    };
  }

  void Forward(RecordingSink& sink, bool with_body) {
    ClientHarness client;
    http::CodecStream& stream = client.Start();
    stream.SendHead(sink.head, !with_body);
    if (with_body) {
      ByteChain body;
      body.Append(sink.body);
      stream.SendData(body, true);
    }
    upstream += client.TakeOutput();
    ++forwarded;
    ServerHarness::Answered(sink, 200);
  }

  ServerHarness server;
  std::string upstream;
  int forwarded = 0;
};

// The bodies of the messages in `wire`, or the failure.
std::vector<std::string> Messages(std::string_view wire) {
  ServerHarness server;
  std::vector<std::string> messages;
  if (!server.Feed(wire)) return {"failed: " + server.failure};
  for (const auto& sink : server.sinks) {
    messages.push_back(std::string(*sink->head.Get(":path")) + " " + sink->body);
    if (!sink->ended) messages.back() += " (unfinished)";
  }
  return messages;
}

TEST(Http1SmugglingTest, WhatGoesOnIsWhatWasTaken) {
  Forwarder proxy;
  ASSERT_TRUE(proxy.server.Feed(
      "POST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=y\r\nGET /\r\n0\r\nX: y\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 0018\r\n\r\nGET /evil HTTP/1.1"
      "GET /3 HTTP/1.1\r\nHost: h\r\nConnection: content-length\r\n\r\n"));
  EXPECT_EQ(proxy.forwarded, 3);
  EXPECT_EQ(Messages(proxy.upstream),
            (std::vector<std::string>{"/1 GET /", "/2 GET /evil HTTP/1.1", "/3 "}));
}

struct Attack {
  std::string name;
  std::string request;
};

void AddChunkAttacks(const std::string& post, const std::string& evil,
                     std::vector<Attack>& attacks) {
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  for (const char* body : {"5\nhello\r\n0\r\n\r\n",
                           "5\r\nhello\n0\r\n\r\n",
                           "5 \r\nhello\r\n0\r\n\r\n",
                           "0x5\r\nhello\r\n0\r\n\r\n",
                           "5;\nx\r\nhello\r\n0\r\n\r\n",
                           "5;a\nb\r\nhello\r\n0\r\n\r\n",
                           "5;a\rb\r\nhello\r\n0\r\n\r\n",
                           "2147483648\r\nx",
                           "100000005\r\nhello",
                           "FFFFFFFFFFFFFFFF1\r\nhello\r\n0\r\n\r\n",
                           "0_5\r\nhello\r\n0\r\n\r\n",
                           "+5\r\nhello\r\n0\r\n\r\n",
                           "-1\r\nx\r\n0\r\n\r\n",
                           "5\r\nhelloXX0\r\n\r\n",
                           "5\r\nhell\r\n0\r\n\r\n",
                           "0\r\nContent-Length: 44\r\n\r\n",
                           "0\r\nTransfer-Encoding: chunked\r\n\r\n",
                           "0\r\nX: y\nZ: w\r\n\r\n",
                           "0\r\n X: y\r\n\r\n",
                           "0\n\r\n",
                           "0\r\n\n",
                           "0\r\n\r"}) {
    attacks.push_back({body, chunked + body + evil});
  }
}

std::vector<Attack> Attacks() {
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  const std::string evil = "GET /evil HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string chunked_end = "0\r\n\r\n";
  std::vector<Attack> attacks = {
      {"CL.TE",
       post + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked_end + "G"},
      {"TE.CL", post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n" + evil},
      {"CL.CL", post + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + evil},
      {"CL list", post + "Content-Length: 0, 44\r\n\r\n" + evil},
      {"CL plus", post + "Content-Length: +44\r\n\r\n" + evil},
      {"CL octal hex", post + "Content-Length: 0x2c\r\n\r\n" + evil},
      {"CL space", post + "Content-Length: 4 4\r\n\r\n" + evil},
      {"CL underscored space", post + "Content-Length : 44\r\n\r\n" + evil},
      {"CL wraps", post + "Content-Length: 18446744073709551616\r\n\r\n" + evil},
      {"CL folded", post + "Content-Length:\r\n 44\r\n\r\n" + evil},
      {"bare LF head", "POST / HTTP/1.1\nHost: h\nContent-Length: 44\n\n" + evil},
      {"bare LF line", post + "X: y\nTransfer-Encoding: chunked\r\n\r\n" + chunked_end + evil},
      {"bare CR line", post + "X: y\rTransfer-Encoding: chunked\r\n\r\n" + chunked_end + evil},
      {"NUL in name", post + std::string("Content-Length\0: 44\r\n\r\n", 24) + evil},
      {"NUL in value", post + std::string("Content-Length: 44\0\r\n\r\n", 23) + evil},
      {"HTTP/1.0 TE",
       "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked_end + evil},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
      {"space in target", "GET /a b HTTP/1.1\r\nX: y HTTP/1.1\r\nHost: h\r\n\r\n" + evil},
      {"line in target", "GET /a\rHost: x HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"absolute with user", "GET http://good@evil/ HTTP/1.1\r\nHost: good\r\n\r\n"},
      {"version 2", "GET / HTTP/2.0\r\nHost: h\r\n\r\n" + evil},
      {"leading blank line", "\r\n" + evil},
      {"folded first field", "GET / HTTP/1.1\r\n Host: a\r\nHost: b\r\n\r\n"},
  };
  for (const char* te : {"Transfer-Encoding : chunked", "Transfer-Encoding: xchunked",
                         "Transfer-Encoding: chunked\x0b",
                         "Transfer-Encoding:\x0b"
                         "chunked",
                         " Transfer-Encoding: chunked", "Transfer-Encoding:\r\n chunked",
                         "Transfer-Encoding\r\n : chunked", "Transfer-Encoding: gzip, chunked",
                         "Transfer-Encoding: chunked, gzip", "Transfer-Encoding: identity, chunked",
                         "Transfer-Encoding: \"chunked\"", "Transfer-Encoding: 'chunked'",
                         "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                         "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
                         "Transfer-Encoding: chunk\r\nTransfer-Encoding: ed",
                         "Transfer-Encoding: cow\r\ntransfer-encoding: chunked",
                         "Transfer-Encoding\x01: chunked", "X: a\rTransfer-Encoding: chunked"}) {
    attacks.push_back({te, post + te + "\r\nContent-Length: 4\r\n\r\n" + chunked_end + evil});
    attacks.push_back({te, post + te + "\r\n\r\n" + chunked_end + evil});
  }
  AddChunkAttacks(post, evil, attacks);
  return attacks;
}

TEST(Http1SmugglingTest, AttacksAreRefusedAndCloseTheConnection) {
  for (bool http10 : {false, true}) {
    ServerOptions options;
    options.accept_http_10 = http10;
    options.enable_trailers = http10;
    for (const Attack& attack : Attacks()) {
      SCOPED_TRACE(attack.name);
      Forwarder proxy(options);
      // Huge chunk sizes are merely waited for: nothing of them goes on, either.
      const bool taken = proxy.server.Feed(attack.request).has_value();
      EXPECT_EQ(proxy.forwarded, 0) << proxy.upstream;
      if (taken) {
        EXPECT_EQ(proxy.server.codec->active_streams(), 1u);
        EXPECT_TRUE(attack.name.starts_with("2147483648") || attack.name.starts_with("100000005"));
        continue;
      }
      EXPECT_FALSE(proxy.server.codec->may_persist());
      EXPECT_TRUE(proxy.server.TakeOutput().contains("\r\nconnection: close\r\n"));
    }
  }
}

TEST(Http1SmugglingTest, HeadersThatOnlyLookLikeFramingAreForwardedAsTheyAre) {
  Forwarder proxy;
  ASSERT_TRUE(
      proxy.server.Feed("POST /a HTTP/1.1\r\nHost: h\r\nTransfer_Encoding: chunked\r\n"
                        "X-Content-Length: 9\r\nContent-Length: 3\r\n\r\nabc"));
  EXPECT_EQ(Messages(proxy.upstream), std::vector<std::string>{"/a abc"});
}

}  // namespace
}  // namespace sluice::http1::test
