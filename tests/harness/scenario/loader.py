"""Reads a scenario file: checks its keys, names its ports, and fills in `$name`s."""
import dataclasses
import pathlib
import re

import yaml

from .. import config
from ..ports import free_port

KEYS = {
    "title",
    "config",
    "tcp",
    "http",
    "args",
    "env",
    "concurrency",
    "ports",
    "files",
    "certificates",
    "backends",
    "servers",
    "steps",
    "stats",
    "log",
    "not_log",
    "exit",
    "validate",
}

# The short forms: what they take is harness/config.py's tcp() and http().
SHORT_KEYS = {
    "tcp": {"proxy", "filters", "listener", "cluster", "clusters", "top", "tls"},
    "http": {
        *("routes", "virtual_hosts", "filters", "hcm"),
        *("listener", "cluster", "clusters", "top", "tls"),
    },
}


class BadScenario(Exception):
    pass


class _UniqueKeys(yaml.SafeLoader):
    pass


def _mapping(loader: _UniqueKeys, node: yaml.MappingNode) -> dict:
    loader.flatten_mapping(node)
    out: dict = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in out:
            raise BadScenario(f"line {key_node.start_mark.line + 1}: {key!r} is there twice")
        out[key] = loader.construct_object(value_node, deep=True)
    return out


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


@dataclasses.dataclass
class Scenario:
    path: pathlib.Path
    data: dict
    ports: dict[str, int]

    def get(self, key: str, default=None):
        value = self.data.get(key)
        return default if value is None else value

    def fill(self, value, more: dict[str, str] | None = None):
        """`value` with every $name of a port, or of `more`, replaced, in all its strings."""
        names = {**{k: str(v) for k, v in self.ports.items()}, **(more or {})}
        alternatives = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
        if not alternatives:
            return value
        return _fill(value, re.compile(rf"\$({alternatives})\b"), names)

    def config(self):
        """The config as the file has it, or built from its `tcp:` or `http:` part."""
        if "tcp" not in self.data and "http" not in self.data:
            return self.data.get("config", "")
        kind = "tcp" if "tcp" in self.data else "http"
        spec = dict(self.data[kind] or {})
        unknown = set(spec) - SHORT_KEYS[kind]
        if unknown:
            raise BadScenario(f"{kind}: unknown {sorted(unknown)}; known are {sorted(SHORT_KEYS[kind])}")
        spec["listener_fields"] = spec.pop("listener", None)
        common, own = spec.pop("cluster", None), spec.pop("clusters", {})
        hosts = [*self.get("backends", [])]
        hosts += [n for n, server in self.get("servers", {}).items() if "dns" not in server]
        clusters = []
        for name in [*hosts, *(n for n in own if n not in hosts)]:
            ports = [f"${name}"] if name in hosts else []
            made = config.cluster(name, ports, common)
            clusters.append(config.merge(made, own.get(name)))
        top = spec.pop("top", {})
        return getattr(config, kind)("$front", clusters, **spec, **top)


def _fill(value, regex: re.Pattern, names: dict[str, str]):
    if isinstance(value, str):
        whole = regex.fullmatch(value)
        if whole and names[whole.group(1)].isdigit():
            return int(names[whole.group(1)])
        return regex.sub(lambda m: names[m.group(1)], value)
    if isinstance(value, list):
        return [_fill(item, regex, names) for item in value]
    if isinstance(value, dict):
        return {_fill(k, regex, names): _fill(v, regex, names) for k, v in value.items()}
    return value


def load(path: str) -> Scenario:
    data = yaml.load(pathlib.Path(path).read_text(), Loader=_UniqueKeys)
    if not isinstance(data, dict):
        raise BadScenario("a scenario is a mapping")
    unknown = set(data) - KEYS
    if unknown:
        raise BadScenario(f"unknown keys {sorted(unknown)}; known are {sorted(KEYS)}")
    if not data.get("title"):
        raise BadScenario("title is missing")
    if ("steps" in data) == ("validate" in data):
        raise BadScenario("a scenario has either steps or validate")
    kinds = sum(key in data for key in ("config", "tcp", "http"))
    if kinds > 1 or (kinds == 0 and "steps" in data):
        raise BadScenario("a scenario has one of config, tcp, http")
    if "tcp" in data or "http" in data:
        data["ports"] = ["front", *(p for p in data.get("ports", []) if p != "front")]
    names = [*data.get("ports", []), *data.get("backends", []), *data.get("servers", {})]
    if len(set(names)) != len(names):
        raise BadScenario(f"a name is used twice among ports, backends and servers: {names}")
    return Scenario(pathlib.Path(path), data, {name: free_port() for name in names})
