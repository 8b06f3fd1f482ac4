"""TLS with clients that others have made: openssl s_client, curl, Python; and the tutorial's HTTPS."""
import contextlib
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import tempfile

import pytest

from harness import certs, tls, wait
from harness.conn import connect
from harness.http1 import HttpServer
from harness.ports import free_port
from harness.process import ROOT, Sluice
from harness.tls_front import front, ocsp_response, s_client


@pytest.fixture(name="folder")
def certificates():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-certs."))
    certs.make_all(folder, {"server": {"sans": "DNS:localhost,IP:127.0.0.1"}})
    yield folder
    shutil.rmtree(folder)


def test_defaults_are_strict(folder):
    port = free_port()
    with HttpServer(body=b"hi") as web, Sluice(front(folder, port, web.port)):
        modern = s_client(port, "-tls1_3")
        assert "TLSv1.3" in modern and re.search(r"Temp Key: X25519|TLS1.3 group: X25519", modern)
        assert "ECDHE-ECDSA-AES128-GCM-SHA256" in s_client(port, "-tls1_2")
        for old in ("-tls1", "-tls1_1"):
            assert "Cipher is (NONE)" in s_client(port, old, "-cipher", "ALL:@SECLEVEL=0"), old
        for weak in ("AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "AES128-GCM-SHA256"):
            answer = s_client(port, "-tls1_2", "-cipher", f"{weak}:@SECLEVEL=0")
            assert "Cipher is (NONE)" in answer, weak
        # Renegotiation is refused, compression is off.
        assert "Compression: NONE" in s_client(port, "-tls1_2")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_gets_through(folder):
    port = free_port()
    with HttpServer(body=b"x" * 300_000) as web, Sluice(front(folder, port, web.port)):
        for version in ("--tlsv1.3", "--tls-max=1.2"):
            done = subprocess.run(
                ["curl", "-sS", "--http1.1", *version.split("="), "--cacert", str(folder / "ca.pem"),
                 f"https://localhost:{port}/"],
                capture_output=True, timeout=20, check=False,
            )  # fmt: skip
            assert done.returncode == 0 and len(done.stdout) == 300_000, done.stderr


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_alpn_chooses_the_version_of_http(folder):
    port = free_port()
    with HttpServer(body=b"hi") as web:
        made = front(folder, port, web.port, {"alpn_protocols": ["h2", "http/1.1"]})
        with Sluice(made) as sluice:
            for option, version in (("--http2", "2"), ("--http1.1", "1.1")):
                done = subprocess.run(
                    ["curl", "-sS", option, "-o", "/dev/null", "-w", "%{http_version} %{http_code}",
                     "--cacert", str(folder / "ca.pem"), f"https://localhost:{port}/"],
                    capture_output=True, text=True, timeout=20, check=False,
                )  # fmt: skip
                assert done.stdout == f"{version} 200", done.stderr
            sluice.admin.wait_stats(
                {"http.front.downstream_cx_http2_total": 1, "http.front.downstream_cx_http1_total": 1}
            )


def test_ocsp_response_is_stapled(folder):
    ocsp_response(folder, "server", 7)
    port = free_port()
    with HttpServer() as web:
        made = front(folder, port, web.port, ocsp_staple_policy="MUST_STAPLE")
        chain = made["static_resources"]["listeners"][0]["filter_chains"][0]
        pair = chain["transport_socket"]["typed_config"]["common_tls_context"]["tls_certificates"][0]
        pair["ocsp_staple"] = {"filename": str(folder / "server.ocsp")}
        with Sluice(made) as sluice:
            assert "OCSP Response Status: successful" in s_client(port, "-status")
            assert "OCSP response" not in s_client(port)
            stat = f"listener.127.0.0.1_{port}.ssl.ocsp_staple"
            sluice.admin.wait_stats({f"{stat}_requests": 1, f"{stat}_responses": 1})


def test_key_log_has_the_secrets(folder):
    port = free_port()
    log = folder / "keys"
    with HttpServer() as web:
        made = front(folder, port, web.port, {"key_log": {"path": str(log)}})
        with Sluice(made):
            s_client(port)
            wait.until(lambda: "CLIENT_HANDSHAKE_TRAFFIC_SECRET" in log.read_text(), "secrets")
    assert log.stat().st_mode & 0o077 == 0


def test_ticket_of_one_process_is_good_at_another(folder):
    (folder / "new").write_bytes(os.urandom(80))
    (folder / "old").write_bytes(os.urandom(80))

    def keys(*names: str) -> dict:
        return {"session_ticket_keys": {"keys": [{"filename": str(folder / n)} for n in names]}}

    first, second = free_port(), free_port()
    with HttpServer() as web:
        one = front(folder, first, web.port, **keys("old"))
        two = front(folder, second, web.port, **keys("new", "old"))
        with Sluice(one), Sluice(two):
            made = tls.context(False, folder, {"version": "1.2"})
            session = None
            for port, resumed in ((first, False), (second, True)):
                with connect(port) as conn:
                    conn.sock.settimeout(5)
                    sock = made.wrap_socket(conn.sock, session=session)
                    assert sock.session_reused == resumed
                    session = sock.session
                    sock.close()


def test_symlink_swap_of_a_whole_folder_is_noticed(folder):
    """What Kubernetes does with a mounted secret: ..data is swung to another folder."""
    for name in ("one", "two"):
        certs.make(folder, "server", "ca", subject=name)
        (folder / name).mkdir()
        for end in (".pem", ".key"):
            (folder / f"server{end}").rename(folder / name / f"server{end}")
    (folder / "..data").symlink_to("one")
    for end in (".pem", ".key"):
        (folder / f"server{end}").symlink_to(f"..data/server{end}")
    port = free_port()
    with HttpServer() as web, Sluice(front(folder, port, web.port)) as sluice:
        assert re.search("CN ?= ?one", s_client(port))
        (folder / "..next").symlink_to("two")
        (folder / "..next").rename(folder / "..data")
        stat = f"listener.127.0.0.1_{port}.ssl.context_reload_success"
        sluice.admin.wait_stats({stat: ">= 1"})
        assert re.search("CN ?= ?two", s_client(port))


def test_tutorial_serves_https_with_hsts():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-tutorial."))
    script = ROOT / "config/tutorial/make-certs"
    subprocess.run([script, str(folder / "certs"), "www.example.test", "10.0.0.7"], check=True,
                   capture_output=True)  # fmt: skip
    text = (ROOT / "config/tutorial/https.yaml").read_text()
    ports = {n: free_port() for n in ("8443", "8080", "9901", "2222", "3333", "4444", "5555")}
    text = re.sub(r"port_value: (\d+)", lambda m: f"port_value: {ports[m.group(1)]}", text)
    text = text.replace("filename: certs/", f"filename: {folder}/certs/")
    with contextlib.ExitStack() as stack:
        for number in ("2222", "3333", "4444", "5555"):
            stack.enter_context(HttpServer(port=ports[number], body=number.encode()))
        stack.enter_context(Sluice(text))
        made = ssl.create_default_context(cafile=str(folder / "certs/ca.pem"))
        seen = set()  # bodies
        with connect(ports["8443"]) as conn:
            conn.sock.settimeout(5)
            client = tls.TlsConn(made.wrap_socket(conn.sock, server_hostname="www.example.test"), "c")
            for _ in range(4):
                client.send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
                head = client.read_until(b"\r\n\r\n").decode().lower()
                assert "strict-transport-security: max-age=31536000; includesubdomains" in head
                assert " 200 " in head
                seen.add(client.read_exact(4))
        assert len(seen) == 4
        with connect(ports["8080"]) as plain:
            plain.send("GET /x HTTP/1.1\r\nhost: localhost:8080\r\n\r\n")
            head = plain.read_until(b"\r\n\r\n").decode().lower()
            assert " 301 " in head and "location: https://localhost:8443/x" in head
    shutil.rmtree(folder)
