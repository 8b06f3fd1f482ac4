"""TLS on a connection: the same verbs, and what the handshake has agreed on. An end without
close_notify is told from one with it."""
import pathlib
import socket
import ssl

from . import wait
from .conn import Conn, DEFAULT_SECONDS
from .patterns import Pattern

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context(server: bool, folder: pathlib.Path, spec: dict) -> ssl.SSLContext:
    """Of {cert, ca, alpn, version, ciphers}; `cert` and `ca` are names of certificates."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    if "cert" in spec:
        made.load_cert_chain(folder / f"{spec['cert']}.pem", folder / f"{spec['cert']}.key")
    if "ca" in spec:
        made.load_verify_locations(folder / f"{spec['ca']}.pem")
        made.verify_mode = ssl.CERT_REQUIRED
    if "alpn" in spec:
        made.set_alpn_protocols(spec["alpn"])
    if "version" in spec:
        made.minimum_version = made.maximum_version = VERSIONS[str(spec["version"])]
    if "ciphers" in spec:
        made.set_ciphers(spec["ciphers"])
    return made


class TlsConn(Conn):
    def __init__(self, sock: ssl.SSLSocket, name: str):
        super().__init__(sock, name)
        self.truncated = False

    def send(self, data: bytes | str, seconds: float = DEFAULT_SECONDS) -> None:
        view = memoryview(data.encode("latin-1") if isinstance(data, str) else data)
        end = wait.deadline(seconds)
        while view:
            try:
                view = view[self.sock.send(view) :]
            except ssl.SSLWantWriteError:
                _, writable = wait.ready(self.sock, wait.left(end), False, True)
                if not writable:
                    raise wait.TimedOut(f"{self.name}: {len(view)} bytes still not taken") from None

    def _fill(self, end: float) -> bool:
        while True:
            try:
                data = self.sock.recv(1 << 18)
                self.buffer += data
                self.received += len(data)
                self.at_eof = not data
                return True
            except ssl.SSLWantReadError:
                readable, _ = wait.ready(self.sock, wait.left(end))
                if not readable:
                    return False
            except ssl.SSLZeroReturnError:  # close_notify after our own
                self.at_eof = True
                return True
            except ssl.SSLEOFError as failure:  # what a system call failed with is not told
                self.truncated = failure.reason == "UNEXPECTED_EOF_WHILE_READING"
                self.was_reset = not self.truncated
                self.at_eof = True
                return True
            except (ssl.SSLError, ConnectionResetError, BrokenPipeError):
                self.was_reset = self.at_eof = True
                return True

    def read_all(self, seconds: float = DEFAULT_SECONDS) -> bytes:
        data = super().read_all(seconds)
        if self.truncated:
            raise AssertionError(f"{self.name}: the stream ended without close_notify")
        return data

    def expect_truncation(self, seconds: float = DEFAULT_SECONDS) -> None:
        self.expect_closed(seconds)
        if not self.truncated:
            raise AssertionError(f"{self.name}: expected an end without close_notify")

    def shutdown(self) -> None:
        try:
            self.sock.unwrap()
        except (ssl.SSLError, OSError, ValueError):
            pass  # sent, and the peer's own has not come yet; or there was no session any more

    def cut(self) -> None:
        """FIN without close_notify."""
        socket.socket.shutdown(self.sock, socket.SHUT_WR)

    def close(self) -> None:
        if self.sock.fileno() >= 0 and not self.at_eof:
            self.shutdown()
        self.sock.close()

    def check(self, expected: dict) -> None:
        """{version: TLSv1.3, alpn, cipher, peer: common name, resumed: true}."""
        peer = ssl.DER_cert_to_PEM_cert(self.sock.getpeercert(True) or b"")
        actual = {
            "version": self.sock.version(),
            "alpn": self.sock.selected_alpn_protocol(),
            "cipher": self.sock.cipher()[0],
            "resumed": self.sock.session_reused,
        }
        if "peer" in expected:
            actual["peer"] = common_name(peer)
        for key, value in expected.items():
            found = actual[key]
            same = found == value
            if isinstance(value, str) and found is not None:
                same = Pattern(value).matches(found)
            if not same:
                raise AssertionError(f"{self.name}: {key} is {found!r}, expected {value!r}")


def common_name(pem: str) -> str:
    from .certs import openssl  # pylint: disable=import-outside-toplevel

    text = openssl("x509", "-noout", "-subject", "-nameopt", "multiline", input=pem.encode())
    for line in text.decode().splitlines():
        if "commonName" in line:
            return line.split("=", 1)[1].strip()
    return ""


def client(conn: Conn, folder: pathlib.Path, spec: dict, session: Conn | None = None) -> TlsConn:
    """The handshake of a client on a connection: {sni, alpn, cert, ca, version, ciphers}."""
    made = session.sock.context if session is not None else context(False, folder, spec)
    conn.sock.settimeout(DEFAULT_SECONDS * wait.SCALE)
    sock = made.wrap_socket(
        conn.sock,
        server_hostname=spec.get("sni"),
        suppress_ragged_eofs=False,
        session=session.sock.session if session is not None else None,
    )
    return TlsConn(sock, conn.name)


def server(conn: Conn, made: ssl.SSLContext) -> TlsConn:
    conn.sock.settimeout(DEFAULT_SECONDS * wait.SCALE)
    sock = made.wrap_socket(conn.sock, server_side=True, suppress_ragged_eofs=False)
    return TlsConn(sock, conn.name)
