"""The files below config/ do what their own comments and README files say."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

from harness import http1
from harness.conn import connect
from harness.ports import free_port
from harness.process import ROOT, Sluice, run

CONFIG = ROOT / "config"
EXTRA = [ROOT / "packaging/sluice.yaml", ROOT / "docker/compose-sluice.yaml"]
FILES = sorted([*CONFIG.rglob("*.yaml"), *EXTRA])


def take_module(folder: pathlib.Path) -> None:
    """Puts the module of config/request-buffer where the config looks for it."""
    modules = os.environ.get("SLUICE_WASM_MODULES")
    if not modules:
        pytest.skip("built without the tools for WebAssembly modules")
    shutil.copy(pathlib.Path(modules) / "request_buffer.wasm", folder)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_example_is_valid(path, tmp_path):
    if "certs/" in path.read_text():
        subprocess.run([CONFIG / "tutorial/make-certs", tmp_path / "certs"], check=True)
    if "request_buffer.wasm" in path.read_text():
        take_module(tmp_path)
    done = run(["-c", str(path), "--mode", "validate"], cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"configuration '{path}' OK\n"), done.stderr


def moved(path: pathlib.Path, ports: dict[int, int]) -> str:
    """The file's text with its fixed ports replaced by free ones."""

    def port(match: re.Match) -> str:
        number = int(match.group(1))
        return f"port_value: {ports.setdefault(number, free_port())}"

    return re.sub(r"port_value: (\d+)", port, path.read_text())


def get(port: int, path: str = "/", host: str = "test") -> http1.Message:
    with connect(port) as client:
        client.send(http1.request(path=path, host=host))
        return http1.read_message(client)


def test_quickstart_answers_from_each_backend_in_turn():
    ports: dict[int, int] = {}
    with Sluice(moved(CONFIG / "quickstart.yaml", ports)) as sluice:
        bodies = [get(ports[10000]).body for _ in range(8)]
        assert bodies[:4] == bodies[4:] and sorted(bodies[:4]) == [
            b"hello from backend %d\n" % n for n in (1, 2, 3, 4)
        ]
        sluice.admin.wait_stats({"http.front.downstream_rq_2xx": 8, "cluster.backends.upstream_rq_200": 8})


def test_tutorial_commands_work_as_typed():
    """The curl lines of the README, as they stand but for the ports, in a shell."""
    text = (CONFIG / "tutorial/README.md").read_text()
    lines = re.findall(r"^    (curl .*?)\s+#", text.split("## HTTPS")[0], re.MULTILINE)
    assert len(lines) == 4, lines
    ports: dict[int, int] = {}
    backends = moved(CONFIG / "tutorial/backends.yaml", ports)
    proxy = moved(CONFIG / "tutorial/proxy.yaml", ports)

    def typed(line: str) -> str:
        line = re.sub(r":(\d{4})/", lambda port: f":{ports[int(port.group(1))]}/", line)
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr
        return done.stdout

    with Sluice(backends), Sluice(proxy):
        answers = [[typed(line) for _ in range(4)] for line in lines]
    numbers = [sorted(re.findall(r"backend (\d) on port", "".join(four))) for four in answers]
    assert numbers == [["1", "2", "3", "4"], ["1", "1", "2", "2"], [], ["4"] * 4]
    for denied in answers[2]:
        assert denied.startswith("HTTP/1.1 403 Forbidden")
        assert denied.endswith("forbidden, thank you\n")


def test_tutorial_does_what_its_four_commands_say():
    ports: dict[int, int] = {}
    backends = moved(CONFIG / "tutorial/backends.yaml", ports)
    proxy = moved(CONFIG / "tutorial/proxy.yaml", ports)
    with Sluice(backends), Sluice(proxy) as sluice:
        front = ports[8080]

        def answered(path: str, host: str = "test") -> list[int]:
            """The backends that answer four requests in a row."""
            bodies = [get(front, path, host).body.decode() for _ in range(4)]
            return sorted(int(re.match(r"backend (\d) on port", b).group(1)) for b in bodies)

        assert answered("/") == [1, 2, 3, 4]
        assert answered("/app1") == [1, 1, 2, 2]
        assert answered("/app2") == [3, 3, 4, 4]
        assert answered("/", "www.shop.example") == [4, 4, 4, 4]
        for path in ("/admin", "//admin", "/app1/../admin", "/%61dmin/x"):
            denied = get(front, path)
            assert (denied.status, denied.body) == (403, b"forbidden, thank you\n"), path
        assert get(front, "/admin", "www.shop.example").status == 403
        assert get(front, "/x%2f..%2fadmin").get("location") == "/admin"
        sluice.admin.wait_stats({"http.front.downstream_rq_4xx": 5, "cluster.app1.upstream_rq_total": 4})


def test_the_compose_file_of_request_buffer_runs_what_is_there():
    """What each service runs, where it finds it, and that the ports are those of the config."""
    folder = CONFIG / "request-buffer"
    services = yaml.safe_load((folder / "compose.yml").read_text())["services"]
    config = (folder / "native.yaml").read_text()
    listened = set(re.findall(r"port_value: (\d+)", config))
    assert set(services) == {"sluice", "control-plane", "upstream"}
    for name, service in services.items():
        mounts = dict(reversed(mount.split(":")[:2]) for mount in service["volumes"])
        for target, source in mounts.items():
            assert (folder / source).is_file(), (name, source)
            if name == "sluice":
                assert target in (ROOT / "docker/Dockerfile").read_text(), target
            else:
                # the command ends in the script as it is mounted; it says which ports it takes
                assert service["command"][-1].endswith(f"python3 {target}") or service["command"] == ["python3", target]
                assert service["network_mode"] == "service:sluice"
                default = re.search(r"else (\d{4})", (folder / source).read_text())
                assert default.group(1) in listened, (name, default.group(1))
    assert {port.split(":")[-1] for port in services["sluice"]["ports"]} <= listened
