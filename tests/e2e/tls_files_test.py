"""Where certificates, keys and lists come from, and what happens when they change or cannot be read."""
import base64
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
import yaml

from harness import certs, process, tls
from harness.config import TLS, cluster, http, listener_stat
from harness.conn import connect
from harness.http1 import HttpServer, read_message, request
from harness.ports import free_port
from harness.process import Sluice
from harness.tls_front import front, s_client


@pytest.fixture(name="folder")
def certificates(tmp_path):
    certs.make_all(tmp_path, {
        "server": {"sans": "DNS:localhost,IP:127.0.0.1"},
        "person": {"sans": "DNS:person.test"},
    })
    return tmp_path


@pytest.fixture(name="web", scope="module")
def backend():
    with HttpServer(body=b"hi") as server:
        yield server


def context_of(made: dict) -> dict:
    chain = made["static_resources"]["listeners"][0]["filter_chains"][0]
    return chain["transport_socket"]["typed_config"]


def replace(path: pathlib.Path, content: bytes) -> None:
    staging = path.parent / "staging"  # so that one rename is all there is to notice
    staging.mkdir(exist_ok=True)
    fresh = staging / path.name
    fresh.write_bytes(content)
    fresh.rename(path)


SOURCES = {
    "inline_string": lambda pem: {"inline_string": pem.decode()},
    "inline_bytes": lambda pem: {"inline_bytes": base64.b64encode(pem).decode()},
}


@pytest.mark.parametrize("kind", [*SOURCES, "environment_variable"])
def test_everything_may_come_from_any_source(folder, web, kind):
    env = {}

    def source(name: str) -> dict:
        pem = (folder / name).read_bytes()
        if kind in SOURCES:
            return SOURCES[kind](pem)
        env[f"TEST_{len(env)}"] = pem.decode()
        return {kind: f"TEST_{len(env) - 1}"}

    port = free_port()
    made = front(folder, port, web.port, require_client_certificate=True)
    made_context = context_of(made)["common_tls_context"]
    made_context["tls_certificates"] = [
        {"certificate_chain": source("server.pem"), "private_key": source("server.key")}
    ]
    made_context["validation_context"] = {"trusted_ca": source("ca.pem")}
    with Sluice(made, env=env) as sluice:
        with connect(port) as plain:
            client = tls.client(plain, folder, {"cert": "person", "ca": "ca"})
            client.check({"peer": "server"})
            client.send(request())
            assert read_message(client).status == 200
        listed = sluice.admin.request("GET", "/certs").json()["certificates"][0]["cert_chain"][0]
        assert listed["serial_number"].lower() == certs.serial(folder, "server").lower()
        assert listed["path"] == ("$TEST_0" if env else "<inline>")


@pytest.mark.parametrize("trust", ["system_root_certs: {}", "trusted_ca: {filename: ROOTS}"])
@pytest.mark.parametrize("known", [True, False])
def test_system_roots_say_which_hosts_are_trusted(folder, trust, known):
    """The system's list is the one that OpenSSL's variable names, so that a test can have its own."""
    certs.make(folder, "stranger")
    roots = folder / ("ca.pem" if known else "stranger.pem")
    context = tls.context(True, folder, {"cert": "server"})
    port = free_port()
    validation = yaml.safe_load(trust.replace("ROOTS", str(roots)))
    socket = {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{TLS}.UpstreamTlsContext",
            "common_tls_context": {"validation_context": {
                **validation,
                "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": "localhost"}}],
            }},
        },
    }
    env = {"SSL_CERT_FILE": str(roots), "SSL_CERT_DIR": str(folder / "none")}
    with HttpServer(body=b"hi", context=context) as secure:
        made = http(port, [cluster("web", [secure.port], {"transport_socket": socket})])
        with Sluice(made, env=env) as sluice, connect(port) as client:
            client.send(request())
            assert read_message(client).status == (200 if known else 503)
            sluice.admin.wait_stats({
                "cluster.web.ssl.handshake": 1 if known else 0,
                "cluster.web.ssl.fail_verify_error": 0 if known else ">= 1",
            })


def test_new_system_roots_count_from_the_next_connection_on(folder):
    """The list is replaced as update-ca-certificates does it, and once by what is no list."""
    certs.make(folder, "stranger")
    system = folder / "system"
    system.mkdir()
    (system / "roots.pem").write_bytes((folder / "stranger.pem").read_bytes())
    link = folder / "cert.pem"  # as OpenSSL's folder on Debian leads to /etc/ssl/certs
    link.symlink_to(system / "roots.pem")
    context = tls.context(True, folder, {"cert": "server"})
    port = free_port()
    socket = {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{TLS}.UpstreamTlsContext",
            "common_tls_context": {"validation_context": {"system_root_certs": {}}},
        },
    }
    env = {"SSL_CERT_FILE": str(link), "SSL_CERT_DIR": str(folder / "none")}
    with HttpServer(body=b"hi", headers={"connection": "close"}, context=context) as secure:
        made = http(port, [cluster("web", [secure.port], {"transport_socket": socket})])
        with Sluice(made, env=env) as sluice, connect(port) as client:

            def visit() -> int:
                client.send(request())
                return read_message(client).status

            def change(content: bytes, stat: str) -> None:
                before = sluice.admin.stats()[f"cluster.web.ssl.{stat}"]
                replace(system / "roots.pem", content)
                sluice.admin.wait_stats({f"cluster.web.ssl.{stat}": f">= {before + 1}"})

            assert visit() == 503
            both = (folder / "stranger.pem").read_bytes() + (folder / "ca.pem").read_bytes()
            change(both, "context_reload_success")
            assert visit() == 200
            change(b"no list\n", "context_reload_failure")
            sluice.wait_log("no certificate in '.*cert.pem', the system's list of CAs")
            assert visit() == 200
            # Nor is a session resumed that the CA's certificate was checked for.
            change((folder / "stranger.pem").read_bytes(), "context_reload_success")
            assert visit() == 503


def test_a_new_revocation_list_counts_from_the_next_connection_on(folder, web):
    (folder / "crl.pem").write_text(certs.revocations(folder, []))
    port = free_port()
    made = front(folder, port, web.port, require_client_certificate=True)
    context_of(made)["common_tls_context"]["validation_context"] = {
        "trusted_ca": {"filename": str(folder / "ca.pem")},
        "crl": {"filename": str(folder / "crl.pem")},
    }
    with Sluice(made) as sluice:
        plain = connect(port)
        early = tls.client(plain, folder, {"cert": "person"})
        early.send(request())
        assert read_message(early).status == 200
        replace(folder / "crl.pem", certs.revocations(folder, ["person"]).encode())
        sluice.admin.wait_stats({listener_stat(port, "ssl.context_reload_success"): ">= 1"})
        with connect(port) as again:
            late = tls.client(again, folder, {"cert": "person"})
            late.expect_closed()
        sluice.admin.wait_stats({listener_stat(port, "ssl.fail_verify_error"): 1})
        # A list that is none changes nothing.
        replace(folder / "crl.pem", b"no list\n")
        sluice.admin.wait_stats({listener_stat(port, "ssl.context_reload_failure"): ">= 1"})
        sluice.wait_log("no certificate revocation list in '.*crl.pem'")
        # Who was let in before stays.
        early.send(request())
        assert read_message(early).status == 200
        early.close()


def test_new_ticket_keys_count_from_the_next_connection_on(folder, web):
    keys = [os.urandom(80), os.urandom(80)]
    names = [folder / "first", folder / "second"]
    for path, key in zip(names, keys):
        path.write_bytes(key)
    port = free_port()
    made = front(folder, port, web.port,
                 session_ticket_keys={"keys": [{"filename": str(name)} for name in names]})
    made_client = tls.context(False, folder, {"version": "1.2"})

    def visit(session=None):
        with connect(port) as conn:
            conn.sock.settimeout(5)
            sock = made_client.wrap_socket(conn.sock, session=session)
            found = sock.session, sock.session_reused
            sock.close()
            return found

    reloaded = listener_stat(port, "ssl.context_reload_success")
    with Sluice(made) as sluice:

        def change(path: pathlib.Path, key: bytes) -> None:
            before = sluice.admin.stats()[reloaded]
            replace(path, key)
            sluice.admin.wait_stats({reloaded: f">= {before + 1}"})

        old, resumed = visit()
        assert not resumed and visit(old)[1]
        # Another key comes to the front; tickets of the former one are still taken.
        change(names[1], keys[0])
        change(names[0], os.urandom(80))
        new, resumed = visit(old)
        assert resumed and visit(new)[1]
        change(names[1], os.urandom(80))
        assert not visit(old)[1]
        assert visit(new)[1]
        replace(names[1], b"too short")
        sluice.wait_log("a session ticket key has 80 bytes, '.*second' has 9")
        assert visit(new)[1]


def test_key_that_may_not_be_read_is_an_error_in_words():
    """As a user who has no right to: root has every right."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-rights."))
    try:
        certs.make_all(folder, {"server": {}})
        made = front(folder, 1, 1)
        (folder / "sluice.yaml").write_text(yaml.safe_dump(made))
        (folder / "server.key").chmod(0)
        folder.chmod(0o755)
        for name in ("sluice.yaml", "server.pem"):
            (folder / name).chmod(0o644)
        command, user = [process.binary()], {}
        if os.geteuid() == 0:
            command, user = [shutil.copy(process.binary(), folder / "sluice")], {"user": 65534}
        done = subprocess.run(
            [*command, "-c", str(folder / "sluice.yaml"), "--mode", "validate"],
            capture_output=True, text=True, timeout=60, check=False, cwd=folder, **user,
        )  # fmt: skip
        assert done.returncode == 1
        assert "server.key: Permission denied" in done.stderr
    finally:
        shutil.rmtree(folder)


def test_openssl_client_sees_the_whole_chain_of_an_inline_certificate(folder, web):
    port = free_port()
    made = front(folder, port, web.port)
    pair = context_of(made)["common_tls_context"]["tls_certificates"][0]
    chain = (folder / "server.pem").read_bytes() + (folder / "ca.pem").read_bytes()
    pair["certificate_chain"] = {"inline_bytes": base64.b64encode(chain).decode()}
    with Sluice(made):
        answer = s_client(port, "-CAfile", str(folder / "ca.pem"), "-showcerts")
        assert answer.count("BEGIN CERTIFICATE") >= 2 and "Verify return code: 0 (ok)" in answer


@pytest.mark.parametrize("only_leaf", [False, True])
def test_a_list_may_have_to_cover_the_whole_chain(folder, web, only_leaf):
    """There is one of the CA in the middle, and none of the one above."""
    certs.openssl(
        "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "9",
        "-subj", "/CN=middle", "-CA", str(folder / "ca.pem"), "-CAkey", str(folder / "ca.key"),
        "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign,cRLSign",
        "-keyout", str(folder / "middle.key"), "-out", str(folder / "middle.pem"),
    )  # fmt: skip
    certs.make(folder, "leaf", "middle")
    (folder / "chain.key").write_bytes((folder / "leaf.key").read_bytes())
    chain = (folder / "leaf.pem").read_bytes() + (folder / "middle.pem").read_bytes()
    (folder / "chain.pem").write_bytes(chain)
    port = free_port()
    made = front(folder, port, web.port, require_client_certificate=True)
    context_of(made)["common_tls_context"]["validation_context"] = {
        "trusted_ca": {"filename": str(folder / "ca.pem")},
        "crl": {"inline_string": certs.revocations(folder, [], "middle")},
        "only_verify_leaf_cert_crl": only_leaf,
    }
    with Sluice(made) as sluice, connect(port) as plain:
        client = tls.client(plain, folder, {"cert": "chain"})
        if only_leaf:
            client.send(request())
            assert read_message(client).status == 200
        else:
            client.expect_closed()
        counted = {"ssl.handshake": int(only_leaf), "ssl.fail_verify_error": int(not only_leaf)}
        sluice.admin.wait_stats({listener_stat(port, name): n for name, n in counted.items()})


@pytest.mark.parametrize("timeout, hint", [(None, 7200), ("90s", 90)])
def test_tickets_say_how_long_they_are_good_for(folder, web, timeout, hint):
    port = free_port()
    fields = {} if timeout is None else {"session_timeout": timeout}
    with Sluice(front(folder, port, web.port, **fields)):
        assert f"ticket lifetime hint: {hint} (seconds)" in s_client(port, "-tls1_2")
