// A CodecStream that writes down what is sent on it, one word each: "head:200", "data:abc",
// "end", "trailers", "reset:...".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/http/codec.h"

namespace sluice::testing {

class FakeCodecStream : public http::CodecStream {
 public:
  std::vector<std::string> log;
  int read_pauses = 0;
  size_t consumed = 0;
  size_t buffered = 0;
  bool close_after = false;
  bool tunnel = false;
  http::Version http_version = http::Version::kHttp11;
  http::StreamBytes stream_bytes;

  std::string Log() const {
    std::string all;
    for (const std::string& word : log) all += (all.empty() ? "" : " ") + word;
    return all;
  }

  // CodecStream
  void SendInformational(const http::HeaderMap& head) override {
    log.push_back("info:" + std::string(head.Get(http::HeaderId::kStatus).value_or("-")));
  }
  void SendHead(const http::HeaderMap& head, bool end) override {
    log.push_back("head:" + std::string(head.Get(http::HeaderId::kStatus).value_or("-")));
    if (end) log.emplace_back("end");
  }
  void SendData(ByteChain& data, bool end) override {
    log.push_back("data:" + data.ToString());
    data.Clear();
    if (end) log.emplace_back("end");
  }
  void SendTrailers(const http::HeaderMap& /*trailers*/) override { log.emplace_back("trailers"); }
  void Reset(http::ResetReason /*reason*/) override { log.emplace_back("reset"); }
  void BecomeTunnel() override { tunnel = true; }
  void PauseReading() override { ++read_pauses; }
  void ResumeReading() override { --read_pauses; }
  void Consumed(size_t bytes) override { consumed += bytes; }
  uint32_t id() const override { return 1; }
  http::Version version() const override { return http_version; }
  size_t buffered_output() const override { return buffered; }
  const http::StreamBytes& bytes() const override { return stream_bytes; }
  void CloseConnectionAfter() override { close_after = true; }
};

}  // namespace sluice::testing
