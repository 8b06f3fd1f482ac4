"""Starts that cannot succeed say why, whose fault it is and what helps."""
import os
import re
import shutil
import subprocess
import tempfile

import pytest
import yaml

from harness import process, wait
from harness.backend import Backend
from harness.config import cluster, tcp
from harness.ports import free_port


def start(config: dict, command: list[str] | None = None, **kwargs) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*(command or [process.binary()]), "--config-yaml", yaml.safe_dump(config)],
        capture_output=True,
        text=True,
        timeout=20 * wait.SCALE,
        check=False,
        **kwargs,
    )


def test_port_in_use_names_the_listener_and_the_address():
    with Backend() as other:
        done = start(tcp(other.port, [cluster("app", [1])]))
    assert done.returncode == 1
    assert "listener 'front'" in done.stderr and f"127.0.0.1:{other.port}" in done.stderr
    assert re.search("(?i)in use", done.stderr)


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to become somebody else")
def test_privileged_port_says_what_helps():
    folder = tempfile.mkdtemp(prefix="sluice-test.")
    try:
        os.chmod(folder, 0o755)
        binary = shutil.copy(process.binary(), folder)
        done = start(tcp(81, [cluster("app", [1])]), [binary], user=65534, cwd="/")
    finally:
        shutil.rmtree(folder)
    assert done.returncode == 1
    assert "listener 'front'" in done.stderr and "127.0.0.1:81" in done.stderr
    assert "CAP_NET_BIND_SERVICE" in done.stderr


def test_unix_socket_path_that_cannot_be_bound():
    config = tcp(free_port(), [cluster("app", [1])])
    config["static_resources"]["listeners"][0]["address"] = {"pipe": {"path": "/nonexistent/x.sock"}}
    done = start(config)
    assert done.returncode == 1 and "/nonexistent/x.sock" in done.stderr
