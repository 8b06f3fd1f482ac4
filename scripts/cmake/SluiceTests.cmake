# Tests: tests/unit/<folder>/*_test.cc makes one binary per folder; the other kinds have their own
# CMakeLists below tests/.
if(NOT SLUICE_TESTS)
  return()
endif()
enable_testing()
find_package(GTest REQUIRED)
include(GoogleTest)
if(EXISTS "${CMAKE_SOURCE_DIR}/tests/CMakeLists.txt")
  add_subdirectory(tests)
endif()
