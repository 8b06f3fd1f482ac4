"""hash_policy of a load balancing policy: what is hashed, whatever routes say."""
import contextlib

import pytest
import yaml

from harness.config import cluster, http
from harness.conn import connect
from harness.http1 import HttpServer, read_message, request
from harness.ports import free_port
from harness.process import ROOT, Sluice, run

TYPES = "type.googleapis.com/envoy.extensions.load_balancing_policies"
BY_KEY = {"query_parameter": {"name": "k"}}


def policy(kind: str, fields: list) -> dict:
    typed = {"@type": f"{TYPES}.{kind}", "consistent_hashing_lb_config": {"hash_policy": fields}}
    entry = {"typed_extension_config": {"name": "hash", "typed_config": typed}}
    return {"load_balancing_policy": {"policies": [entry]}}


def made(port: int, hosts: list, kind: str, fields: list) -> dict:
    by_user = {"cluster": "app", "hash_policy": [{"header": {"header_name": "x-user"}}]}
    routes = [{"match": {"prefix": "/"}, "route": by_user}]
    return http(port, [cluster("app", [h.port for h in hosts], policy(kind, fields))], routes=routes)


@pytest.mark.parametrize("kind", ["ring_hash.v3.RingHash", "maglev.v3.Maglev"])
def test_the_balancers_own_policy_stands_for_that_of_routes(kind):
    port = free_port()
    with contextlib.ExitStack() as stack:
        hosts = [stack.enter_context(HttpServer(body=b"%d" % n)) for n in range(3)]
        stack.enter_context(Sluice(made(port, hosts, kind, [BY_KEY])))
        client = stack.enter_context(connect(port))

        def ask(key: int, user: int) -> bytes:
            client.send(request(path=f"/?k={key}", headers={"x-user": str(user)}))
            return read_message(client).body

        seen = [{ask(key, user) for user in range(4)} for key in range(24)]
        assert all(len(one) == 1 for one in seen)
        assert len(set.union(*seen)) == 3


def test_nonsense_in_it_is_refused(tmp_path):
    path = tmp_path / "sluice.yaml"
    path.write_text(yaml.safe_dump(made(1, [], "ring_hash.v3.RingHash", [{"terminal": True}])))
    done = run(["-c", str(path), "--mode", "validate"], cwd=ROOT)
    assert done.returncode == 1 and "hash_policy" in done.stderr
