# cmake --install build/release [--prefix DIR]: the binary, the man page, a systemd unit and a first
# config. A prefix of /usr or /usr/local means /etc/sluice and the system's unit directory; any
# other prefix keeps all below itself. A config that exists is never overwritten.
include(GNUInstallDirs)
install(TARGETS sluice RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(FILES packaging/sluice.1 DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(CODE "
  set(SLUICE_SOURCE \"${CMAKE_SOURCE_DIR}\")
  set(SLUICE_BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  include(\"${CMAKE_SOURCE_DIR}/scripts/cmake/InstallFiles.cmake\")
")
