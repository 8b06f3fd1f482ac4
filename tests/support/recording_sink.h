// A MessageSink that writes down what it is told, in one string: for codec tests of any protocol.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/http/codec.h"

namespace sluice::test {

inline std::string FieldsText(const http::HeaderMap& map) {
  std::string text;
  for (const http::HeaderEntry& entry : map.entries()) {
    if (!text.empty()) text += '|';
    text.append(entry.Name()).append("=").append(entry.Value());
  }
  return text;
}

class RecordingSink : public http::MessageSink {
 public:
  // http::MessageSink
  http::HeaderMap& HeadMap() override { return head; }
  http::HeaderMap& TrailerMap() override { return trailers; }
  void Pin(Slice bytes) override { pins.push_back(std::move(bytes)); }
  void OnInformational(http::HeaderMap& map) override { log += "1xx{" + FieldsText(map) + "} "; }
  void OnHead(bool end) override {
    log += "head{" + FieldsText(head) + "} ";
    if (end) Ended();
    if (on_head) on_head(end);
  }
  void OnData(ByteChain& data, bool end) override {
    body += data.ToString();
    if (end) {
      log += "body{" + body + "} ";
      Ended();
    }
    if (on_data) on_data(end);
  }
  void OnTrailers() override {
    log += "body{" + body + "} trailers{" + FieldsText(trailers) + "} ";
    Ended();
    if (on_data) on_data(true);
  }
  void OnReset(http::ResetReason reason, std::string_view detail) override {
    log += "reset{" + std::string(http::ResetReasonName(reason)) + "," + std::string(detail) + "} ";
    reset = true;
  }
  void OnDecodeError(const Error& error) override {
    log += "error{" + error.detail + "} ";
    if (on_error) on_error(error);
  }
  void OnOutputHigh() override { ++highs; }
  void OnOutputLow() override { ++lows; }
  void OnStreamDone() override {
    log += "done ";
    done = true;
    if (on_done) on_done();
  }

  std::function<void(bool end)> on_head;
  std::function<void(bool end)> on_data;
  std::function<void(const Error&)> on_error;
  std::function<void()> on_done;

  Arena arena;
  http::HeaderMap head{arena};
  http::HeaderMap trailers{arena};
  std::vector<Slice> pins;
  std::string log;
  std::string body;
  http::CodecStream* stream = nullptr;
  int highs = 0;
  int lows = 0;
  bool ended = false;
  bool done = false;
  bool reset = false;

 private:
  void Ended() {
    log += "end ";
    ended = true;
  }
};

}  // namespace sluice::test
