"""Files of listeners, clusters, routes and endpoints that are replaced while requests go on: none is lost."""
import json
import os
import pathlib
import threading

from harness import wait
from harness.config import HCM, address, cluster, router
from harness.conn import connect
from harness.http1 import HttpServer, read_message, request
from harness.ports import free_port
from harness.process import Sluice

CLIENTS = 8
CHANGES = 6
TYPE = "type.googleapis.com/envoy.config"


def document(version, kind: str, *resources: dict) -> str:
    listed = [{"@type": f"{TYPE}.{kind}", **one} for one in resources]
    return json.dumps({"version_info": str(version), "resources": listed})


def replace(path: pathlib.Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text)
    fresh.rename(path)


def swap(link: pathlib.Path, target: pathlib.Path) -> None:
    fresh = link.with_name(link.name + ".new")
    os.symlink(target, fresh)
    os.rename(fresh, link)


def listener(port: int, manager: dict) -> dict:
    config = {"@type": HCM, "stat_prefix": "front", "http_filters": [router()], **manager}
    return {
        "name": "front",
        "address": address(port),
        "filter_chains": [{"filters": [{"name": "hcm", "typed_config": config}]}],
    }


def routes(name: str, to: str, marker) -> dict:
    added = [{"header": {"key": "x-marker", "value": str(marker)}}]
    route = {"match": {"prefix": "/"}, "route": {"cluster": to}, "response_headers_to_add": added}
    return {"name": name, "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]}


class Clients:
    """Each sends one request after the other; a connection whose answer says close is replaced."""

    def __init__(self, port: int):
        self.port = port
        self.stopping = threading.Event()
        self.lost: list[str] = []
        self.markers: set[str] = set()
        self.answers = 0
        self.connections = 0
        self.threads = [threading.Thread(target=self.run) for _ in range(CLIENTS)]

    def run(self) -> None:
        conn = None
        try:
            while not self.stopping.is_set():
                if conn is None:
                    conn = connect(self.port)
                    self.connections += 1
                conn.send(request())
                answer = read_message(conn, seconds=20)
                assert answer.status == 200 and answer.body == b"hi", answer
                self.answers += 1
                self.markers.add(answer.get("x-marker"))
                if answer.get("connection") == "close":
                    conn.close()
                    conn = None
        except Exception as error:  # whatever it is, a request was lost
            self.lost.append(repr(error))

    def __enter__(self) -> "Clients":
        for one in self.threads:
            one.start()
        return self

    def __exit__(self, *_) -> None:
        self.stopping.set()
        for one in self.threads:
            one.join()
        assert self.lost == []

    def wait_for(self, marker) -> None:
        wait.until(lambda: self.lost or str(marker) in self.markers, f"an answer of {marker}", 20)


def test_listeners_and_clusters_are_replaced_under_load(tmp_path):
    port = free_port()
    with HttpServer(body=b"hi") as one, HttpServer(body=b"hi") as two:

        def listeners(version) -> str:
            return document(version, "listener.v3.Listener", listener(port, {"route_config": routes("r", "app", version)}))

        def clusters(version) -> str:
            to = (one, two)[version % 2].port
            return document(version, "cluster.v3.Cluster", cluster("app", [to], {"connect_timeout": f"{version + 5}s"}))

        for version in range(CHANGES):
            (tmp_path / f"lds.{version}.json").write_text(listeners(version))
        lds = tmp_path / "lds.json"
        swap(lds, tmp_path / "lds.0.json")
        cds = tmp_path / "cds.json"
        cds.write_text(clusters(0))
        config = {
            "dynamic_resources": {
                "lds_config": {"path_config_source": {"path": str(lds), "watched_directory": {"path": str(tmp_path)}}},
                "cds_config": {"path": str(cds)},
            }
        }
        with Sluice(config, concurrency=2) as sluice, Clients(port) as clients:
            clients.wait_for(0)
            for version in range(1, CHANGES):
                replace(cds, clusters(version))
                swap(lds, tmp_path / f"lds.{version}.json")
                sluice.admin.wait_stats({"cluster_manager.cds.version_text": f'"{version}"'}, 20)
                clients.wait_for(version)
            sluice.admin.wait_stats(
                {
                    "listener_manager.listener_modified": CHANGES - 1,
                    "listener_manager.total_listeners_active": 1,
                    "cluster_manager.cluster_modified": CHANGES - 1,
                    "listener_manager.lds.update_rejected": 0,
                    "cluster.app.upstream_cx_connect_fail": 0,
                },
                20,
            )
            sluice.admin.wait_stats({"listener_manager.total_listeners_draining": 0}, 20)
        assert clients.answers > CHANGES


def test_routes_and_endpoints_are_replaced_under_open_connections(tmp_path):
    port = free_port()
    with HttpServer(body=b"hi") as one, HttpServer(body=b"hi") as two:
        rds = tmp_path / "rds.json"
        eds = tmp_path / "eds.json"

        def endpoints(version) -> str:
            hosts = [one.port, two.port] if version % 2 else [one.port]
            listed = [{"endpoint": {"address": address(host)}} for host in hosts]
            return document(
                version,
                "endpoint.v3.ClusterLoadAssignment",
                {"cluster_name": "app", "endpoints": [{"lb_endpoints": listed}]},
            )

        def table(version) -> str:
            return document(version, "route.v3.RouteConfiguration", routes("r", "app", version))

        rds.write_text(table(0))
        eds.write_text(endpoints(0))
        manager = {"rds": {"route_config_name": "r", "config_source": {"path": str(rds)}}}
        app = {"name": "app", "type": "EDS", "eds_cluster_config": {"eds_config": {"path": str(eds)}}}
        config = {"static_resources": {"listeners": [listener(port, manager)], "clusters": [app]}}
        with Sluice(config, concurrency=2) as sluice:
            with Clients(port) as clients:
                for version in range(1, CHANGES):
                    replace(rds, table(version))
                    eds.write_text(endpoints(version))  # in place
                    sluice.admin.wait_stats({"cluster.app.membership_total": 1 + version % 2}, 20)
                    clients.wait_for(version)
            assert clients.connections == CLIENTS
            sluice.admin.wait_stats({"http.front.rds.r.update_success": CHANGES, "cluster.app.update_rejected": 0}, 20)
