// The two messages of grpc.health.v1.Health/Check, as bytes. Pure.
#pragma once

#include <string>
#include <string_view>

namespace sluice::upstream {

// A length-prefixed HealthCheckRequest.
std::string GrpcHealthRequest(std::string_view service);
// Whether it is one length-prefixed HealthCheckResponse that says SERVING.
bool GrpcSaysServing(std::string_view body);

}  // namespace sluice::upstream
