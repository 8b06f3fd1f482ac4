#include "sluice/server/server.h"

int main(int argc, char** argv) { return sluice::server::Main(argc, argv); }
