"""Networks of a test's own: this process moves into a fresh network namespace, a second one holds
the clients, and a cable connects them. Root's business; elsewhere the tests are skipped in words."""
import contextlib
import ctypes
import os
import shutil
import subprocess

import pytest

_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_HERE = "/proc/thread-self/ns/net"

ROUTER, CLIENT = "10.1.0.1", "10.1.0.2"
ROUTER6, CLIENT6 = "fd01::1", "fd01::2"


def _call(name: str, *args: int) -> None:
    if getattr(_LIBC, name)(*args) != 0:
        raise OSError(ctypes.get_errno(), name)


def run(command: str) -> None:
    done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{command}: {done.stderr.strip()}")


def need(*tools: str) -> None:
    """Skips the test where one of these programs is not installed."""
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool} here")


def unless_refused(*commands: str) -> None:
    """Runs them; skips the test where the kernel has not what they ask for."""
    for command in commands:
        try:
            run(command)
        except OSError as refused:
            pytest.skip(f"the kernel will not: {refused}")


class Network:
    def __init__(self, home: int, clients: int):
        self.home = home
        self.clients = clients

    @contextlib.contextmanager
    def among_clients(self):
        """Sockets that are made in this block are the clients'."""
        here = os.open(_HERE, os.O_RDONLY)
        try:
            _call("setns", self.clients, _NEWNET)
            yield
        finally:
            _call("setns", here, _NEWNET)
            os.close(here)


def _cable(network: Network) -> None:
    run("ip link set lo up")
    run("ip link add router type veth peer name client")
    run(f"ip link set client netns /proc/{os.getpid()}/fd/{network.clients}")
    run("ip link set router addrgenmode none up")
    run(f"ip addr add {ROUTER}/24 dev router")
    run(f"ip addr add {ROUTER6}/64 dev router nodad")
    with network.among_clients():
        run("ip link set lo up")
        run("ip link set client addrgenmode none up")
        run(f"ip addr add {CLIENT}/24 dev client")
        run(f"ip addr add {CLIENT6}/64 dev client nodad")
        run(f"ip route add default via {ROUTER}")
        run(f"ip route add default via {ROUTER6}")


@contextlib.contextmanager
def network():
    """We are the router; the client reaches everything by us."""
    need("ip")
    home = os.open(_HERE, os.O_RDONLY)
    clients = -1
    away = False
    try:
        try:
            _call("unshare", _NEWNET)
            away = True
            clients = os.open(_HERE, os.O_RDONLY)
            _call("unshare", _NEWNET)
            made = Network(home, clients)
            _cable(made)
        except OSError as refused:
            pytest.skip(f"no network namespaces here: {refused}")
        yield made
    finally:
        if away:
            _call("setns", home, _NEWNET)
        os.close(home)
        if clients >= 0:
            os.close(clients)


def with_files(command: list[str], files: dict[str, str]) -> list[str]:
    """The command in a mount namespace of its own, where these files take the place of others:
    {"/etc/hosts": path}."""
    need("unshare", "mount")
    binds = "".join(f"mount --bind '{mine}' '{theirs}' && " for theirs, mine in files.items())
    return ["unshare", "--mount", "sh", "-c", f'{binds}exec "$@"', "sh", *command]


def can_mount(folder) -> None:
    """Skips the test where mounting is not permitted."""
    file = folder / "probe"
    file.write_text("")
    done = subprocess.run(
        with_files(["true"], {"/etc/hosts": str(file)}), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"no mount namespaces here: {done.stderr.strip()}")
