// nghttp2's C interface to a Session: the callbacks and options it is made with.
#pragma once

#include <memory>

#include <nghttp2/nghttp2.h>

#include "sluice/codec/http2/options.h"

namespace sluice::http2 {

// Shared by all sessions, immutable; user_data is the Session, a body's source pointer its Stream.
const nghttp2_session_callbacks* SessionCallbacks();

struct OptionDeleter {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};
std::unique_ptr<nghttp2_option, OptionDeleter> SessionOptions(const CommonOptions& options);

ssize_t ReadBody(nghttp2_session* session, int32_t id, uint8_t* to, size_t room, uint32_t* flags,
                 nghttp2_data_source* source, void* user) noexcept;

}  // namespace sluice::http2
