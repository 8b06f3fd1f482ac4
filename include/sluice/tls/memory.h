// OpenSSL's allocator: the heap, but for the large struct of each TLS connection, which lies in
// memory that can be put away while the connection is quiet.
#pragma once

namespace sluice::tls {

// At the start of the process, before anything has used OpenSSL. False when that was too late.
bool UseRestingMemory();

}  // namespace sluice::tls
