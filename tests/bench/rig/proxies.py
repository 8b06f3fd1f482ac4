"""How each proxy is started for a scenario: one worker, no logs, keep-alive to the backend, no fields
added where that can be said."""
import dataclasses
import json
import pathlib
import sys

from scenarios import Scenario

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from harness import config as envoy  # noqa: E402


@dataclasses.dataclass
class Setting:
    """Where things are: ports, programs, a folder for files."""

    folder: pathlib.Path
    front: int
    backend: dict[str, int]  # http, echo, source
    sluice: str
    rig: pathlib.Path
    certificate: str = ""
    key: str = ""

    def back(self, scenario: Scenario) -> int:
        return self.backend[scenario.mode]

    def write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        return str(path)


def floor(scenario: Scenario, at: Setting, splice: bool = False) -> list[str]:
    out = [str(at.rig / "rig_floor"), f"listen={at.front}", f"backend={at.back(scenario)}"]
    if splice:
        out.append("splice=1")
    if scenario.tls:
        out += [f"cert={at.certificate}", f"key={at.key}"]
    return out


# --- sluice

FILTERS = "type.googleapis.com/envoy.extensions.filters.http"


def module(at: Setting) -> pathlib.Path:
    return at.rig / "add_header.wasm"


def _add_header(how: str, at: Setting) -> dict:
    """The same header, natively and by a module."""
    if how == "native":
        append = {"header": {"key": "x-wasm", "value": "added"}, "append_action": "APPEND_IF_EXISTS_OR_ADD"}
        mutation = {"@type": f"{FILTERS}.header_mutation.v3.HeaderMutation"}
        mutation["mutations"] = {"response_mutations": [{"append": append}]}
        return {"name": "envoy.filters.http.header_mutation", "typed_config": mutation}
    code = {"local": {"filename": str(module(at))}}
    vm = {"vm_id": "bench", "runtime": "envoy.wasm.runtime.v8", "code": code}
    plugin = {"@type": f"{FILTERS}.wasm.v3.Wasm", "config": {"name": "add_header", "vm_config": vm}}
    return {"name": "envoy.filters.http.wasm", "typed_config": plugin}


def _filters(scenario: Scenario, at: Setting) -> list[dict]:
    router = envoy.router()
    router["typed_config"]["suppress_envoy_headers"] = True
    if scenario.sluice in ("native", "wasm"):
        return [_add_header(scenario.sluice, at), router]
    if scenario.sluice != "filters":
        return [router]
    bucket = {"max_tokens": 1000000, "tokens_per_fill": 1000000, "fill_interval": "0.1s"}
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    limit = {
        "@type": f"{FILTERS}.local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": "limit",
        "token_bucket": bucket,
        "filter_enabled": always,
        "filter_enforced": always,
    }
    append = {"header": {"key": "x-bench", "value": "1"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
    mutation = {
        "@type": f"{FILTERS}.header_mutation.v3.HeaderMutation",
        "mutations": {
            "request_mutations": [{"append": append}, {"remove": "x-none"}],
            "response_mutations": [{"append": append}],
        },
    }
    return [
        {"name": "envoy.filters.http.local_ratelimit", "typed_config": limit},
        {"name": "envoy.filters.http.cors", "typed_config": {"@type": f"{FILTERS}.cors.v3.Cors"}},
        {"name": "envoy.filters.http.header_mutation", "typed_config": mutation},
        router,
    ]


def _virtual_hosts(scenario: Scenario) -> list[dict]:
    def route(i: int) -> dict:
        return {"match": {"prefix": f"/r{i}/"}, "route": {"cluster": f"backend{i % scenario.clusters}"}}

    routes = [route(i) for i in range(scenario.routes)]
    routes.append({"match": {"prefix": "/"}, "route": {"cluster": "backend0"}})
    return [{"name": "all", "domains": ["*"], "routes": routes}]


def _http_manager(scenario: Scenario, at: Setting) -> dict:
    fields = {
        "generate_request_id": False,
        "server_header_transformation": "PASS_THROUGH",
        "upgrade_configs": [{"upgrade_type": "websocket"}],
    }
    if scenario.front_h2:
        fields["codec_type"] = "HTTP2" if not scenario.tls else "AUTO"
    if scenario.sluice == "log":
        log = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"
        fields["access_log"] = [
            {"name": "envoy.access_loggers.file", "typed_config": {"@type": log, "path": "/dev/null"}}
        ]
    fields["http_filters"] = _filters(scenario, at)
    return envoy.http_manager(_virtual_hosts(scenario), None, fields)


def _transport(scenario: Scenario, at: Setting) -> dict | None:
    if not scenario.tls:
        return None
    chain = {"certificate_chain": {"filename": at.certificate}, "private_key": {"filename": at.key}}
    protocols = ["h2", "http/1.1"] if scenario.front_h2 else ["http/1.1"]
    context = {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {"alpn_protocols": protocols, "tls_certificates": [chain]},
    }
    return {"name": "envoy.transport_sockets.tls", "typed_config": context}


def sluice(scenario: Scenario, at: Setting) -> list[str]:
    name = "backend0"
    tcp = scenario.mode in ("echo", "source")
    terminal = envoy.tcp_proxy(name) if tcp else _http_manager(scenario, at)
    chain = {"filters": [terminal]}
    if transport := _transport(scenario, at):
        chain["transport_socket"] = transport
    fields = {}
    if scenario.back_h2:
        options = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
        explicit = {"explicit_http_config": {"http2_protocol_options": {}}}
        fields["typed_extension_protocol_options"] = {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {"@type": options, **explicit}
        }
    clusters = [
        envoy.cluster(f"backend{i}", [at.back(scenario)], fields) for i in range(scenario.clusters)
    ]
    listener = {"name": "front", "address": envoy.address(at.front), "filter_chains": [chain]}
    bootstrap = {"static_resources": {"listeners": [listener], "clusters": clusters}}
    if scenario.sluice == "copy":
        layer = {"name": "bench", "static_layer": {"sluice.splice.max_pipes": 0}}
        bootstrap["layered_runtime"] = {"layers": [layer]}
    path = at.write("sluice.json", json.dumps(bootstrap, indent=1))
    return [at.sluice, "-c", path, "--concurrency", str(scenario.workers), "-l", "error"]


# --- haproxy


def haproxy(scenario: Scenario, at: Setting, splice: bool = False) -> list[str]:
    secure = f" ssl crt {_bundle(at)} alpn {'h2,' if scenario.front_h2 else ''}http/1.1" if scenario.tls else ""
    if scenario.front_h2 and not scenario.tls:
        secure = " proto h2"
    tcp = scenario.mode in ("echo", "source")
    lines = [
        "global",
        "  maxconn 6000",
        f"  nbthread {scenario.workers}",
        "defaults",
        f"  mode {'tcp' if tcp else 'http'}",
        "  timeout connect 5s",
        "  timeout client 60s",
        "  timeout server 60s",
        "" if tcp else "  http-reuse always",
        "  option splice-request\n  option splice-response" if splice else "",
        "frontend front",
        f"  bind 127.0.0.1:{at.front}{secure}",
    ]
    if scenario.routes:
        table = "".join(f"/r{i}/ backend{i % scenario.clusters}\n" for i in range(scenario.routes))
        lines.append(f"  use_backend %[path,map_beg({at.write('routes.map', table)},backend0)]")
    lines.append("  default_backend backend0")
    server = f"  server one 127.0.0.1:{at.back(scenario)}{' proto h2' if scenario.back_h2 else ''}"
    for i in range(scenario.clusters):
        lines += [f"backend backend{i}", server]
    path = at.write("haproxy.cfg", "\n".join(lines) + "\n")
    return ["haproxy", "-db", "-f", path]


def _bundle(at: Setting) -> str:
    both = pathlib.Path(at.certificate).read_text() + pathlib.Path(at.key).read_text()
    return at.write("bundle.pem", both)


# --- nginx

NGINX = """
daemon off; {processes} pid {folder}/nginx.pid; error_log stderr crit; 
{modules}
events {{ worker_connections 16384; multi_accept on; }}
"""
NGINX_HTTP = """
http {{
  access_log off; keepalive_timeout 60s; keepalive_requests 1000000000; tcp_nodelay on;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  client_max_body_size 0; client_body_buffer_size 128k; proxy_max_temp_file_size 0;
  ssl_session_cache shared:S:8m; ssl_session_tickets on; ssl_protocols TLSv1.2 TLSv1.3;
  map $http_upgrade $upgraded {{ default upgrade; '' ''; }}
  {upstreams}
  server {{
    listen 127.0.0.1:{front} {flags} backlog=4096;
    {secure}
    proxy_http_version 1.1; proxy_request_buffering off;
    proxy_set_header Connection $upgraded; proxy_set_header Upgrade $http_upgrade;
    {locations}
  }}
}}
"""
NGINX_STREAM = """
stream {{
  access_log off;
  server {{ listen 127.0.0.1:{front} backlog=4096; proxy_pass 127.0.0.1:{back}; tcp_nodelay on; }}
}}
"""


def nginx(scenario: Scenario, at: Setting) -> list[str]:
    back = at.back(scenario)
    upstreams, locations = "", "location / { proxy_pass http://backend0; }\n"
    for i in range(scenario.clusters):
        upstreams += f"upstream backend{i} {{ server 127.0.0.1:{back}; keepalive 256; keepalive_requests 1000000000; }}\n"
    for i in range(scenario.routes):
        locations += f"location /r{i}/ {{ proxy_pass http://backend{i % scenario.clusters}; }}\n"
    secure = f"ssl_certificate {at.certificate}; ssl_certificate_key {at.key};" if scenario.tls else ""
    flags = ("ssl " if scenario.tls else "") + ("http2 " if scenario.front_h2 else "")
    tcp = scenario.mode in ("echo", "source")
    module = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")
    load = f"load_module {module};" if tcp and module.exists() else ""
    processes = "master_process off;"
    if scenario.workers > 1:
        processes = f"worker_processes {scenario.workers};"
    text = (NGINX + (NGINX_STREAM if tcp else NGINX_HTTP)).format(
        folder=at.folder, modules=load, upstreams=upstreams, front=at.front, flags=flags, back=back,
        secure=secure, locations=locations, processes=processes)
    if scenario.workers > 1:
        text = text.replace("backlog=4096", "backlog=4096 reuseport")
    return ["nginx", "-p", str(at.folder), "-c", at.write("nginx.conf", text)]


# --- nghttpx


def nghttpx(scenario: Scenario, at: Setting) -> list[str]:
    back = f"127.0.0.1,{at.back(scenario)}"
    proto = ";;proto=h2" if scenario.back_h2 else ""
    lines = [
        f"frontend=127.0.0.1,{at.front}{'' if scenario.tls else ';no-tls'}",
        f"workers={scenario.workers}",
        "single-process=yes",
        "single-thread=yes" if scenario.workers == 1 else "",
        "no-via=yes",
        "no-server-rewrite=yes",
        "no-location-rewrite=yes",
        "no-add-x-forwarded-proto=yes",
        "backlog=4096",
        "errorlog-file=/dev/null",
        f"pid-file={at.folder}/nghttpx.pid",
        "no-ocsp=yes" if scenario.tls else "",
        "conf=/dev/null",
    ]
    if scenario.routes:
        lines += [f"backend={back};/r{i}/{proto}" for i in range(scenario.routes)]
    lines.append(f"backend={back};/{proto.replace(';;', ';')}")
    if scenario.tls:
        lines += [f"private-key-file={at.key}", f"certificate-file={at.certificate}"]
    path = at.write("nghttpx.conf", "\n".join(line for line in lines if line) + "\n")
    return ["nghttpx", f"--conf={path}"]


def command(proxy: str, scenario: Scenario, at: Setting) -> list[str]:
    """`floor-splice`, `haproxy-splice`; `sluice-log` and the like: the same with something switched on."""
    base, _, variant = proxy.partition("-")
    make = {"floor": floor, "sluice": sluice, "haproxy": haproxy, "nginx": nginx, "nghttpx": nghttpx}[base]
    if base == "sluice":
        if variant == "one":
            scenario = dataclasses.replace(scenario, workers=1)
        elif variant:
            scenario = dataclasses.replace(scenario, sluice=variant)
        return sluice(scenario, at)
    return make(scenario, at, True) if variant == "splice" else make(scenario, at)
