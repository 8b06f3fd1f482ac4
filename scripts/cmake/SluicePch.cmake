# The headers of the standard library are parsed once and not in each of hundreds of sources, which
# is most of what a build from nothing does. One for position-independent libraries and one for
# executables, whose code is compiled otherwise.
function(sluice_pch_of name kind header)
  set(source "${CMAKE_BINARY_DIR}/pch/${name}.cc")
  if(NOT EXISTS "${source}")
    file(WRITE "${source}" "int main() {}\n")
  endif()
  if(kind STREQUAL "LIBRARY")
    add_library(${name} STATIC "${source}")
  else()
    add_executable(${name} "${source}")
  endif()
  target_link_libraries(${name} PRIVATE Threads::Threads ${ARGN})
  target_precompile_headers(${name} PRIVATE "${CMAKE_SOURCE_DIR}/scripts/cmake/pch/${header}")
endfunction()

function(sluice_use_pch target from)
  if(SLUICE_PCH)
    target_precompile_headers(${target} REUSE_FROM ${from})
  endif()
endfunction()

if(SLUICE_PCH)
  add_compile_options(-pthread)  # as some packages ask for: a macro of it must be the same everywhere
  sluice_pch_of(sluice_pch LIBRARY standard.h)
endif()
