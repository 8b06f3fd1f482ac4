#include "callbacks.h"

#include <algorithm>
#include <string_view>

#include "session.h"

namespace sluice::http2 {
namespace {

Session& Of(void* user) { return *static_cast<Session*>(user); }
std::string_view Text(const uint8_t* at, size_t size) {
  return {reinterpret_cast<const char*>(at), size};
}

ssize_t OnSend(nghttp2_session*, const uint8_t* bytes, size_t size, int, void* user) noexcept {
  Of(user).OnBytes(bytes, size);
  return static_cast<ssize_t>(size);
}

int OnSendData(nghttp2_session*, nghttp2_frame*, const uint8_t* head, size_t size,
               nghttp2_data_source* source, void* user) noexcept {
  Of(user).OnBodyFrame(*static_cast<Stream*>(source->ptr), head, size);
  return 0;
}

int OnBeginFrame(nghttp2_session*, const nghttp2_frame_hd* frame, void* user) noexcept {
  return Of(user).OnBeginFrame(*frame);
}

int OnBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
  return Of(user).OnBeginHeaders(*frame);
}

int OnHeader(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_size,
             const uint8_t* value, size_t value_size, uint8_t flags, void* user) noexcept {
  Of(user).OnField(Text(name, name_size), Text(value, value_size),
                   (flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0);
  return 0;
}

int OnDataChunk(nghttp2_session*, uint8_t, int32_t id, const uint8_t* bytes, size_t size,
                void* user) noexcept {
  return Of(user).OnBodyBytes(id, bytes, size);
}

int OnFrameRecv(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
  return Of(user).OnFrame(*frame);
}

int OnInvalidFrame(nghttp2_session*, const nghttp2_frame* frame, int, void* user) noexcept {
  Of(user).OnInvalidFrame(*frame);
  return 0;
}

int OnFrameSend(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
  Of(user).OnFrameSent(*frame);
  return 0;
}

int OnFrameNotSend(nghttp2_session*, const nghttp2_frame* frame, int, void* user) noexcept {
  Of(user).OnFrameNotSent(*frame);
  return 0;
}

int OnStreamClose(nghttp2_session*, int32_t id, uint32_t code, void* user) noexcept {
  Of(user).OnStreamClosed(id, code);
  return 0;
}

struct CallbacksDeleter {
  void operator()(nghttp2_session_callbacks* callbacks) const {
    nghttp2_session_callbacks_del(callbacks);
  }
};
using Callbacks = std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter>;

Callbacks MakeCallbacks() {
  nghttp2_session_callbacks* made = nullptr;
  SLUICE_CHECK(nghttp2_session_callbacks_new(&made) == 0);
  nghttp2_session_callbacks_set_send_callback(made, &OnSend);
  nghttp2_session_callbacks_set_send_data_callback(made, &OnSendData);
  nghttp2_session_callbacks_set_on_begin_frame_callback(made, &OnBeginFrame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(made, &OnBeginHeaders);
  nghttp2_session_callbacks_set_on_header_callback(made, &OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, &OnDataChunk);
  nghttp2_session_callbacks_set_on_frame_recv_callback(made, &OnFrameRecv);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, &OnInvalidFrame);
  nghttp2_session_callbacks_set_on_frame_send_callback(made, &OnFrameSend);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(made, &OnFrameNotSend);
  nghttp2_session_callbacks_set_on_stream_close_callback(made, &OnStreamClose);
  return Callbacks(made);
}

}  // namespace

const nghttp2_session_callbacks* SessionCallbacks() {
  static const Callbacks callbacks = MakeCallbacks();
  return callbacks.get();
}

std::unique_ptr<nghttp2_option, OptionDeleter> SessionOptions(const CommonOptions& options) {
  constexpr size_t kFrame = 16 * 1024;
  constexpr size_t kMaxHeadSent = 1024 * 1024;
  nghttp2_option* made = nullptr;
  SLUICE_CHECK(nghttp2_option_new(&made) == 0);
  nghttp2_option_set_no_auto_window_update(made, 1);
  // HeadReader and the session check messages; twice would cost twice.
  nghttp2_option_set_no_http_messaging(made, 1);
  nghttp2_option_set_no_closed_streams(made, 1);
  nghttp2_option_set_max_deflate_dynamic_table_size(made, options.hpack_table_size);
  nghttp2_option_set_max_send_header_block_length(made, kMaxHeadSent);
  // FloodGuard counts them more exactly; this is for what one read can bring.
  nghttp2_option_set_max_outbound_ack(made, size_t{options.max_outbound_control_frames} + 1000);
#if defined(SLUICE_HAVE_NGHTTP2_MAX_CONTINUATIONS)
  nghttp2_option_set_max_continuations(made, 8 + options.max_head_bytes / kFrame);
#endif
#if defined(SLUICE_HAVE_NGHTTP2_RESET_RATE_LIMIT)
  nghttp2_option_set_stream_reset_rate_limit(made, 1000, 33);
#endif
  static_cast<void>(kFrame);
  return std::unique_ptr<nghttp2_option, OptionDeleter>(made);
}

ssize_t ReadBody(nghttp2_session*, int32_t, uint8_t*, size_t room, uint32_t* flags,
                 nghttp2_data_source* source, void* user) noexcept {
  return Of(user).OnBodyWanted(*static_cast<Stream*>(source->ptr), room, flags);
}

}  // namespace sluice::http2
