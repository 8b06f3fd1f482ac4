// local_reply_config: what replies of the proxy itself look like, by kind of reply. Compiled from
// the config on main, immutable, any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/buffer/arena.h"
#include "sluice/http/header_map.h"
#include "sluice/log/entry_filter.h"
#include "sluice/log/format.h"
#include "sluice/match/runtime.h"
#include "sluice/route/header_edits.h"
#include "sluice/stream/stream_info.h"

namespace sluice::downstream {

inline constexpr std::string_view kPlainText = "text/plain";

struct LocalReplyText {
  uint32_t status = 0;
  std::string_view reply;  // %LOCAL_REPLY_BODY%
  std::string_view body = reply;
  std::string_view content_type = kPlainText;
};

class ReplyRewriter {
 public:
  struct Mapper {
    std::unique_ptr<const log::EntryFilter> filter;
    std::optional<uint32_t> status;
    std::optional<std::string> body;
    std::optional<log::Format> format;  // in place of body_format
    route::HeaderEdits edits;
  };
  struct Place {
    const http::HeaderMap& request;
    http::HeaderMap& response;
    stream::StreamInfo& info;
    Arena& arena;
    log::LogQueue& queue;
    const match::RuntimeSnapshot* runtime = nullptr;
  };

  void Rewrite(LocalReplyText& text, const Place& place) const;

  std::vector<Mapper> mappers;  // the first whose filter takes the reply
  std::optional<log::Format> body_format;
};

}  // namespace sluice::downstream
