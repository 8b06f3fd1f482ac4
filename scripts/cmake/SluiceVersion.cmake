# sluice_version: the data behind include/sluice/base/version.h, refreshed on each build. It is a
# library of its own so that a new commit recompiles one tiny file and relinks what uses it.
set(version_source "${CMAKE_BINARY_DIR}/generated/version_data.cc")
set(build_type "${CMAKE_BUILD_TYPE}")
if(SLUICE_SANITIZE)
  string(APPEND build_type "+${SLUICE_SANITIZE}")
endif()

set(libraries "")
foreach(library openssl libuv nghttp2 yaml-cpp c-ares re2 fmt spdlog)
  set(found "${${library}_pc_VERSION}")
  if(found STREQUAL "0.0.0")  # Debian's re2.pc has no version; the library's name does
    file(REAL_PATH "${pkgcfg_lib_${library}_pc_${library}}" file)
    string(REGEX REPLACE "^.*\\.so\\." "" found "${file}")
  endif()
  string(APPEND libraries "{\"${library}\", \"${found}\"}, ")
endforeach()
foreach(pair "llhttp;${llhttp_include}/llhttp.h;LLHTTP_VERSION_M"
             "nlohmann-json;${nlohmann-json_include}/nlohmann/json.hpp;NLOHMANN_JSON_VERSION_M")
  list(GET pair 0 library)
  list(GET pair 1 header)
  list(GET pair 2 prefix)
  set(found "?")
  foreach(file "${header}" "${nlohmann-json_include}/nlohmann/detail/abi_macros.hpp")
    if(found STREQUAL "?" AND EXISTS "${file}")
      file(STRINGS "${file}" lines REGEX "^#define ${prefix}(AJOR|INOR) ")
      string(REGEX REPLACE "[^;]* ([0-9]+)[^;]*" "\\1" numbers "${lines}")
      list(JOIN numbers "." numbers)
      if(numbers)
        set(found "${numbers}")
      endif()
    endif()
  endforeach()
  string(APPEND libraries "{\"${library}\", \"${found}\"}, ")
endforeach()

set(write_version
    "${CMAKE_COMMAND}" "-DSOURCE=${CMAKE_SOURCE_DIR}" "-DOUTPUT=${version_source}"
    "-DINPUT=${CMAKE_SOURCE_DIR}/scripts/cmake/version_data.cc.in" "-Dversion=${PROJECT_VERSION}"
    "-Dbuild_type=${build_type}" "-Dlibraries=${libraries}"
    "-Dcompiler=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}"
    -P "${CMAKE_SOURCE_DIR}/scripts/cmake/WriteVersion.cmake")
execute_process(COMMAND ${write_version} COMMAND_ERROR_IS_FATAL ANY)
add_custom_target(sluice_version_refresh COMMAND ${write_version} BYPRODUCTS "${version_source}"
                  COMMENT "Reading the commit" VERBATIM)
add_library(sluice_version STATIC "${version_source}")
target_include_directories(sluice_version PRIVATE "${CMAKE_SOURCE_DIR}/include")
add_dependencies(sluice_version sluice_version_refresh)

get_target_property(kind sluice_server TYPE)
if(kind STREQUAL "INTERFACE_LIBRARY")
  target_link_libraries(sluice_server INTERFACE sluice_version)
else()
  target_link_libraries(sluice_server PUBLIC sluice_version)
endif()
target_link_libraries(sluice PRIVATE sluice_version)
