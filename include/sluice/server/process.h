// What a daemon owes its process: descriptors, signals that must not kill, words before dying.
#pragma once

#include <cstdint>

namespace sluice::server {

// Raises the soft limit of file descriptors to the hard one; returns the limit now in force.
uint64_t RaiseFileLimit();
struct MemoryUse {
  uint64_t allocated = 0;  // in use by the program
  uint64_t heap = 0;       // taken from the system for it
  uint64_t resident = 0;
};
MemoryUse ReadMemoryUse();
// What only loading needed: free heap, and the program's own code, whose pages come back one by one
// from the page cache when they run again.
void GiveBackLoadMemory();
// SIGPIPE is ignored (writes say EPIPE); fatal signals print a stack trace and then do what they
// do.
void InstallSignalDefaults();

}  // namespace sluice::server
