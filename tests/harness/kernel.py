"""Sluice's own sockets, as the kernel has them: each is taken over by pidfd_getfd(2), so that a test
can ask for any option of it."""
import contextlib
import ctypes
import os
import socket
import struct

import pytest

from .process import Sluice

_PIDFD_GETFD = 438  # one number on all architectures
_LIBC = ctypes.CDLL(None, use_errno=True)


def _take(pidfd: int, fd: int) -> int:
    taken = _LIBC.syscall(_PIDFD_GETFD, pidfd, fd, 0)
    if taken < 0:
        raise OSError(ctypes.get_errno(), "pidfd_getfd")
    return taken


def _name(call) -> tuple | str | None:
    try:
        return call()
    except OSError:
        return None


@contextlib.contextmanager
def sockets(sluice: Sluice):
    """All of its stream sockets, for as long as the block lasts."""
    found: list[socket.socket] = []
    pidfd = os.pidfd_open(sluice.pid)
    try:
        for fd in os.listdir(f"/proc/{sluice.pid}/fd"):
            try:
                if not os.readlink(f"/proc/{sluice.pid}/fd/{fd}").startswith("socket:"):
                    continue
                sock = socket.socket(fileno=_take(pidfd, int(fd)))
            except PermissionError:
                pytest.skip("pidfd_getfd(2) is not permitted here (seccomp?)")
            except OSError:
                continue  # closed meanwhile
            found.append(sock)
        yield found
    finally:
        os.close(pidfd)
        for sock in found:
            sock.close()


def listening(found: list[socket.socket], port: int) -> list[socket.socket]:
    return [s for s in _of_port(found, port, "getsockname") if is_listening(s)]


def accepted(found: list[socket.socket], port: int) -> list[socket.socket]:
    return [s for s in _of_port(found, port, "getsockname") if not is_listening(s)]


def connected(found: list[socket.socket], port: int) -> list[socket.socket]:
    return _of_port(found, port, "getpeername")


def _of_port(found: list[socket.socket], port: int, call: str) -> list[socket.socket]:
    named = ((s, _name(getattr(s, call))) for s in found)
    return [s for s, name in named if isinstance(name, tuple) and len(name) >= 2 and name[1] == port]


def is_listening(sock: socket.socket) -> bool:
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1


def backlog(sock: socket.socket) -> int:
    """Of a listening socket: the kernel keeps it where connections count SACKs (tcp(7), TCP_INFO)."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return struct.unpack_from("=I", info, 28)[0]
