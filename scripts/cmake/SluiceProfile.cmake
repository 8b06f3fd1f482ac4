# Release builds follow a profile: how often each branch was taken under the rig's load. It was recorded
# by scripts/pgo and is kept in scripts/profile, one file for each compiler that reads it; where there is
# none for this compiler, and where a function has changed since, the code is optimised as without.
set(SLUICE_PROFILE "use" CACHE STRING "use, generate (scripts/pgo) or off")
set_property(CACHE SLUICE_PROFILE PROPERTY STRINGS use generate off)

string(REGEX MATCH "^[0-9]+\\.[0-9]+" version "${CMAKE_CXX_COMPILER_VERSION}")
set(archive "${CMAKE_SOURCE_DIR}/scripts/profile/gcc-${version}.tar.xz")
if(NOT CMAKE_BUILD_TYPE STREQUAL "Release" OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU" OR SLUICE_SANITIZE)
  set(profile off)
elseif(SLUICE_PROFILE STREQUAL "use" AND NOT EXISTS "${archive}")
  set(profile off)
else()
  set(profile "${SLUICE_PROFILE}")
endif()
if(profile STREQUAL "off")
  return()
endif()

# gcc finds the counts of a function that no other file sees by the path of its source on the command
# line: so that is made the same in every checkout, by a link to it in the build folder, where the
# compiler runs.
file(CREATE_LINK "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/tree" SYMBOLIC)
set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_SOURCE_DIR}/scripts/cmake/below-tree" "${CMAKE_SOURCE_DIR}"
    ${CMAKE_CXX_COMPILER_LAUNCHER})
add_compile_options("-ffile-prefix-map=tree/=" "-fprofile-prefix-path=${CMAKE_BINARY_DIR}")

if(profile STREQUAL "generate")
  add_compile_options(-fprofile-generate "-fprofile-dir=${CMAKE_BINARY_DIR}/profile" -fprofile-update=prefer-atomic)
  add_link_options(-fprofile-generate)
elseif(profile STREQUAL "use")
  # A folder named by its contents: what is built from another profile is built again.
  file(SHA256 "${archive}" hash)
  string(SUBSTRING "${hash}" 0 8 hash)
  set(folder "${CMAKE_BINARY_DIR}/profile-${hash}")
  if(NOT EXISTS "${folder}")
    file(ARCHIVE_EXTRACT INPUT "${archive}" DESTINATION "${folder}")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${archive}")
  set(follow "-fprofile-use=${folder}" -fprofile-partial-training)
  add_compile_options(${follow} -fprofile-correction -Wno-missing-profile -Wno-coverage-mismatch)
  add_link_options(${follow})
else()
  message(FATAL_ERROR "SLUICE_PROFILE is use, generate or off, not ${SLUICE_PROFILE}")
endif()
