# Build types, warnings, hardening and sanitizers, in one place.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(SLUICE_TESTS "Build the tests" ON)
option(SLUICE_LTO "Link-time optimisation" OFF)
option(SLUICE_FUZZ "Build the libFuzzer targets (clang only)" OFF)
option(SLUICE_COVERAGE "Instrument for coverage" OFF)
set(SLUICE_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(SLUICE_CCACHE ccache)
# ccache serves one checkout with what another has compiled, which a precompiled header prevents:
# one of them, then.
if(SLUICE_CCACHE)
  option(SLUICE_PCH "Precompile the standard library's headers; without ccache" OFF)
else()
  option(SLUICE_PCH "Precompile the standard library's headers" ON)
endif()
if(SLUICE_CCACHE AND NOT SLUICE_PCH)
  set(CMAKE_C_COMPILER_LAUNCHER "${SLUICE_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${SLUICE_CCACHE}")
endif()

set(CMAKE_CXX_FLAGS_DEBUG "-Og -g1")
set(CMAKE_C_FLAGS_DEBUG "-Og -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")

if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-fno-omit-frame-pointer)
endif()
add_compile_options(-fstack-protector-strong)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # All of it ends in one executable, which needs less than CMake's -fPIC for libraries; what is loaded
  # into it asks for that itself (SluiceWasm.cmake).
  add_compile_options(-fPIE)
  # No path of the build machine in what is shipped; elsewhere it would keep ccache from serving
  # one checkout with what another has compiled.
  add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=")
endif()
add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Werror;-Wnon-virtual-dtor;-Wimplicit-fallthrough>")
add_compile_options("$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wshadow=local>")
# What the optimiser suspects differs by compiler version and by level, and is often wrong in inlined
# strings of libstdc++: seen, but nobody's build fails by it. In dev, where we look, it does.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  foreach(guess array-bounds restrict stringop-overflow stringop-overread maybe-uninitialized
                free-nonheap-object use-after-free dangling-pointer nonnull)
    add_compile_options("$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-error=${guess}>")
  endforeach()
endif()
# clang warns inside libstdc++ 12 about what its own stable_sort uses.
add_compile_options("$<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wno-deprecated-declarations>")
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-clash-protection)
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -Wl,--gc-sections)
  add_compile_options(-ffunction-sections -fdata-sections)
endif()
include(CheckPIESupported)
check_pie_supported()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(SLUICE_SANITIZE)
  add_compile_options("-fsanitize=${SLUICE_SANITIZE}" -fno-sanitize-recover=all)
  add_link_options("-fsanitize=${SLUICE_SANITIZE}")
  if(SLUICE_SANITIZE MATCHES "undefined")
    # Libraries call our instrumented copies of the standard library's inline functions with objects of
    # their own, whose types the check of vtables cannot see: JavaScriptCore with its shared_ptr.
    add_compile_options(-fno-sanitize=vptr)
    add_link_options(-fno-sanitize=vptr)
  endif()
endif()
if(SLUICE_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
if(SLUICE_LTO)
  include(CheckIPOSupported)
  check_ipo_supported(RESULT ipo OUTPUT why LANGUAGES CXX)
  if(ipo)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      add_link_options(-flto=auto)
    endif()
  endif()
endif()
