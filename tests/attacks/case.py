"""One attack: bytes for the proxy's port, and what RFC 9110 and 9112 allow to come of them."""
import dataclasses
import re

HOST = "Host: a"
CLOSE = "Connection: close"
POST = "POST / HTTP/1.1"
GET = "GET / HTTP/1.1"
CHUNKED = "Transfer-Encoding: chunked"
# A second request that nobody sent. Where it reaches the backend, framing was read in two ways.
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"


@dataclasses.dataclass(frozen=True)
class Want:
    """The first response's allowed statuses, and what each of them means."""

    refused: frozenset = frozenset()  # statuses, with nothing forwarded and the connection ended
    answered: frozenset = frozenset()  # statuses, with one of `forwarded` requests at the backend
    forwarded: tuple = (1,)
    silent: bool = False  # ended without a response is right too
    sees: tuple = ()  # of the first request at the backend: (name, value or None for absent)
    stays_open: bool = False  # after a refusal: the framing was clear


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    send: tuple  # of bytes, written one after the other
    want: Want
    front: str = "plain"
    shut: bool = False  # half-closes after the last byte


def refuse(*statuses: int, stays_open: bool = False, silent: bool = False) -> Want:
    return Want(refused=frozenset(statuses or (400,)), stays_open=stays_open, silent=silent)


def forward(*counts: int, status: int = 200, **sees) -> Want:
    """`sees`: header names with `_` for `-`, what the backend must have seen."""
    fields = tuple((name.replace("_", "-"), value) for name, value in sees.items())
    return Want(answered=frozenset((status,)), forwarded=counts or (1,), sees=fields)


def either(*statuses: int, counts: tuple = (1,)) -> Want:
    """Refused, or understood as exactly one of `counts` requests."""
    return Want(
        refused=frozenset(statuses or (400,)),
        answered=frozenset((200,)),
        forwarded=counts,
        stays_open=True,
    )


def raw(*lines: str | bytes, body: bytes = b"") -> bytes:
    """A message of these lines, each ended by CRLF, then an empty line and `body`."""
    encoded = [line if isinstance(line, bytes) else line.encode("latin-1") for line in lines]
    return b"\r\n".join(encoded) + b"\r\n\r\n" + body


def chunks(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + end


def rows(group: str, table: list, front: str = "plain") -> list[Case]:
    """`table`: (name, bytes or a list of them, Want[, options])."""
    cases = []
    for name, send, want, *options in table:
        send = (send,) if isinstance(send, bytes) else tuple(send)
        fields = {"front": front, **(options[0] if options else {})}
        cases.append(Case(f"{group}/{name}", send, want, **fields))
    return cases


@dataclasses.dataclass
class Request:
    """A request as the backend saw it, with every reason to call it malformed."""

    line: bytes
    fields: list
    body: bytes = b""
    problems: list = dataclasses.field(default_factory=list)
    complete: bool = False  # with all of its body

    def get(self, name: str) -> list[str]:
        name = name.lower().encode()
        return [value.decode("latin-1") for key, value in self.fields if key.lower() == name]

    @property
    def target(self) -> bytes:
        parts = self.line.split(b" ")
        return parts[1] if len(parts) > 1 else b""


def parse_head(head: bytes) -> Request:
    """A strict reading of a request's head, without its empty line."""
    line, *lines = head.split(b"\r\n")
    request = Request(line, [])
    if not re.fullmatch(TOKEN + rb" [\x21-\x7e\x80-\xff]+ HTTP/1\.1", line):
        request.problems.append(f"request line {line!r}")
    for text in lines:
        match = re.fullmatch(rb"(" + TOKEN + rb"):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*", text)
        if match is None:
            request.problems.append(f"field line {text!r}")
        else:
            request.fields.append(match.groups())
    lengths, encodings = request.get("content-length"), request.get("transfer-encoding")
    if len(request.get("host")) != 1:
        request.problems.append(f"Host fields: {request.get('host')}")
    if len(lengths) > 1 or not all(re.fullmatch("[0-9]{1,19}", text) for text in lengths):
        request.problems.append(f"Content-Length fields: {lengths}")
    if encodings and (encodings != ["chunked"] or lengths):
        request.problems.append(f"Transfer-Encoding {encodings} with Content-Length {lengths}")
    return request
