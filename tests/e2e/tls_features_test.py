"""What a listener's TLS context says, as openssl's own client sees it."""
import pytest
import yaml

from harness import certs, wait
from harness.config import listener_stat
from harness.http1 import HttpServer
from harness.ports import free_port
from harness.process import Sluice, run
from harness.tls_front import front, ocsp_response, s_client

NO_CIPHER = "Cipher is (NONE)"


@pytest.fixture(name="folder")
def certificates(tmp_path):
    certs.make_all(tmp_path, {"server": {"sans": "DNS:localhost,IP:127.0.0.1"}})
    return tmp_path


@pytest.fixture(name="web", scope="module")
def backend():
    with HttpServer(body=b"hi") as server:
        yield server


def pair_of(made: dict) -> dict:
    chain = made["static_resources"]["listeners"][0]["filter_chains"][0]
    return chain["transport_socket"]["typed_config"]["common_tls_context"]["tls_certificates"][0]


AES256_FIRST = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256"
OLD = {
    "tls_minimum_protocol_version": "TLSv1_0",
    "cipher_suites": ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-GCM-SHA256"],
}
PARAMETERS = [
    ({"ecdh_curves": ["P-384"]}, {}, ["-tls1_3"], "ECDH, secp384r1"),
    ({"ecdh_curves": ["P-384"]}, {}, ["-tls1_3", "-groups", "X25519"], NO_CIPHER),
    ({"tls_minimum_protocol_version": "TLSv1_3"}, {}, ["-tls1_2"], NO_CIPHER),
    ({"tls_maximum_protocol_version": "TLSv1_2"}, {}, ["-tls1_3"], NO_CIPHER),
    ({"tls_maximum_protocol_version": "TLSv1_2"}, {}, [], "Protocol  : TLSv1.2"),
    ({"cipher_suites": ["ECDHE-ECDSA-AES256-GCM-SHA384"]}, {}, ["-tls1_2"], "AES256-GCM-SHA384"),
    (OLD, {}, ["-tls1", "-cipher", "ALL:@SECLEVEL=0"], "Cipher is ECDHE-ECDSA-AES128-SHA"),
    ({"signature_algorithms": ["ecdsa_secp384r1_sha384"]}, {}, ["-tls1_3"], NO_CIPHER),
    ({}, {}, ["-tls1_2", "-cipher", AES256_FIRST], "Cipher is ECDHE-ECDSA-AES128-GCM-SHA256"),
    (
        {},
        {"prefer_client_ciphers": True},
        ["-tls1_2", "-cipher", AES256_FIRST],
        "Cipher is ECDHE-ECDSA-AES256-GCM-SHA384",
    ),
]


@pytest.mark.parametrize("params, fields, args, seen", PARAMETERS)
def test_parameters(folder, web, params, fields, args, seen):
    port = free_port()
    with Sluice(front(folder, port, web.port, {"tls_params": params}, **fields)):
        assert seen in s_client(port, *args)


def test_tickets_are_no_leave_for_early_data(folder, web):
    port = free_port()
    session = folder / "session"
    ask = b"GET / HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n"
    with Sluice(front(folder, port, web.port)) as sluice:
        s_client(port, "-tls1_3", "-ign_eof", "-sess_out", str(session), send=ask)
        text = certs.openssl("sess_id", "-in", str(session), "-noout", "-text").decode()
        assert "Max Early Data: 0" in text
        again = s_client(port, "-tls1_3", "-ign_eof", "-sess_in", str(session), send=ask)
        assert "Reused, TLSv1.3" in again and "Early data was not sent" in again
        sluice.admin.wait_stats({listener_stat(port, "ssl.session_reused"): 1})


# The days that the response is good for, the policy, and which counters a client moves that asks.
STAPLES = [
    (None, "LENIENT_STAPLING", True, {"requests": 1, "omitted": 1}),
    (None, "STRICT_STAPLING", True, {"requests": 1, "omitted": 1}),
    (7, "STRICT_STAPLING", True, {"requests": 1, "responses": 1}),
    (0, "LENIENT_STAPLING", True, {"requests": 1, "omitted": 1}),
    (0, "STRICT_STAPLING", False, {"failed": 1}),
    (0, "MUST_STAPLE", False, {"failed": 1}),
]


@pytest.mark.parametrize("days, policy, served, counts", STAPLES)
def test_staple_policies(folder, web, days, policy, served, counts):
    port = free_port()
    made = front(folder, port, web.port, ocsp_staple_policy=policy)
    if days is not None:
        ocsp_response(folder, "server", days)
        pair_of(made)["ocsp_staple"] = {"filename": str(folder / "server.ocsp")}
    with Sluice(made) as sluice:
        answer = s_client(port, "-status")
        assert (NO_CIPHER not in answer) == served
        assert ("OCSP Response Status: successful" in answer) == ("responses" in counts)
        # Who does not ask is served in any case.
        assert NO_CIPHER not in s_client(port)
        wanted = {"requests": 0, "responses": 0, "omitted": 0, "failed": 0} | counts
        sluice.admin.wait_stats(
            {listener_stat(port, f"ssl.ocsp_staple_{name}"): n for name, n in wanted.items()}
        )


def test_must_staple_needs_a_response_at_load(folder):
    made = front(folder, 1, 1, ocsp_staple_policy="MUST_STAPLE")
    path = folder / "sluice.yaml"
    path.write_text(yaml.safe_dump(made))
    done = run(["-c", str(path), "--mode", "validate"])
    assert done.returncode == 1
    assert "needs an OCSP response, as ocsp_staple_policy says" in done.stderr


KEY_LOGS = [
    ({}, True),
    ({"local_address_range": [{"address_prefix": "127.0.0.0", "prefix_len": 8}]}, True),
    ({"local_address_range": [{"address_prefix": "10.0.0.0", "prefix_len": 8}]}, False),
    ({"remote_address_range": [{"address_prefix": "10.0.0.0", "prefix_len": 8}]}, False),
]


@pytest.mark.parametrize("ranges, logged", KEY_LOGS)
def test_key_log_is_for_its_addresses(folder, web, ranges, logged):
    port = free_port()
    log = folder / "keys"
    with Sluice(front(folder, port, web.port, {"key_log": {"path": str(log), **ranges}})) as sluice:
        s_client(port)
        sluice.admin.wait_stats({listener_stat(port, "ssl.handshake"): 1})
        if logged:
            wait.until(lambda: "SERVER_HANDSHAKE_TRAFFIC_SECRET" in log.read_text(), "secrets")
    assert bool(log.read_text()) == logged


@pytest.mark.parametrize("old_ciphers", [False, True])
def test_pkcs12_with_its_chain(tmp_path, web, old_ciphers):
    certs.make(tmp_path, "ca")
    certs.openssl(
        "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "9",
        "-subj", "/CN=middle", "-CA", str(tmp_path / "ca.pem"), "-CAkey", str(tmp_path / "ca.key"),
        "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", str(tmp_path / "middle.key"),
        "-out", str(tmp_path / "middle.pem"),
    )  # fmt: skip
    certs.make(tmp_path, "server", "middle")
    certs.openssl(
        "pkcs12", "-export", "-in", str(tmp_path / "server.pem"), "-inkey", str(tmp_path / "server.key"),
        "-certfile", str(tmp_path / "middle.pem"), "-out", str(tmp_path / "all.p12"),
        "-passout", "pass:secret", *(["-keypbe", "AES-128-CBC", "-macalg", "sha1"] if old_ciphers else []),
    )  # fmt: skip
    (tmp_path / "password").write_text("secret\n")
    port = free_port()
    made = front(tmp_path, port, web.port)
    pair = pair_of(made)
    pair.clear()
    pair["pkcs12"] = {"filename": str(tmp_path / "all.p12")}
    pair["password"] = {"filename": str(tmp_path / "password")}
    with Sluice(made):
        answer = s_client(port, "-CAfile", str(tmp_path / "ca.pem"), "-showcerts")
        assert "Verify return code: 0 (ok)" in answer and answer.count("BEGIN CERTIFICATE") >= 2
