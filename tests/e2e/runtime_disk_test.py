"""Runtime values in a directory behind a symbolic link: read at start, and again when it is swapped."""
import os

from harness import http1
from harness.config import cluster, http
from harness.conn import connect
from harness.ports import free_port
from harness.process import Sluice


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def swap(link, target):
    fresh = link.with_name("fresh")
    os.symlink(target, fresh)
    os.rename(fresh, link)


def get(port):
    with connect(port) as client:
        client.send(http1.request())
        return int(http1.read_message(client).start.split()[1])


def test_disk_layer_is_read_and_read_again_when_swapped(tmp_path):
    write(tmp_path / "v1/values/routing/fraction", "numerator: 0\ndenominator: HUNDRED\n")
    write(tmp_path / "v1/values/app/some", "# a comment\n7\n")
    write(tmp_path / "v2/values/routing/fraction", "100\n")
    link = tmp_path / "current"
    swap(link, tmp_path / "v1")
    port = free_port()
    layers = [
        {"name": "base", "static_layer": {"app": {"some": 1, "other": 2}}},
        {"name": "disk", "disk_layer": {"symlink_root": str(link), "subdirectory": "values"}},
    ]
    match = {"prefix": "/", "runtime_fraction": {"default_value": {"numerator": 0}, "runtime_key": "routing.fraction"}}
    routes = [
        {"match": match, "direct_response": {"status": 201}},
        {"match": {"prefix": "/"}, "direct_response": {"status": 200}},
    ]
    config = http(port, [cluster("app", [1])], routes=routes, layered_runtime={"layers": layers})
    with Sluice(config) as sluice:
        entries = sluice.admin.get("/runtime").json()["entries"]
        assert entries["app.some"]["final_value"] == "7"
        assert entries["app.other"]["final_value"] == "2"
        assert get(port) == 200
        swap(link, tmp_path / "v2")
        sluice.admin.wait_stats({"runtime.load_success": ">= 2"})
        assert get(port) == 201
        entries = sluice.admin.get("/runtime").json()["entries"]
        assert entries["app.some"]["final_value"] == "1"
        link.unlink()
        sluice.admin.wait_stats({"runtime.override_dir_not_exists": 1})
        assert get(port) == 200
