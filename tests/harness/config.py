"""Builds the configs that most tests share: one listener, one cluster for each backend. What a test
is about goes in by the keyword arguments; the rest stays out of sight."""
TYPES = "type.googleapis.com/envoy.extensions.filters"
TCP_PROXY = f"{TYPES}.network.tcp_proxy.v3.TcpProxy"
HCM = f"{TYPES}.network.http_connection_manager.v3.HttpConnectionManager"
TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"
ROUTER = f"{TYPES}.http.router.v3.Router"


def address(port, host="127.0.0.1") -> dict:
    return {"socket_address": {"address": host, "port_value": port}}


def merge(base: dict, over: dict | None) -> dict:
    """`over` laid over `base`: mappings merge, all else replaces, null removes."""
    out = dict(base)
    for key, value in (over or {}).items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = merge(out[key], value)
        else:
            out[key] = value
    return out


def listener_stat(port: int, name: str) -> str:
    """The full name of a stat of the listener on 127.0.0.1:`port`."""
    return f"listener.127.0.0.1_{port}.{name}"


def cluster(name: str, ports: list, fields: dict | None = None) -> dict:
    """A STATIC cluster of hosts on loopback; `ports` may hold (host, port) too."""
    endpoints = [address(*reversed(p)) if isinstance(p, tuple) else address(p) for p in ports]
    base = {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "2s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": a}} for a in endpoints]}],
        },
    }
    return merge(base, fields)


def tcp_proxy(name: str, fields: dict | None = None) -> dict:
    config = merge({"@type": TCP_PROXY, "stat_prefix": "front", "cluster": name}, fields)
    if "weighted_clusters" in config:
        config.pop("cluster")
    return {"name": "envoy.filters.network.tcp_proxy", "typed_config": config}


def router() -> dict:
    return {"name": "envoy.filters.http.router", "typed_config": {"@type": ROUTER}}


def http_manager(hosts: list, filters: list | None = None, fields: dict | None = None) -> dict:
    base = {
        "@type": HCM,
        "stat_prefix": "front",
        "route_config": {"name": "local", "virtual_hosts": hosts},
        "http_filters": [*(filters or []), router()],
    }
    config = merge(base, fields)
    return {"name": "envoy.filters.network.http_connection_manager", "typed_config": config}


def downstream_tls(cert: str | list = "server", common=None, **fields) -> dict:
    """A transport socket with NAME.pem and NAME.key from the folder that sluice runs in."""
    pairs = [
        {"certificate_chain": {"filename": f"{one}.pem"}, "private_key": {"filename": f"{one}.key"}}
        for one in ([cert] if isinstance(cert, str) else cert)
    ]
    common = {"tls_certificates": pairs, **(common or {})}
    config = {"@type": f"{TLS}.DownstreamTlsContext", "common_tls_context": common, **fields}
    return {"name": "envoy.transport_sockets.tls", "typed_config": config}


def listener(
    port, filters: list, fields: dict | None = None, name: str = "front", tls: dict | None = None
) -> dict:
    chain = {"filters": filters}
    if tls is not None:
        chain["transport_socket"] = downstream_tls(**tls)
    base = {"name": name, "address": address(port), "filter_chains": [chain]}
    return merge(base, fields)


def bootstrap(listeners: list, clusters: list, **fields) -> dict:
    return {**fields, "static_resources": {"listeners": listeners, "clusters": clusters}}


def tcp(
    port, clusters: list, proxy=None, filters=None, listener_fields=None, tls=None, **fields
) -> dict:
    """A TCP front on `port` to the first cluster, with other network filters before tcp_proxy."""
    chain = [*(filters or []), tcp_proxy(clusters[0]["name"] if clusters else "none", proxy)]
    return bootstrap([listener(port, chain, listener_fields, tls=tls)], clusters, **fields)


def http(
    port,
    clusters: list,
    routes=None,
    virtual_hosts=None,
    filters=None,
    hcm=None,
    listener_fields=None,
    tls=None,
    **fields,
) -> dict:
    """An HTTP front on `port`; without routes everything goes to the first cluster."""
    if routes is None and clusters:
        routes = [{"match": {"prefix": "/"}, "route": {"cluster": clusters[0]["name"]}}]
    hosts = virtual_hosts or [{"name": "all", "domains": ["*"], "routes": routes or []}]
    manager = http_manager(hosts, filters, hcm)
    return bootstrap([listener(port, [manager], listener_fields, tls=tls)], clusters, **fields)
