"""x-forwarded-client-cert: what becomes of a client's own, and what is said of its certificate."""
import re

import pytest

from harness import certs, tls
from harness.conn import connect
from harness.http1 import HttpServer, read_message, request
from harness.ports import free_port
from harness.process import Sluice
from harness.tls_front import front

HEADER = "x-forwarded-client-cert"
SENT = "By=http://frontend.test;Hash=00;URI=http://client.test"
OURS = r"By=spiffe://x/front;Hash=[0-9a-f]{64};URI=spiffe://x/person"

# The mode; what a client with a certificate leads to, and one without.
MODES = [
    (None, None, None),
    ("SANITIZE", None, None),
    ("FORWARD_ONLY", re.escape(SENT), None),
    ("APPEND_FORWARD", re.escape(SENT) + "," + OURS, None),
    ("SANITIZE_SET", OURS, None),
    ("ALWAYS_FORWARD_ONLY", re.escape(SENT), re.escape(SENT)),
]


@pytest.mark.parametrize("mode, known, unknown", MODES)
def test_modes(tmp_path, mode, known, unknown):
    certs.make_all(tmp_path, {"server": {"sans": "URI:spiffe://x/front"},
                              "person": {"sans": "URI:spiffe://x/person"}})
    port = free_port()
    with HttpServer() as web:
        made = front(tmp_path, port, web.port,
                     {"validation_context": {"trusted_ca": {"filename": str(tmp_path / "ca.pem")}}})
        chain = made["static_resources"]["listeners"][0]["filter_chains"][0]
        manager = chain["filters"][0]["typed_config"]
        manager["set_current_client_cert_details"] = {"uri": True}
        if mode is not None:
            manager["forward_client_cert_details"] = mode
        with Sluice(made):
            for spec, wanted in (({"cert": "person"}, known), ({}, unknown)):
                for headers in ({HEADER: SENT}, {}):
                    with connect(port) as plain:
                        client = tls.client(plain, tmp_path, spec)
                        client.send(request(headers=headers))
                        assert read_message(client).status == 200
                    seen = web.requests[-1].get(HEADER)
                    if headers:
                        assert (seen is None) == (wanted is None), seen
                        assert wanted is None or re.fullmatch(wanted, seen), seen
                    elif mode in ("APPEND_FORWARD", "SANITIZE_SET") and spec:
                        assert re.fullmatch(OURS, seen), seen
                    else:
                        assert seen is None
