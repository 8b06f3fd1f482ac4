#include "body_writer.h"

#include <charconv>
#include <string_view>
#include <utility>

#include "head_writer.h"

namespace sluice::http1 {

bool BodyWriter::Write(ByteChain& out, ByteChain& data) {
  if (data.empty()) return true;
  switch (mode_) {
    case Mode::kNone: data.Clear(); return true;
    case Mode::kFixed:
      if (data.size() > left_) {
        data.Clear();
        return false;
      }
      left_ -= data.size();
      break;
    case Mode::kChunked: {
      char line[18];
      char* end = std::to_chars(line, line + 16, data.size(), 16).ptr;
      *end++ = '\r';
      *end++ = '\n';
      out.Append(std::string_view(line, static_cast<size_t>(end - line)));
      out.Append(std::move(data));
      out.Append("\r\n");
      return true;
    }
    case Mode::kRaw: break;
  }
  out.Append(std::move(data));
  return true;
}

bool BodyWriter::End(ByteChain& out) {
  if (mode_ == Mode::kChunked) out.Append("0\r\n\r\n");
  return mode_ != Mode::kFixed || left_ == 0;
}

bool BodyWriter::EndWithTrailers(ByteChain& out, const http::HeaderMap& trailers,
                                 HeaderKeyFormat format) {
  if (mode_ != Mode::kChunked) return End(out);
  out.Append("0\r\n");
  HeadWriter(out, format).WriteTrailers(trailers);
  return true;
}

}  // namespace sluice::http1
