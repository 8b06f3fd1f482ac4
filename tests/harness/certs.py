"""Certificates made on the spot by the openssl command: nothing in the tree can expire."""
import pathlib
import subprocess


def openssl(*args: str, **kwargs) -> bytes:
    done = subprocess.run(["openssl", *args], capture_output=True, check=False, **kwargs)
    if done.returncode != 0:
        raise AssertionError(f"openssl {' '.join(args)}: {done.stderr.decode()}")
    return done.stdout


KINDS = {
    "ecdsa": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa": ["-newkey", "rsa:2048"],
}


def make(
    folder: pathlib.Path,
    name: str,
    issuer: str | None = None,
    sans: str = "",
    kind: str = "ecdsa",
    days: int = 30,
    subject: str | None = None,
) -> None:
    """NAME.pem and NAME.key in `folder`; without an issuer (another name there) a CA."""
    extensions = ["-addext", f"subjectAltName={sans}"] if sans else []
    if issuer:
        parent = [str(folder / f"{issuer}{end}") for end in (".pem", ".key")]
        extensions += ["-CA", parent[0], "-CAkey", parent[1]]
        extensions += ["-addext", "basicConstraints=critical,CA:FALSE"]
    openssl(
        "req", "-x509", "-sha256", "-nodes", *KINDS[kind], "-days", str(days),
        "-subj", f"/CN={subject or name}", "-keyout", str(folder / f"{name}.key"),
        "-out", str(folder / f"{name}.pem"), *extensions,
    )  # fmt: skip


def make_all(folder: pathlib.Path, wanted: dict) -> None:
    """name -> {sans, kind, issuer, ca: true, ...}: all are issued by `ca`, which is always there."""
    make(folder, "ca")
    for name, spec in wanted.items():
        spec = dict(spec or {})
        issuer = None if spec.pop("ca", False) else spec.pop("issuer", "ca")
        make(folder, name, issuer, **spec)


def revocations(folder: pathlib.Path, names: list[str], issuer: str = "ca") -> str:
    """The list, as PEM, by which `issuer` takes the certificates of these names back."""
    index = ""
    for name in names:
        number = serial(folder, name)
        index += f"R\t391231235959Z\t200101000000Z\t{number}\tunknown\t/CN={name}\n"
    (folder / "revoked.txt").write_text(index)
    (folder / "revoked.cnf").write_text(
        f"[ca]\ndefault_ca = one\n[one]\ndatabase = {folder}/revoked.txt\n"
        "default_md = sha256\ndefault_crl_days = 30\n"
    )
    parent = [str(folder / f"{issuer}{end}") for end in (".key", ".pem")]
    return openssl(
        "ca", "-gencrl", "-config", str(folder / "revoked.cnf"), "-keyfile", parent[0], "-cert", parent[1]
    ).decode()


def serial(folder: pathlib.Path, name: str) -> str:
    """In hexadecimal, upper case."""
    text = openssl("x509", "-noout", "-serial", "-in", str(folder / f"{name}.pem"))
    return text.decode().strip().split("=")[1]
