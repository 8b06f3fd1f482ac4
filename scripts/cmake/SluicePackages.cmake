# Every third-party library, taken from the system. Each becomes sluice_ext_<name>, so that a
# folder's EXTERNAL list in the top CMakeLists.txt is the only way to reach it.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(sluice_pkg name)
  pkg_check_modules(${name}_pc REQUIRED IMPORTED_TARGET ${ARGN})
  add_library(sluice_ext_${name} INTERFACE)
  target_link_libraries(sluice_ext_${name} INTERFACE PkgConfig::${name}_pc)
endfunction()

sluice_pkg(libuv libuv)
sluice_pkg(nghttp2 libnghttp2)
sluice_pkg(openssl openssl)
sluice_pkg(yaml-cpp yaml-cpp)
sluice_pkg(c-ares libcares)
sluice_pkg(re2 re2)
sluice_pkg(fmt fmt)
sluice_pkg(spdlog spdlog)
sluice_pkg(zlib zlib)
sluice_pkg(brotli libbrotlienc libbrotlidec)
sluice_pkg(zstd libzstd)
sluice_pkg(luajit luajit)

# Header-only libraries without a usable pkg-config file everywhere.
function(sluice_header_only name header)
  find_path(${name}_include ${header} REQUIRED)
  add_library(sluice_ext_${name} INTERFACE)
  target_include_directories(sluice_ext_${name} SYSTEM INTERFACE "${${name}_include}")
endfunction()
sluice_header_only(nlohmann-json nlohmann/json.hpp)
sluice_header_only(cli11 CLI/CLI.hpp)
sluice_header_only(xxhash xxhash.h)

# llhttp: Debian 12 ships sources, newer systems a library.
find_path(llhttp_include llhttp.h PATHS /usr/share/include/llhttp /usr/include REQUIRED)
find_library(llhttp_library llhttp)
if(llhttp_library)
  add_library(sluice_ext_llhttp INTERFACE)
  target_link_libraries(sluice_ext_llhttp INTERFACE "${llhttp_library}")
else()
  set(llhttp_dir /usr/share/llhttp)
  add_library(sluice_ext_llhttp STATIC "${llhttp_dir}/api.c" "${llhttp_dir}/http.c" "${llhttp_dir}/llhttp.c")
  set_target_properties(sluice_ext_llhttp PROPERTIES C_STANDARD 11)
  target_compile_options(sluice_ext_llhttp PRIVATE -w)
endif()
target_include_directories(sluice_ext_llhttp SYSTEM INTERFACE "${llhttp_include}")
if(NOT llhttp_library)
  target_include_directories(sluice_ext_llhttp PRIVATE "${llhttp_include}")
  # Version 8 chooses its strictness at compile time; the library and all that include it must agree.
  target_compile_definitions(sluice_ext_llhttp PUBLIC LLHTTP_STRICT_MODE=1)
endif()

# Distributions carry later limits back into older nghttp2 versions: ask for the functions.
include(CheckSymbolExists)
set(CMAKE_REQUIRED_LIBRARIES PkgConfig::nghttp2_pc)
check_symbol_exists(nghttp2_option_set_max_continuations nghttp2/nghttp2.h
                    SLUICE_HAVE_NGHTTP2_MAX_CONTINUATIONS)
check_symbol_exists(nghttp2_option_set_stream_reset_rate_limit nghttp2/nghttp2.h
                    SLUICE_HAVE_NGHTTP2_RESET_RATE_LIMIT)
unset(CMAKE_REQUIRED_LIBRARIES)
foreach(feature MAX_CONTINUATIONS RESET_RATE_LIMIT)
  if(SLUICE_HAVE_NGHTTP2_${feature})
    target_compile_definitions(sluice_ext_nghttp2 INTERFACE SLUICE_HAVE_NGHTTP2_${feature}=1)
  endif()
endforeach()
