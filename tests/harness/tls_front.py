"""sluice with TLS in front of HTTP backends, and openssl's own client against it."""
import pathlib
import re
import subprocess

from . import certs, config


def front(folder: pathlib.Path, port: int, backend: int, common=None, **fields) -> dict:
    socket = config.downstream_tls(str(folder / "server"), common, **fields)
    chain = {"transport_socket": socket}
    made = config.http(port, [config.cluster("web", [backend])])
    made["static_resources"]["listeners"][0]["filter_chains"][0].update(chain)
    return made


def s_client(port: int, *args: str, send: bytes = b"") -> str:
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *args],
        input=send, capture_output=True, timeout=20, check=False,
    )  # fmt: skip
    return (done.stdout + done.stderr).decode(errors="replace")


def ocsp_response(folder: pathlib.Path, name: str, days: int) -> None:
    """NAME.ocsp: what the CA says of NAME.pem today, for so many days; 0: for a time long past (with
    a signature that does not fit it any more, but a server does not look at that)."""
    number = certs.serial(folder, name)
    index = folder / "index.txt"
    index.write_text(f"V\t391231235959Z\t\t{number}\tunknown\t/CN={name}\n")
    ca = ["-CA", str(folder / "ca.pem"), "-rsigner", str(folder / "ca.pem")]
    certs.openssl(
        "ocsp", "-index", str(index), *ca, "-rkey", str(folder / "ca.key"), "-issuer",
        str(folder / "ca.pem"), "-cert", str(folder / f"{name}.pem"), "-ndays", str(days or 1),
        "-respout", str(folder / f"{name}.ocsp"),
    )  # fmt: skip
    if days == 0:
        path = folder / f"{name}.ocsp"
        der = path.read_bytes()
        next_update = max(re.findall(rb"\x18\x0f(\d{14}Z)", der))
        path.write_bytes(der.replace(next_update, b"20200101000000Z"))
