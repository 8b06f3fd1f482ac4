"""The proxies under attack: sluice with a front for each group of attacks, and others beside it."""
import pathlib
import shutil
import subprocess
import tempfile

from harness import wait
from harness.config import bootstrap, cluster, http_manager, listener
from harness.conn import connect
from harness.ports import free_port
from harness.process import Sluice

RBAC = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC"
EVERYTHING = [{"match": {"prefix": "/"}, "route": {"cluster": "app"}}]
GUARDED = [{"match": {"prefix": "/admin"}, "direct_response": {"status": 403}}, *EVERYTHING]


def _manager(routes: list, fields: dict | None = None) -> dict:
    host = {"name": "all", "domains": ["*"], "routes": routes}
    return http_manager([host], fields={"stream_idle_timeout": "30s", **(fields or {})})


def sluice_config(ports: dict, backend: int) -> dict:
    """A listener for each front."""
    edge = {
        "use_remote_address": True,
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "UNESCAPE_AND_FORWARD",
        "common_http_protocol_options": {"headers_with_underscores_action": "REJECT_REQUEST"},
    }
    trusting = {"use_remote_address": True, "xff_num_trusted_hops": 1}
    managers = {
        "plain": _manager(EVERYTHING),
        "edge": _manager(GUARDED, edge),
        "behind": _manager(EVERYTHING, trusting),
        "upgrade": _manager(EVERYTHING, {"upgrade_configs": [{"upgrade_type": "websocket"}]}),
        "http10": _manager(
            EVERYTHING,
            {"http_protocol_options": {"accept_http_10": True, "default_host_for_http_10": "d"}},
        ),
        "proxied": _manager(EVERYTHING),
        "inspected": _manager(EVERYTHING),
    }
    filters = "type.googleapis.com/envoy.extensions.filters.listener"
    before = {
        "proxied": ("proxy_protocol", "ProxyProtocol"),
        "inspected": ("tls_inspector", "TlsInspector"),
    }
    listeners = []
    for name, manager in managers.items():
        fields = {"listener_filters_timeout": "1s"}
        if name in before:
            kind, message = before[name]
            typed = {"@type": f"{filters}.{kind}.v3.{message}"}
            fields["listener_filters"] = [
                {"name": f"envoy.filters.listener.{kind}", "typed_config": typed}
            ]
        listeners.append(listener(ports[name], [manager], fields, name=name))
    return bootstrap(listeners, [cluster("app", [backend])])


FRONTS = ("plain", "edge", "behind", "upgrade", "http10", "proxied", "inspected")


class SluiceTarget(Sluice):
    def __init__(self, backend: int):
        self.ports = {name: free_port() for name in FRONTS}
        super().__init__(sluice_config(self.ports, backend))

    def start(self, seconds: float = 10):
        super().start(seconds)
        self.ports["admin"] = self.admin.port
        return self


NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{backend}; proxy_http_version 1.1;
      proxy_set_header Host $http_host; proxy_set_header Connection ""; proxy_request_buffering off;
    }}
  }}
}}
"""
HAPROXY = """
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
frontend front
  bind 127.0.0.1:{port}
  default_backend app
backend app
  server a 127.0.0.1:{backend}
"""


class OtherProxy:
    """nginx, haproxy or nghttpx with one plain front, to see how an attack fares elsewhere."""

    def __init__(self, name: str, backend: int):
        port = free_port()
        self.ports = {"plain": port}
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="attack."))
        path = self.folder / "conf"
        texts = {"nginx": NGINX, "haproxy": HAPROXY, "nghttpx": ""}
        path.write_text(texts[name].format(folder=self.folder, port=port, backend=backend))
        arguments = {
            "nginx": ["-c", str(path), "-e", str(self.folder / "log")],
            "haproxy": ["-f", str(path)],
            "nghttpx": [f"-f127.0.0.1,{port};no-tls", f"-b127.0.0.1,{backend}", f"--conf={path}"],
        }
        program = shutil.which(name) or shutil.which(name, path="/usr/sbin")
        if program is None:
            raise SystemExit(f"{name} is not installed")
        self.process = subprocess.Popen(
            [program, *arguments[name]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait.until(lambda: self._listens(port), f"{name} listens", 10)

    @staticmethod
    def _listens(port: int) -> bool:
        try:
            connect(port).close()
        except OSError:
            return False
        return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


def target(name: str, backend: int):
    return SluiceTarget(backend) if name == "sluice" else OtherProxy(name, backend)
