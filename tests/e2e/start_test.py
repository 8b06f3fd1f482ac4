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
from harness.config import address as config_address
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


def start_as_nobody(config: dict) -> subprocess.CompletedProcess:
    if os.getuid() != 0:
        pytest.skip("needs root, to become somebody else")
    folder = tempfile.mkdtemp(prefix="sluice-test.")
    try:
        os.chmod(folder, 0o755)
        binary = shutil.copy(process.binary(), folder)
        return start(config, [binary], user=65534, cwd="/")
    finally:
        shutil.rmtree(folder)


def test_privileged_port_says_what_helps():
    done = start_as_nobody(tcp(81, [cluster("app", [1])]))
    assert done.returncode == 1
    assert "listener 'front'" in done.stderr and "127.0.0.1:81" in done.stderr
    assert "CAP_NET_BIND_SERVICE" in done.stderr


def test_unix_socket_path_that_cannot_be_bound():
    config = tcp(free_port(), [cluster("app", [1])])
    config["static_resources"]["listeners"][0]["address"] = {"pipe": {"path": "/nonexistent/x.sock"}}
    done = start(config)
    assert done.returncode == 1 and "/nonexistent/x.sock" in done.stderr


def test_transparent_without_the_privilege_says_what_helps():
    done = start_as_nobody(tcp(free_port(), [cluster("app", [1])], listener_fields={"transparent": True}))
    assert done.returncode == 1
    assert "listener 'front'" in done.stderr and "transparent" in done.stderr
    assert "CAP_NET_ADMIN" in done.stderr


def test_socket_option_that_the_kernel_refuses_is_named():
    option = {"level": 1, "name": 4242, "int_value": 1}
    done = start(tcp(free_port(), [cluster("app", [1])], listener_fields={"socket_options": [option]}))
    assert done.returncode == 1
    assert "listener 'front'" in done.stderr and "level 1, name 4242" in done.stderr


def test_address_of_nobody_says_what_helps():
    config = tcp(free_port(), [cluster("app", [1])])
    config["static_resources"]["listeners"][0]["address"]["socket_address"]["address"] = "192.0.2.77"
    done = start(config)
    assert done.returncode == 1
    assert "listener 'front'" in done.stderr and "192.0.2.77" in done.stderr and "freebind" in done.stderr


def test_admin_port_in_use_says_whose_it_is():
    config = tcp(free_port(), [cluster("app", [1])])
    with Backend() as other:
        config["admin"] = {"address": config_address(other.port)}
        done = start(config)
    assert done.returncode == 1
    assert "admin" in done.stderr and f"127.0.0.1:{other.port}" in done.stderr
    assert f"pid {os.getpid()}" in done.stderr
