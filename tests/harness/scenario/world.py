"""Who takes part in a running scenario: sluice, clients, backends and their connections, servers."""
import pathlib
import shutil
import tempfile

from .. import certs, tls
from ..backend import Backend, EchoServer
from ..conn import Conn
from ..dns import DnsServer
from ..http1 import HttpServer
from ..process import Sluice
from .loader import BadScenario, Scenario

DNS_CODES = {"NXDOMAIN": 3, "SERVFAIL": 2, "REFUSED": 5, "SILENT": None}


def dns_answer(value):
    if isinstance(value, str):
        return DNS_CODES[value] if value in DNS_CODES else [value]
    return list(value)


def make_server(name: str, spec: dict, port: int, folder: pathlib.Path | None = None):
    spec = dict(spec) if isinstance(spec, dict) else {}
    tls_spec = spec.pop("tls", None)
    context = None if tls_spec is None else tls.context(True, folder, tls_spec)
    if len(spec) != 1:
        raise BadScenario(f"server {name}: one of echo, http, dns")
    ((kind, value),) = spec.items()
    if kind == "echo":
        return EchoServer(port=port, name=name, context=context)
    if kind == "http":
        return HttpServer(port=port, name=name, context=context, **(value or {}))
    if kind == "dns":
        ttl = value.pop("ttl", 1) if isinstance(value, dict) else 1
        return DnsServer({k: dns_answer(v) for k, v in (value or {}).items()}, ttl=ttl, port=port)
    raise BadScenario(f"server {name}: unknown kind {kind}")


class World:
    def __init__(self, scenario: Scenario):
        self.scenario = scenario
        self.sluice: Sluice | None = None
        self.conns: dict[str, Conn] = {}
        self.backends: dict[str, Backend] = {}
        self.servers: dict[str, object] = {}
        self.fds_at_start = 0
        self.certificates: pathlib.Path | None = None  # NAME.pem and NAME.key

    def open(self) -> None:
        scenario = self.scenario
        if scenario.get("certificates") is not None:
            self.certificates = pathlib.Path(tempfile.mkdtemp(prefix="sluice-certs."))
            certs.make_all(self.certificates, scenario.get("certificates"))
        for name in scenario.get("backends", []):
            self.backends[name] = Backend(scenario.ports[name], name=name)
        for name, spec in scenario.get("servers", {}).items():
            port = scenario.ports[name]
            self.servers[name] = make_server(name, scenario.fill(spec), port, self.certificates)

    def start(self) -> None:
        scenario = self.scenario
        folder = {"dir": "."}  # sluice runs in its own folder
        self.sluice = Sluice(
            scenario.fill(scenario.config(), folder),
            args=[str(a) for a in scenario.fill(scenario.get("args", []), folder)],
            concurrency=scenario.get("concurrency", 1),
            env={k: str(v) for k, v in scenario.fill(scenario.get("env", {}), folder).items()},
        )
        if self.certificates is not None:
            shutil.copytree(self.certificates, self.sluice.folder, dirs_exist_ok=True)
        for name, text in scenario.get("files", {}).items():
            path = self.sluice.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(scenario.fill(text, folder))
        self.sluice.start()
        self.fds_at_start = self.sluice.fds()

    def add_conn(self, name: str, conn: Conn) -> None:
        old = self.conns.get(name)
        if old is not None:
            old.close()
        conn.name = name
        self.conns[name] = conn

    def close_conns(self) -> None:
        for conn in self.conns.values():
            conn.close()

    def close(self) -> None:
        self.close_conns()
        for backend in self.backends.values():
            backend.close()
        for server in self.servers.values():
            server.close()
        if self.sluice is not None:
            self.sluice.remove()
        if self.certificates is not None:
            shutil.rmtree(self.certificates, ignore_errors=True)

    def server_failures(self) -> list[BaseException]:
        return [f for s in self.servers.values() for f in getattr(s, "failures", [])]
