"""What a request may not talk a proxy into: paths around a rule, trusted fields, tunnels, addresses."""
from .case import CLOSE, GET, HOST, SMUGGLED, Want, either, forward, raw, refuse, rows

# What `path` must not reach the backend as: a target below /admin after decoding and resolving.
PATHS = [
    "/admin", "/admin/", "//admin", "///admin", "/./admin", "/.//admin", "/x/../admin", "/x/y/../../admin",
    "/../admin", "/../../../admin", "/%2e/admin", "/%2e%2e/admin", "/x/%2e%2e/admin", "/x/%2E%2E/admin",
    "/x/.%2e/admin", "/x/%2e./admin", "/x/..%2fadmin", "/x/..%2Fadmin", "/x%2f..%2fadmin", "/%2fadmin",
    "/%2f%2fadmin", "/%61dmin", "/%41dmin/../admin", "/a%64min", "/%61%64%6d%69%6e", "/admin%2f", "/admin%2fx",
    "/admin?x", "/admin?/../x", "/admin/.", "/admin/..", "/admin/../admin", "/x//../admin", "/x/..//admin",
    "/x/%2e%2e%2fadmin", "/x/%2e%2e%2f%2fadmin", "/\\admin", "/x\\..\\admin", "/x/..\\admin", "/%5cadmin",
    "/x/..%5cadmin", "/x%5c..%5cadmin", "/x/%2e%2e%5cadmin", "/\\/admin", "/./\\admin", "/x/./../admin",
    "/x/.././admin", "/x/..;/admin", "/;/admin", "/admin;x", "/admin;/x", "/x;/../admin", "/x/%2e%2e;/admin",
    "/%c0%afadmin", "/x/..%c0%afadmin", "/%ef%bc%8fadmin", "/x/%252e%252e/admin", "/%2561dmin", "/x/..%252fadmin",
    "/admin%00", "/%00/admin", "/x/..%00/admin", "/admin%20", "/admin%09", "/admin%0a", "/%0a/../admin",
    "/x/\xc2\xa0../admin", "/.%00./admin", "/..%0d/admin", "/./../%61dmin/./x", "//a/../admin", "//a//..//admin",
    "http://a/admin", "http://a//admin", "http://a/x/../admin", "http://a/%61dmin", "http://a/x/..%2fadmin",
    "http://a/x%2f%2e%2e%2fadmin", "/x/../%61dmin%2f..%2fadmin", "/x" + "/.." * 200 + "/admin",
    "/" + "x/" * 2000 + "../" * 2000 + "admin", "/" + "./" * 5000 + "admin", "/" * 5000 + "admin",
]  # fmt: skip
INTERNAL = [
    "x-envoy-retry-on", "x-envoy-retry-grpc-on", "x-envoy-max-retries", "x-envoy-retriable-status-codes",
    "x-envoy-retriable-header-names", "x-envoy-upstream-alt-stat-name", "x-envoy-upstream-rq-timeout-ms",
    "x-envoy-upstream-rq-per-try-timeout-ms", "x-envoy-upstream-rq-timeout-alt-response",
    "x-envoy-force-trace", "x-envoy-ip-tags", "x-envoy-hedge-on-per-try-timeout", "x-envoy-internal",
    "x-envoy-downstream-service-cluster", "x-envoy-downstream-service-node",
    "x-envoy-decorator-operation", "x-envoy-original-url", "x-forwarded-client-cert",
]  # fmt: skip


def _get(*lines: str | bytes, target: str = "/") -> bytes:
    return raw(f"GET {target} HTTP/1.1", HOST, *lines, CLOSE)


DENIED = either(301, 302, 307, 308, 400, 403, 404)

SPOOFED = [
    *((name, _get(f"{name}: 1"), forward(**{name: None})) for name in INTERNAL),
    *((f"{name}-upper", _get(f"{name.upper()}: 1"), forward(**{name: None})) for name in INTERNAL),
    *((f"{name}-twice", _get(f"{name}: 1", "X: y", f"{name}: 2"), forward(**{name: None}))
      for name in INTERNAL),
    ("external-address", _get("x-envoy-external-address: 1.2.3.4"),
     forward(x_envoy_external_address="127.0.0.1")),
    ("expected-timeout", _get("x-envoy-expected-rq-timeout-ms: 1"),
     forward(x_envoy_expected_rq_timeout_ms="15000")),
    ("attempt-count", _get("x-envoy-attempt-count: 9"), forward()),
    ("xfp", _get("X-Forwarded-Proto: https"), forward(x_forwarded_proto="http")),
    ("xfp-twice", _get("X-Forwarded-Proto: https", "X-Forwarded-Proto: https"),
     forward(x_forwarded_proto="http")),
    ("request-id", _get("X-Request-Id: ../../x"), forward()),
    ("underscore", _get("X_Envoy_Internal: true"), refuse()),
    ("underscore-xff", _get("X_Forwarded_For: 1.2.3.4"), refuse()),
]  # fmt: skip

# 127.0.0.1 is the peer; with one trusted hop the client is the last entry before it.
FORWARDED = [
    ("none", _get(), forward(x_forwarded_for="127.0.0.1")),
    ("appended", _get("X-Forwarded-For: 1.1.1.1"), forward(x_forwarded_for="1.1.1.1,127.0.0.1")),
    ("external", _get("X-Forwarded-For: 6.6.6.6, 1.1.1.1"), forward(x_envoy_external_address="1.1.1.1")),
    ("two-fields", _get("X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 1.1.1.1"),
     forward(x_envoy_external_address="1.1.1.1")),
    ("garbage-left", _get("X-Forwarded-For: <x>, 1.1.1.1"), forward(x_envoy_external_address="1.1.1.1")),
    ("garbage-right", _get("X-Forwarded-For: 1.1.1.1, <x>"), forward(x_envoy_external_address="127.0.0.1")),
    ("port", _get("X-Forwarded-For: 1.1.1.1:80"), either()),
    ("bracketed", _get("X-Forwarded-For: [::1]"), either()),
    ("empty", _get("X-Forwarded-For:"), forward(x_envoy_external_address="127.0.0.1")),
    ("commas", _get("X-Forwarded-For: ,,,"), forward(x_envoy_external_address="127.0.0.1")),
    ("octal", _get("X-Forwarded-For: 010.1.1.1"), forward(x_envoy_external_address="127.0.0.1")),
    ("hex", _get("X-Forwarded-For: 0x7f.1"), forward(x_envoy_external_address="127.0.0.1")),
    ("number", _get("X-Forwarded-For: 2130706433"), forward(x_envoy_external_address="127.0.0.1")),
    ("nominated", raw(GET, HOST, "X-Forwarded-For: 1.1.1.1", "Connection: close, X-Forwarded-For"),
     forward(x_forwarded_for="1.1.1.1,127.0.0.1")),
    ("proto-nominated", raw(GET, HOST, "Connection: close, X-Forwarded-Proto"),
     forward(x_forwarded_proto="http")),
    ("many", _get("X-Forwarded-For: " + "1.1.1.1," * 6000 + "2.2.2.2"), forward()),
]  # fmt: skip

HOPS = [
    ("close-field", raw(GET, HOST, "X-Foo: y", "Connection: close, X-Foo"), forward(x_foo=None)),
    ("two-fields", raw(GET, HOST, "X-Foo: y", "Connection: X-Foo", CLOSE), forward(x_foo=None)),
    ("keep-alive", _get("Keep-Alive: timeout=1000"), forward(keep_alive=None)),
    ("proxy-connection", _get("Proxy-Connection: keep-alive"), forward(proxy_connection=None)),
    ("te", _get("TE: gzip, x"), forward(te=None)),
    ("te-trailers", _get("TE: trailers"), forward(te="trailers")),
    ("upgrade-alone", _get("Upgrade: websocket"), forward(upgrade=None)),
    ("upgrade-h2c", raw(GET, HOST, "Connection: close, Upgrade, HTTP2-Settings", "Upgrade: h2c",
                        "HTTP2-Settings: AAMAAABkAAQAAP__"), forward(upgrade=None, http2_settings=None)),
    ("upgrade-h2c-listed", raw(GET, HOST, "Connection: close, Upgrade", "Upgrade: websocket, h2c"),
     either(403)),
    ("http2-settings", _get("HTTP2-Settings: AAMAAABkAAQAAP__"), forward()),
    ("connection-quoted", raw(GET, HOST, 'Connection: "close"', CLOSE), forward(connection=None)),
    ("connection-garbage", raw(GET, HOST, "Connection: ,;,, ,close,"), forward(connection=None)),
    ("connection-everything", raw(GET, HOST, "Accept: y", "Connection: close, Host, Accept, Content-Length, "
                                  ":path, :authority, :method"), forward(host="a", accept=None)),
    ("connection-huge", raw(GET, HOST, "Connection: close" + ",a" * 25_000), forward()),
    ("cookie-nominated", raw(GET, HOST, "Cookie: a=b", "Connection: close, Cookie"), forward()),
    ("authorization-nominated", raw(GET, HOST, "Authorization: x", "Connection: close, Authorization"),
     forward()),
]  # fmt: skip

_WEBSOCKET = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
              "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")  # fmt: skip
# The backend refuses with 426: what follows must not be taken for bytes of a tunnel.
UPGRADES = [
    ("refused-by-backend", raw(GET, HOST, *_WEBSOCKET) + raw(GET, HOST, CLOSE),
     Want(answered=frozenset((426, 200)), forwarded=(1, 2))),
    ("bytes-behind", raw(GET, HOST, *_WEBSOCKET) + b"\x81\x05hello", forward(status=426)),
    ("with-length", raw(GET, HOST, *_WEBSOCKET, f"Content-Length: {len(SMUGGLED)}", CLOSE, body=SMUGGLED),
     either(400, 403)),
    ("with-chunks", raw(GET, HOST, *_WEBSOCKET, "Transfer-Encoding: chunked", CLOSE,
                        body=b"0\r\n\r\n" + SMUGGLED), either(400, 403)),
    ("http10", raw("GET / HTTP/1.0", HOST, *_WEBSOCKET), refuse(400, 426, 505)),
    ("named-field", raw(GET, HOST, "Connection: X-Foo", "X-Foo: y", *_WEBSOCKET),
     forward(status=426, x_foo=None, upgrade="websocket", connection="upgrade")),
    ("empty", raw(GET, HOST, "Connection: upgrade, close", "Upgrade:"), forward(upgrade=None)),
    ("blank-then-named", raw(GET, HOST, "Connection: upgrade, close", "Upgrade:", "Upgrade: websocket"),
     either(400, 403)),
    ("commas", raw(GET, HOST, "Connection: upgrade", "Upgrade: ,"), refuse(403, stays_open=True)),
    ("two-fields", raw(GET, HOST, "Connection: upgrade", "Upgrade: x", "Upgrade: websocket"),
     refuse(403, stays_open=True)),
    ("te", raw(GET, HOST, "TE: gzip", *_WEBSOCKET), forward(status=426, te=None)),
    ("hop-by-hop", raw(GET, HOST, "Keep-Alive: 5", "Proxy-Connection: x", *_WEBSOCKET),
     forward(status=426, keep_alive=None, proxy_connection=None)),
    ("other-type", raw(GET, HOST, "Connection: upgrade", "Upgrade: x"), refuse(403, stays_open=True)),
    ("other-types-listed", raw(GET, HOST, "Connection: upgrade", "Upgrade: x, websocket"),
     refuse(403, stays_open=True)),
    ("no-connection", _get("Upgrade: websocket"), forward(upgrade=None)),
    ("post", raw("POST / HTTP/1.1", HOST, *_WEBSOCKET, CLOSE, "Content-Length: 0"),
     Want(answered=frozenset((200, 426)), refused=frozenset((400, 403)))),
]  # fmt: skip

V1 = b"PROXY TCP4 1.2.3.4 127.0.0.1 1111 80\r\n"
V2 = b"\r\n\r\n\0\r\nQUIT\n"
V4 = bytes([1, 2, 3, 4, 127, 0, 0, 1, 4, 87, 0, 80])
CUT = refuse(400, silent=True)
BAD_PROXY = [
    ("none", b""), ("v1-lower", b"proxy TCP4 1.2.3.4 127.0.0.1 1111 80\r\n"), ("v1-tcp5", V1.replace(b"TCP4", b"TCP5")),
    ("v1-lf", V1.replace(b"\r", b"")), ("v1-too-long", b"PROXY TCP4 " + b"1" * 200 + b"\r\n"),
    ("v1-no-end", b"PROXY TCP4 " + b"1" * 5000), ("v1-port-big", V1.replace(b"1111", b"70000")),
    ("v1-port-negative", V1.replace(b"1111", b"-1")), ("v1-name", V1.replace(b"1.2.3.4", b"a.b.c.d")),
    ("v1-family", V1.replace(b"TCP4", b"TCP6")), ("v1-few", b"PROXY TCP4 1.2.3.4\r\n"),
    ("v1-many", V1.replace(b"80\r", b"80 81\r")), ("v1-nul", V1.replace(b"1.2.3.4", b"1.2.3.4\0")),
    ("v1-two-spaces", V1.replace(b" TCP4", b"  TCP4")), ("v1-octal", V1.replace(b"1.2.3.4", b"01.2.3.4")),
    ("v2-version-1", V2 + b"\x11\x11\0\x0c" + V4), ("v2-version-3", V2 + b"\x31\x11\0\x0c" + V4),
    ("v2-command-2", V2 + b"\x22\x11\0\x0c" + V4), ("v2-short-address", V2 + b"\x21\x11\0\x04" + V4[:4]),
    ("v2-no-address", V2 + b"\x21\x11\0\0"), ("v2-family", V2 + b"\x21\xf1\0\x0c" + V4),
    ("v2-ipv6-short", V2 + b"\x21\x21\0\x0c" + V4), ("v2-length-huge", V2 + b"\x21\x11\xff\xff" + V4),
    ("v2-tlv-past-end", V2 + b"\x21\x11\0\x0f" + V4 + b"\x01\xff\xff"),
    ("v2-signature", b"\r\n\r\n\0\r\nQUIX\n\x21\x11\0\x0c" + V4), ("v2-cut", V2[:7]),
]  # fmt: skip
PROXIED = [
    *((name, header + raw(GET, HOST, CLOSE), CUT, {"shut": name in ("v2-length-huge", "v2-cut")})
      for name, header in BAD_PROXY if not name.startswith("v2-tlv")),
    ("v1", V1 + raw(GET, HOST, CLOSE), forward()),
    ("v1-unknown", b"PROXY UNKNOWN\r\n" + raw(GET, HOST, CLOSE), forward()),
    ("v1-byte-by-byte", [bytes([b]) for b in V1 + raw(GET, HOST, CLOSE)], forward()),
    ("v2", V2 + b"\x21\x11\0\x0c" + V4 + raw(GET, HOST, CLOSE), forward()),
    ("v2-local", V2 + b"\x20\0\0\0" + raw(GET, HOST, CLOSE), forward()),
    ("v2-byte-by-byte", [bytes([b]) for b in V2 + b"\x21\x11\0\x0c" + V4 + raw(GET, HOST, CLOSE)], forward()),
    ("twice", V1 + V1 + raw(GET, HOST, CLOSE), CUT),
    ("v1-fin", V1[:20], CUT, {"shut": True}), ("v2-fin", V2, CUT, {"shut": True}),
    ("nothing", b"", CUT), ("silence-after-part", V1[:9], CUT),
]  # fmt: skip


def _record(body: bytes, kind: int = 22, version: bytes = b"\3\1", size: int | None = None) -> bytes:
    return bytes([kind]) + version + (len(body) if size is None else size).to_bytes(2, "big") + body


def _hello(body: bytes, size: int | None = None) -> bytes:
    return _record(b"\1" + (len(body) if size is None else size).to_bytes(3, "big") + body)


_HELLO = b"\3\3" + bytes(32) + b"\0\0\2\x13\1\1\0"  # until the extensions


def _extension(kind: int, body: bytes, size: int | None = None) -> bytes:
    return kind.to_bytes(2, "big") + (len(body) if size is None else size).to_bytes(2, "big") + body


def _with_extensions(*extensions: bytes, size: int | None = None) -> bytes:
    joined = b"".join(extensions)
    return _hello(_HELLO + (len(joined) if size is None else size).to_bytes(2, "big") + joined)


NAME = b"\0\6\0\0\3a.b"
# Whatever a hello says, a plain HTTP front ends it: no crash, no hang, nothing forwarded.
HELLOS = [
    ("whole", _with_extensions(_extension(0, NAME))), ("no-extensions", _hello(_HELLO)),
    ("name-length", _with_extensions(_extension(0, b"\0\6\0\xff\xffa.b"))),
    ("list-length", _with_extensions(_extension(0, b"\xff\xff\0\0\3a.b"))),
    ("extension-length", _with_extensions(_extension(0, NAME, 0xFFFF))),
    ("extensions-length", _with_extensions(_extension(0, NAME), size=0xFFFF)),
    ("name-empty", _with_extensions(_extension(0, b"\0\3\0\0\0"))),
    ("name-nul", _with_extensions(_extension(0, b"\0\6\0\0\3a\0b"))),
    ("name-twice", _with_extensions(_extension(0, NAME), _extension(0, NAME))),
    ("alpn-length", _with_extensions(_extension(16, b"\0\xff\2h2"))),
    ("alpn-empty", _with_extensions(_extension(16, b"\0\1\0"))),
    ("alpn-long", _with_extensions(_extension(16, b"\x0f\xf0" + b"\2h2" * 1360))),
    ("session-length", _hello(b"\3\3" + bytes(32) + b"\xff")),
    ("ciphers-odd", _hello(b"\3\3" + bytes(32) + b"\0\0\3\x13\1\1\1\0")),
    ("cut-body", _hello(b"\3\3" + bytes(10))), ("empty-body", _hello(b"")), ("empty-record", _record(b"")),
    ("hello-length-huge", _hello(_HELLO, 0xFFFFFF)), ("record-length-huge", _record(b"\1", size=0xFFFF)),
    ("record-kind", _record(b"\1\0\0\1\0", kind=23)), ("ssl2", b"\x80\x2e\1\3\1\0\x15\0\0\0\x10" + bytes(37)),
    ("version-9", _record(b"\1\0\0\1\0", version=b"\x09\x09")), ("other-handshake", _record(b"\2\0\0\1\0")),
    ("records-of-one", b"".join(_record(bytes([b])) for b in _with_extensions(_extension(0, NAME))[5:])),
    ("empty-records", _record(b"") * 4000), ("padding", _with_extensions(_extension(21, bytes(16_000)))),
    ("random", bytes((i * 7919 + 22) % 256 for i in range(4096))), ("one-byte", b"\x16"),
    ("alert", _record(b"\2\0", kind=21)),
]  # fmt: skip
INSPECTED = [
    *((name, hello, CUT, {"shut": True}) for name, hello in HELLOS),
    ("plain", raw(GET, HOST, CLOSE), forward()),
    ("plain-bytes", [bytes([b]) for b in raw(GET, HOST, CLOSE)], forward()),
    ("silence", b"", refuse(silent=True)),
]

HTTP10 = [
    ("plain", raw("GET / HTTP/1.0", HOST), forward(host="a")),
    ("no-host", raw("GET / HTTP/1.0"), forward(host="d")),
    ("two-hosts", raw("GET / HTTP/1.0", HOST, "Host: b"), refuse()),
    ("te", raw("POST / HTTP/1.0", HOST, "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED), refuse()),
    ("te-and-length", raw("POST / HTTP/1.0", HOST, "Transfer-Encoding: chunked", "Content-Length: 5",
                          body=b"0\r\n\r\n" + SMUGGLED), refuse()),
    ("no-persistence", raw("GET / HTTP/1.0", HOST) + SMUGGLED, forward(1)),
    ("expect", raw("POST / HTTP/1.0", HOST, "Expect: 100-continue", "Content-Length: 2", body=b"hi"), forward()),
    ("upgrade", raw("GET / HTTP/1.0", HOST, "Connection: upgrade", "Upgrade: websocket"), forward(upgrade=None)),
    ("absolute", raw("GET http://b/ HTTP/1.0", HOST), forward(host="b")),
    ("post-no-length", raw("POST / HTTP/1.0", HOST), forward()),
]  # fmt: skip

CASES = [
    *rows("path", [(p[:60], _get(target=p), DENIED) for p in PATHS], "edge"),
    *rows("spoof", SPOOFED, "edge"),
    *rows("forwarded", FORWARDED, "behind"),
    *rows("hop", HOPS),
    *rows("upgrade", UPGRADES, "upgrade"),
    *rows("proxy-protocol", PROXIED, "proxied"),
    *rows("client-hello", INSPECTED, "inspected"),
    *rows("http10", HTTP10, "http10"),
]
