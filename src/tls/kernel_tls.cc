#include "sluice/tls/kernel_tls.h"

#include <cerrno>
#include <string_view>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "openssl.h"
#include "sluice/net/unique_fd.h"

namespace sluice::tls {
namespace {

bool in_use = false;  // written before there are other threads

// The kernel looks for the module before it looks at the state of the socket.
Result<> ProbeKernel() {
  constexpr std::string_view kModule = "tls";
  const net::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return FailErrno(Origin::kLocal, "socket", errno);
  if (::setsockopt(fd.get(), IPPROTO_TCP, TCP_ULP, kModule.data(), kModule.size()) == 0 ||
      errno == ENOTCONN) {
    return {};
  }
  if (errno == ENOENT) {
    return Fail(ErrorCode::kIo, Origin::kLocal,
                "the kernel has no module 'tls' loaded (modprobe tls)");
  }
  return FailErrno(Origin::kLocal, "TCP_ULP", errno);
}

}  // namespace

Result<> UseKernelTls() {
#ifdef OPENSSL_NO_KTLS
  return Fail(ErrorCode::kIo, Origin::kLocal, "OpenSSL was built without it");
#else
  if (auto kernel = ProbeKernel(); !kernel) return kernel;
  in_use = true;
  return {};
#endif
}

bool UsesKernelTls() { return in_use; }

}  // namespace sluice::tls
