"""Request lines, Host, and header fields that parsers read differently (RFC 9112 sections 2 to 5)."""
from .case import CLOSE, GET, HOST, POST, SMUGGLED, either, forward, raw, refuse, rows

LINE = refuse(400, 403, 404, 405, 414, 426, 431, 501, 505, silent=True)


def _line(line: str | bytes) -> bytes:
    return raw(line, HOST, CLOSE)


BAD_LINES = [
    ("two-spaces", "GET  / HTTP/1.1"), ("tab", "GET\t/ HTTP/1.1"), ("space-at-end", "GET / HTTP/1.1 "),
    ("space-first", " GET / HTTP/1.1"), ("space-in-target", "GET /a b HTTP/1.1"),
    ("two-spaces-version", "GET /  HTTP/1.1"), ("version-lower", "GET / http/1.1"),
    ("version-2", "GET / HTTP/2.0"), ("version-3", "GET / HTTP/3.0"), ("version-0.9", "GET / HTTP/0.9"),
    ("version-none", "GET /"), ("version-1", "GET / HTTP/1"), ("version-zero-first", "GET / HTTP/01.1"),
    ("version-zero-minor", "GET / HTTP/1.01"), ("version-plus", "GET / HTTP/+1.1"),
    ("version-letter", "GET / HTTP/1.x"), ("version-name", "GET / XTTP/1.1"),
    ("version-space", "GET / HTTP/ 1.1"), ("version-nul", b"GET / HTTP/1.1\0"),
    ("version-comma", "GET / HTTP/1,1"), ("cr-at-end", b"GET / HTTP/1.1\r"),
    ("bare-cr", b"GET / HTTP/1.1\rX: y"), ("bare-cr-target", b"GET /\rx HTTP/1.1"),
    ("nul-in-target", b"GET /\0 HTTP/1.1"), ("nul-in-method", b"G\0T / HTTP/1.1"),
    ("del-in-target", b"GET /\x7f HTTP/1.1"), ("control-in-target", b"GET /\x01 HTTP/1.1"),
    ("vertical-tab", b"GET\x0b/\x0bHTTP/1.1"), ("nbsp", b"GET\xa0/ HTTP/1.1"), ("method-only", "GET"),
    ("method-brace", "G{T / HTTP/1.1"), ("method-colon", "GET: / HTTP/1.1"),
    ("method-high", b"G\xc3\x89T / HTTP/1.1"), ("status-line", "HTTP/1.1 200 OK"),
    ("target-relative", "GET a HTTP/1.1"), ("target-query", "GET ?x HTTP/1.1"),
    ("target-star-get", "GET * HTTP/1.1"), ("target-backslash", "GET \\x HTTP/1.1"),
    ("fragment", "GET /#x HTTP/1.1"), ("two-requests", "GET / HTTP/1.1 GET /smuggled HTTP/1.1"),
    ("preface", b"PRI * HTTP/2.0\r\n\r\nSM"),
]  # fmt: skip

LINES = [
    *((name, _line(line), LINE) for name, line in BAD_LINES),
    ("bare-lf", b"GET / HTTP/1.1\nHost: a\nConnection: close\n\n", either()),
    ("bare-lf-first", b"GET / HTTP/1.1\nHost: a\r\nConnection: close\r\n\r\n", either()),
    ("lf-before", b"\n" + _line(GET), either()),
    ("crlf-before", b"\r\n" + _line(GET), either()),
    ("cr-before", b"\r" + _line(GET), LINE),
    ("many-crlf-before", b"\r\n" * 1000 + _line(GET), either()),
    ("method-unknown", _line("FOO / HTTP/1.1"), either(400, 405, 501)),
    ("method-lower", _line("get / HTTP/1.1"), either(400, 405, 501)),
    ("method-long", _line("A" * 300 + " / HTTP/1.1"), either(400, 405, 414, 501)),
    ("high-bytes", _line(b"GET /\xff\xfe HTTP/1.1"), either()),
    ("escaped-nul", _line("GET /%00 HTTP/1.1"), either()),
    ("escaped-crlf", _line("GET /%0d%0aX:%20y HTTP/1.1"), either()),
    ("bad-escape", _line("GET /%zz%1 HTTP/1.1"), either()),
    ("options-star", _line("OPTIONS * HTTP/1.1"), either(404)),
    ("trace", _line("TRACE / HTTP/1.1"), either(403, 404, 405, 501)),
    ("connect-authority", raw("CONNECT a:443 HTTP/1.1", "Host: a:443"), LINE),
    ("connect-path", raw("CONNECT / HTTP/1.1", HOST), LINE),
    ("connect-no-port", raw("CONNECT a HTTP/1.1", HOST), LINE),
    ("connect-port-0", raw("CONNECT a:0 HTTP/1.1", HOST), LINE),
    ("connect-loopback", raw("CONNECT 127.0.0.1:22 HTTP/1.1", "Host: 127.0.0.1:22"), LINE),
    ("connect-url", raw("CONNECT http://a:80/ HTTP/1.1", HOST), LINE),
    ("connect-then-request", raw("CONNECT a:80 HTTP/1.1", HOST, body=SMUGGLED), LINE),
    # What is refused before it is read to its end was a HEAD request all the same.
    ("head-bad-field", raw("HEAD / HTTP/1.1", "Host : a"), LINE),
    ("head-bad-target", raw("HEAD /\x7f HTTP/1.1", HOST), LINE),
    ("head-bad-length", raw("HEAD / HTTP/1.1", HOST, "Content-Length: x"), LINE),
    ("head-lf", raw("HEAD / HTTP/1.1", HOST, "X: y\nZ: w"), either()),
    ("head-no-end", raw("HEAD / HTTP/1.1", HOST)[:-2] + b"X: " + b"y" * 100_000, LINE),
    ("http09-simple", b"GET /\r\n", LINE, {"shut": True}),
    ("tls-hello", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(160), LINE, {"shut": True}),
    ("zeros", bytes(1000), LINE, {"shut": True}),
    ("binary", bytes(range(256)) * 8, LINE, {"shut": True}),
    ("empty-lines-only", b"\r\n\r\n\r\n", LINE, {"shut": True}),
    ("proxy-header-v1", b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + _line(GET), LINE),
    ("proxy-header-v2", b"\r\n\r\n\0\r\nQUIT\n\x20\0\0" + _line(GET), LINE),
    ("uri-8k", _line("GET /" + "a" * 8_000 + " HTTP/1.1"), either(414)),
    ("uri-50k", _line("GET /" + "a" * 50_000 + " HTTP/1.1"), either(400, 414, 431)),
    ("uri-100k", _line("GET /" + "a" * 100_000 + " HTTP/1.1"), LINE),
    ("uri-1m-no-end", b"GET /" + b"a" * 1_000_000, LINE),
    ("query-empty-pairs", _line("GET /?" + "&" * 5_000 + " HTTP/1.1"), either(414)),
]  # fmt: skip

AUTHORITY = refuse(400, 404, 421)


def _host(*values: str | bytes, target: str = "/") -> bytes:
    lines = [b"Host:" + (v if isinstance(v, bytes) else v.encode("latin-1")) for v in values]
    return raw(f"GET {target} HTTP/1.1", *lines, CLOSE)


BAD_HOSTS = [
    ("space", " a b"), ("comma-space", " a, b"), ("slash", " a/b"), ("userinfo", " u:p@a"),
    ("question", " a?b"), ("hash", " a#b"), ("port-big", " a:99999"), ("port-name", " a:http"),
    ("port-negative", " a:-1"), ("port-hex", " a:0x50"), ("two-ports", " a:80:80"), ("colon-only", " :80"),
    ("bracket-open", " [::1"), ("bracket-rest", " [::1]x"), ("bracket-name", " [a]"), ("brackets-empty", " []"),
    ("url", " http://a/"), ("tab", " a\tb"), ("nul", b" a\0b"), ("bad-escape", " a%"), ("lt", " <a>"),
    ("quote", ' "a"'), ("backslash", " a\\b"), ("pipe", " a|b"), ("caret", " a^b"), ("brace", " {a}"),
    ("fold", b"\r\n a"), ("fold-after", b" a\r\n b"), ("zone", " [fe80::1%25eth0]"), ("bare-cr", b" a\rb"),
]  # fmt: skip

HOSTS = [
    *((name, _host(value), AUTHORITY) for name, value in BAD_HOSTS),
    ("none", raw(GET, CLOSE), AUTHORITY),
    ("empty", _host(""), either()),
    ("twice-same", _host(" a", " a"), AUTHORITY),
    ("twice-differ", _host(" a", " b"), AUTHORITY),
    ("thrice", _host(" a", " b", " a"), AUTHORITY),
    ("twice-one-empty", _host(" a", ""), AUTHORITY),
    ("twice-empty-first", _host("", " a"), AUTHORITY),
    ("twice-by-case", raw(GET, HOST, "hOST: b", CLOSE), AUTHORITY),
    ("twice-by-space", raw(GET, HOST, "Host : b", CLOSE), AUTHORITY),
    ("twice-by-lf", raw(GET, HOST + "\nHost: b", CLOSE), AUTHORITY),
    ("space-before-colon", raw(GET, "Host : a", CLOSE), AUTHORITY),
    ("first-line-folded", raw(GET, " Host: a", CLOSE), AUTHORITY),
    ("underscore-name", raw(GET, HOST, "Host_: b", CLOSE), forward(host="a")),
    ("port", _host(" a:80"), forward(host="a:80")),
    ("port-empty", _host(" a:"), either()),
    ("port-zeros", _host(" a:00080"), either()),
    ("port-0", _host(" a:0"), either()),
    ("ipv6", _host(" [::1]:80"), forward(host="[::1]:80")),
    ("dot", _host(" a."), forward(host="a.")),
    ("dots", _host(" .."), either()),
    ("comma", _host(" a,b"), either()),
    ("high-bytes", _host(b" \xc3\xa4"), either()),
    ("long", _host(" " + "a" * 5000), either()),
    ("nominated", raw(GET, HOST, "Connection: close, Host"), forward(host="a")),
    ("absolute", _host(" a", target="http://a/x"), forward(host="a")),
    ("absolute-differs", _host(" b", target="http://a/x"), either(400, 421)),
    ("absolute-no-host", raw("GET http://a/ HTTP/1.1", CLOSE), AUTHORITY),
    ("absolute-empty-host", _host("", target="http://a/"), either()),
    ("absolute-two-hosts", _host(" a", " b", target="http://a/"), AUTHORITY),
    ("absolute-userinfo", _host(" a", target="http://u@a/"), either()),
    ("absolute-port-hex", _host(" a", target="http://a:0x50/"), AUTHORITY),
    ("absolute-no-authority", _host(" a", target="http:///x"), AUTHORITY),
    ("absolute-no-slashes", _host(" a", target="http:x"), AUTHORITY),
    ("absolute-ftp", _host(" a", target="ftp://a/"), either(400, 404, 421)),
    ("absolute-file", _host(" a", target="file:///etc/passwd"), AUTHORITY),
    ("absolute-upper", _host(" a", target="HTTP://a/"), either()),
    ("absolute-query", _host(" a", target="http://a?x"), either()),
    ("absolute-fragment", _host(" a", target="http://a#x"), AUTHORITY),
    ("absolute-backslash", _host(" a", target="http://a\\@b/"), AUTHORITY),
    ("absolute-bracket", _host(" a", target="http://[::1/"), AUTHORITY),
]  # fmt: skip

BAD_FIELDS = [
    ("nul", b"X: a\0b"), ("bare-cr", b"X: a\rb"), ("cr-at-end", b"X: a\r"), ("bare-lf", b"X: a\nY: b"),
    ("lf-no-colon", b"X: a\nb"), ("del", b"X: \x7f"), ("control", b"X: \x01"), ("escape", b"X: \x1b[0m"),
    ("vertical-tab", b"X:\x0b y"), ("empty-name", b": x"), ("no-colon", b"X"), ("space-in-name", b"X Y: z"),
    ("space-before-colon", b"X : y"), ("tab-before-colon", b"X\t: y"), ("paren", b"X(: y"),
    ("comma", b"X,Y: z"), ("semicolon", b"X;: y"), ("slash", b"X/Y: z"), ("equals", b"X=Y: z"),
    ("at", b"X@Y: z"), ("quote", b'"X": y'), ("brace", b"{X}: y"), ("backslash", b"X\\: y"),
    ("high-name", b"X\xff: y"), ("nul-name", b"X\0: y"), ("control-name", b"\x01X: y"),
    ("fold-space", b"X: y\r\n z"), ("fold-tab", b"X: y\r\n\tz"), ("fold-empty", b"X: y\r\n "),
    ("space-line", b" "), ("request-line", b"GET /smuggled HTTP/1.1"), ("pseudo", b":path: /smuggled"),
    ("pseudo-authority", b":authority: b"), ("crlf-space-crlf", b"X: y\r\n \r\nZ: w"),
]  # fmt: skip


def _with(*lines: str | bytes) -> bytes:
    return raw(GET, HOST, *lines, CLOSE)


LARGE = refuse(400, 413, 431, 494, silent=True)
FIELDS = [
    *((name, _with(line), refuse()) for name, line in BAD_FIELDS),
    ("high-value", _with(b"X: \xff\xfe"), either()),
    ("tab-in-value", _with(b"X: a\tb"), forward(x="a\tb")),
    ("empty-value", _with("X:"), forward(x="")),
    ("spaces-value", _with("X: \t "), forward(x="")),
    ("token-name", _with("!#$%&'*+-.^_`|~: y"), forward()),
    ("count-90", _with(*(f"X{i}: y" for i in range(90))), either(400, 431)),
    ("count-101", _with(*(f"X{i}: y" for i in range(101))), either(400, 431)),
    ("count-10000", _with(*("X: y" for _ in range(10_000))), LARGE),
    ("value-50k", _with("X: " + "y" * 50_000), either(400, 431, 494)),
    ("value-100k", _with("X: " + "y" * 100_000), LARGE),
    ("value-10m-no-end", raw(GET, HOST)[:-2] + b"X: " + b"y" * 10_000_000, LARGE),
    ("name-30k", _with("X" * 30_000 + ": y"), either(400, 431, 494)),
    ("name-100k", _with("X" * 100_000 + ": y"), LARGE),
    ("lines-no-end", raw(GET, HOST)[:-2] + b"X: y\r\n" * 200_000, LARGE),
    ("spaces-no-end", raw(GET, HOST)[:-2] + b"X: " + b" " * 1_000_000, LARGE),
    ("http10-no-host", raw("GET / HTTP/1.0"), either(400, 426, 505)),
    ("proxy", _with("Proxy: http://evil/"), either()),
    ("range-many", _with("Range: bytes=" + "0-," * 1300 + "0-"), either()),
    ("cookie-many", _with(*("Cookie: a=b" for _ in range(80))), either(400, 431)),
    ("post-no-length", raw(POST, HOST, CLOSE), either(411)),
]  # fmt: skip

PIPELINES = [
    ("three", raw(GET, HOST) * 2 + _with(), forward(3)),
    ("bad-second", raw(GET, HOST) + raw(GET, "Host : a"), forward(1)),
    ("bad-length-second", raw(GET, HOST) + raw(POST, HOST, "Content-Length: +1", body=b"x"), forward(1)),
    ("after-close", _with() + SMUGGLED, forward(1)),
    ("after-refusal", raw(GET, "Host : a") + SMUGGLED, refuse()),
    ("after-body", raw(POST, HOST, "Content-Length: 5", body=b"hello") + _with(), forward(2)),
    ("crlf-between", raw(GET, HOST) + b"\r\n" + _with(), forward(1, 2)),
    ("garbage-after-get", raw(GET, HOST, body=b"hello") + b"\r\n\r\n", forward(1)),
    ("two-hundred", raw(GET, HOST) * 199 + _with(), forward(200)),
    ("split-in-crlf", [raw(GET, HOST)[:-1], b"\n" + _with()], forward(2)),
]  # fmt: skip

CASES = [
    *rows("line", LINES),
    *rows("host", HOSTS),
    *rows("field", FIELDS),
    *rows("pipeline", PIPELINES),
]
