"""cmake --install: the binary, the manual page, the unit and a first config, in place and in order."""
import pathlib
import shutil
import subprocess

import pytest

from harness.process import binary, run

BUILD = pathlib.Path(binary()).resolve().parent


@pytest.fixture(name="tree", scope="module")
def fixture_tree(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("prefix")
    if not (BUILD / "cmake_install.cmake").exists():
        pytest.fail(f"{BUILD} is no build folder")
    subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, capture_output=True)
    return prefix


def find(tree: pathlib.Path, name: str) -> pathlib.Path:
    found = [path for path in tree.rglob(name) if path.is_file()]
    assert len(found) == 1, f"{name}: {found}"
    return found[0]


def test_binary_runs_from_there(tree):
    done = subprocess.run([find(tree, "sluice"), "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == run(["--version"]).stdout


def test_first_config_is_valid_and_is_never_overwritten(tree):
    config = find(tree, "sluice.yaml")
    assert run(["-c", str(config), "--mode", "validate"]).returncode == 0
    config.write_text("# mine\nstatic_resources: {}\n")
    subprocess.run(["cmake", "--install", BUILD, "--prefix", tree], check=True, capture_output=True)
    assert config.read_text().startswith("# mine")


def test_manual_page_is_in_order(tree):
    page = find(tree, "sluice.1").read_text()
    for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"):
        assert f".SH {section}" in page
    if man := shutil.which("man"):
        done = subprocess.run([man, "--warnings", "-l", find(tree, "sluice.1")], capture_output=True, text=True, check=True)
        assert not done.stderr


def test_unit_runs_what_was_installed(tree):
    unit = find(tree, "sluice.service").read_text()
    assert "@" not in unit.replace("@system-service", "")
    start = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
    words = start.removeprefix("ExecStart=").split()
    assert pathlib.Path(words[0]) == find(tree, "sluice")
    assert str(find(tree, "sluice.yaml")) in words
    for line in ("User=", "LimitNOFILE=", "NoNewPrivileges=", "AmbientCapabilities=CAP_NET_BIND_SERVICE"):
        assert line in unit, line
