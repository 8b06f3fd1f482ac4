#include "reply_rewriter.h"

#include "sluice/http/status.h"

namespace sluice::downstream {

void ReplyRewriter::Rewrite(LocalReplyText& text, const Place& place) const {
  const log::Format* format = body_format ? &*body_format : nullptr;
  log::FormatContext context{.info = place.info,
                             .request = &place.request,
                             .response = &place.response,
                             .local_reply_body = text.reply,
                             .runtime = place.runtime};
  for (const Mapper& mapper : mappers) {
    if (!mapper.filter->Allows(context, place.queue)) continue;
    if (mapper.body) context.local_reply_body = text.reply = text.body = *mapper.body;
    route::FormatInput input;
    input.request_head = &place.request;
    input.response_head = &place.response;
    input.info = &place.info;
    input.local_reply_body = text.reply;
    mapper.edits.Apply(place.response, input);
    if (mapper.status) {
      text.status = *mapper.status;
      place.info.response_code = text.status;
      place.response.SetView(http::HeaderId::kStatus, http::StatusText(text.status));
    }
    if (mapper.format) format = &*mapper.format;
    break;
  }
  if (format == nullptr) return;
  std::string formatted;
  format->Append(formatted, context);
  text.body = place.arena.Copy(formatted);
  text.content_type = format->content_type();
}

}  // namespace sluice::downstream
