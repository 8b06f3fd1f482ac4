"""Foreign functions: what Envoy offers modules beside the ABI."""
import os
import pathlib

import pytest

from harness import certs, http1
from harness.config import bootstrap, cluster, http_manager, listener
from harness.conn import connect
from harness.ports import free_port
from harness.process import Sluice

MODULES = os.environ.get("SLUICE_WASM_MODULES")
pytestmark = pytest.mark.skipif(not MODULES, reason="built without the tools for WebAssembly modules")


def config(port: int, backend: int, keys: str) -> dict:
    code = {"local": {"filename": str(pathlib.Path(MODULES) / "foreign.wasm")}}
    given = {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": keys}
    wasm = {
        "name": "envoy.filters.http.wasm",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {"configuration": given, "vm_config": {"runtime": "envoy.wasm.runtime.v8", "code": code}},
        },
    }
    route = {"match": {"prefix": "/"}, "route": {"cluster": "back"}}
    manager = http_manager([{"name": "all", "domains": ["*"], "routes": [route]}], [wasm])
    value = "%REQ(x-result)%;%FILTER_STATE(shown:PLAIN)%;%FILTER_STATE(wasm.kept:PLAIN)%"
    manager["typed_config"]["route_config"]["response_headers_to_add"] = [{"header": {"key": "x-shown", "value": value}}]
    return bootstrap([listener(port, [manager])], [cluster("back", [backend])])


class Asker:
    def __init__(self, port: int):
        self.client = connect(port)

    def ask(self, verb: str, argument: str = "-") -> list[str]:
        self.client.send(http1.request(headers={"x-do": verb, "x-with": argument}))
        return http1.read_message(self.client).get("x-shown").split(";")


@pytest.mark.parametrize("kind", certs.KINDS)
def test_signatures_are_made_and_verified(tmp_path, kind):
    certs.make(tmp_path, "signer", kind=kind)
    private = (tmp_path / "signer.key").read_text()
    public = certs.openssl("pkey", "-in", str(tmp_path / "signer.key"), "-pubout").decode()
    port = free_port()
    with http1.HttpServer() as backend, Sluice(config(port, backend.port, private + public)):
        asker = Asker(port)
        for name in ("sha1", "sha224", "SHA256", "sha384", "sha512"):
            result = asker.ask("sign", name)[0]
            assert result.startswith("0 good 0 "), (name, result)
            assert result.endswith("Failed to verify digital signature."), (name, result)
        assert asker.ask("sign", "md5")[0].endswith("md5 is not supported.")
        assert asker.ask("no_key")[0] == "2"
        asker.client.close()


def test_state_that_outlives_its_stream_and_texts_that_are_compressed():
    port = free_port()
    with http1.HttpServer() as backend, Sluice(config(port, backend.port, "")) as sluice:
        first = Asker(port)
        assert first.ask("zlib", "a" * 2000)[0] == "0 smaller 0 same 3"
        assert first.ask("sign", "sha256")[0] == "status 2"  # there is no key
        assert first.ask("again")[0] == "2"
        assert first.ask("garbage")[0] == "2"
        # readonly: written once for each stream
        assert first.ask("once")[0] == "02 one"
        assert first.ask("once")[0] == "02 one"
        # of the connection: the next request on it has it, one on another connection has not
        assert first.ask("keep", "long") == ["0", "", "long"]
        assert first.ask("kept") == ["long", "", "long"]
        assert first.ask("state", "seen") == ["0", "seen", "long"]
        assert first.ask("kept") == ["long", "seen", "long"]
        # a thousand of them and no more, 64 KiB each
        assert first.ask("large")[0] == "1"
        assert first.ask("many", "x")[0] == "1"
        assert first.ask("many", "y")[0] == "1"
        assert first.ask("kept")[0] == "long"
        second = Asker(port)
        assert second.ask("kept") == ["status 1", "", ""]
        # CEL there is none, and the module is told so
        assert second.ask("expr")[0] == "1"
        sluice.wait_log("there is no foreign function expr_create: sluice has no CEL")
        sluice.admin.wait_stats({"wasm.traps": 0})
        first.client.close()
        second.client.close()
