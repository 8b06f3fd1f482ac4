"""Free ports on loopback, below the range that the kernel gives to clients. Each process holds
blocks of them by file locks, so that tests which run side by side never meet."""
import fcntl
import os
import pathlib
import socket
import tempfile

FIRST = 20000
BLOCK = 40
BLOCKS = 300

_locks: list = []
_ports: list[int] = []


def _take_block() -> None:
    folder = pathlib.Path(tempfile.gettempdir()) / f"sluice-test-ports.{os.getuid()}"
    folder.mkdir(exist_ok=True)
    start = os.getpid() % BLOCKS
    for index in range(BLOCKS):
        block = (start + index) % BLOCKS
        handle = open(folder / str(block), "w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.close()
            continue
        _locks.append(handle)
        first = FIRST + block * BLOCK
        _ports.extend(range(first, first + BLOCK))
        return
    raise RuntimeError("no free block of ports: too many tests at once")


def is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def free_port() -> int:
    """A port that nobody listens on and that this process has not been given before."""
    while True:
        if not _ports:
            _take_block()
        port = _ports.pop(0)
        if is_free(port):
            return port
