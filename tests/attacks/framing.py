"""Requests whose end could be found in two places (RFC 9112 sections 6 and 7, RFC 9110 section 8.6)."""
from .case import CHUNKED, CLOSE, GET, HOST, POST, SMUGGLED, chunks, either, forward, raw, refuse, rows

LENGTH_OF_SMUGGLED = f"Content-Length: {len(SMUGGLED)}"
# Read as chunked the body ends at once and a second request follows; read by its length it is one.
TWO_ENDS = b"0\r\n\r\n" + SMUGGLED
LENGTH_OF_BOTH = f"Content-Length: {len(TWO_ENDS)}"


def _encoding(value: str | bytes) -> bytes:
    line = b"Transfer-Encoding:" + (value if isinstance(value, bytes) else value.encode())
    return raw(POST, HOST, line, CLOSE, body=TWO_ENDS)


def _beside_length(*lines: str | bytes) -> bytes:
    return raw(POST, HOST, LENGTH_OF_BOTH, *lines, CLOSE, body=TWO_ENDS)


def _length(value: str | bytes, body: bytes = b"hello") -> bytes:
    line = b"Content-Length:" + (value if isinstance(value, bytes) else value.encode())
    return raw(POST, HOST, line, CLOSE, body=body + SMUGGLED)


def _chunked(body: bytes) -> bytes:
    return raw(POST, HOST, CHUNKED, CLOSE, body=body)


NOT_CHUNKED = [
    ("unknown", " xchunked"), ("identity", " identity"), ("identity-last", " chunked, identity"),
    ("identity-first", " identity, chunked"), ("gzip-first", " gzip, chunked"), ("gzip", " gzip"),
    ("twice", " chunked, chunked"), ("parameter", " chunked;q=1"), ("semicolon", " chunked;"),
    ("comma-first", " ,chunked"), ("comma-last", " chunked,"), ("quoted", ' "chunked"'),
    ("empty", ""), ("short", " chunke"), ("long", " chunkedd"), ("two-words", " chunked chunked"),
    ("vertical-tab", " \x0bchunked"), ("vertical-tab-last", " chunked\x0b"),
    ("form-feed", " \x0cchunked"), ("nul", b" chunked\0"), ("nul-first", b" \0chunked"),
    ("nbsp", b" \xa0chunked"), ("high-byte", b" chunked\xff"), ("bare-cr", b" chunked\r"),
    ("cr-first", b"\rchunked"), ("bare-lf", b"\n chunked"), ("fold", b"\r\n chunked"),
    ("fold-tab", b"\r\n\tchunked"), ("fold-after", b" chunked\r\n , identity"),
    ("kelvin", " chun\u212aed".encode()), ("escaped", " %63hunked"), ("colon", ": chunked"),
]  # fmt: skip

ENCODINGS = [
    *((f"te-{name}", _encoding(value), refuse(400, 501)) for name, value in NOT_CHUNKED),
    ("te-spaces", raw(POST, HOST, "Transfer-Encoding:   chunked  ", CLOSE, body=chunks(b"x")),
     forward(transfer_encoding="chunked")),
    ("te-tabs", raw(POST, HOST, "Transfer-Encoding:\tchunked\t", CLOSE, body=chunks(b"x")),
     either(400, 501)),
    ("te-case", raw(POST, HOST, "tRANSFER-eNCODING: cHuNkEd", CLOSE, body=chunks(b"x")), forward()),
    ("te-no-space", raw(POST, HOST, "Transfer-Encoding:chunked", CLOSE, body=chunks(b"x")), forward()),
    ("te-two-fields", raw(POST, HOST, CHUNKED, CHUNKED, CLOSE, body=TWO_ENDS), refuse(400, 501)),
    ("te-two-differ", raw(POST, HOST, CHUNKED, "Transfer-Encoding: x", CLOSE, body=TWO_ENDS),
     refuse(400, 501)),
    ("te-http10", raw("POST / HTTP/1.0", HOST, CHUNKED, body=TWO_ENDS), refuse(400, 426, 505)),
    ("te-http10-keep-alive", raw("POST / HTTP/1.0", HOST, CHUNKED, "Connection: keep-alive",
                                 body=TWO_ENDS), refuse(400, 426, 505)),
    ("te-get", raw(GET, HOST, CHUNKED, CLOSE, body=TWO_ENDS), forward()),
    ("te-upgrade", raw(GET, HOST, CHUNKED, "Connection: upgrade", "Upgrade: websocket",
                       body=TWO_ENDS), either(400, 403, counts=(2,))),
]  # fmt: skip

BOTH = [
    ("cl-te", _beside_length(CHUNKED), refuse()),
    ("te-cl", raw(POST, HOST, CHUNKED, LENGTH_OF_BOTH, CLOSE, body=TWO_ENDS), refuse()),
    ("cl0-te", raw(POST, HOST, "Content-Length: 0", CHUNKED, CLOSE, body=TWO_ENDS), refuse()),
    ("cl-te-identity", _beside_length("Transfer-Encoding: identity"), refuse(400, 501)),
    ("cl-te-unknown", _beside_length("Transfer-Encoding: x"), refuse(400, 501)),
    ("cl-te-empty", _beside_length("Transfer-Encoding:"), refuse(400, 501)),
    ("cl-te-twice", _beside_length(CHUNKED, CHUNKED), refuse()),
    ("cl-te-space-before-colon", _beside_length("Transfer-Encoding : chunked"), refuse()),
    ("cl-te-tab-before-colon", _beside_length("Transfer-Encoding\t: chunked"), refuse()),
    ("cl-te-nul-in-name", _beside_length(b"Transfer-Encoding\0: chunked"), refuse()),
    ("cl-te-leading-space", _beside_length(" Transfer-Encoding: chunked"), refuse()),
    ("cl-te-leading-tab", _beside_length("\tTransfer-Encoding: chunked"), refuse()),
    ("cl-te-after-cr", _beside_length("X: y\rTransfer-Encoding: chunked"), refuse()),
    ("cl-te-after-lf", _beside_length("X: y\nTransfer-Encoding: chunked"), refuse()),
    ("cl-te-after-lf-lf", _beside_length("X: y\n\nGET /smuggled HTTP/1.1"), refuse()),
    ("cl-te-after-nul", _beside_length(b"X: y\0Transfer-Encoding: chunked"), refuse()),
    ("cl-te-fold-in-name", _beside_length("Transfer-\r\n Encoding: chunked"), refuse()),
    ("cl-te-underscore", _beside_length("Transfer_Encoding: chunked"), forward(transfer_encoding=None)),
    ("cl-te-dotless", _beside_length("Transfer-Enc\u0131ding: chunked".encode()), refuse()),
    ("cl-te-in-quotes", _beside_length('"Transfer-Encoding": chunked'), refuse()),
    ("cl-te-nominated", raw(POST, HOST, CHUNKED, "Connection: close, Transfer-Encoding",
                            body=chunks(b"x")), forward()),
    ("cl-nominated", raw(POST, HOST, LENGTH_OF_SMUGGLED, "Connection: close, Content-Length",
                         body=SMUGGLED), forward()),
]  # fmt: skip

BAD_LENGTHS = [
    ("plus", " +5"), ("minus", " -5"), ("minus-zero", " -0"), ("two", " 5 5"), ("list", " 5,6"),
    ("hex", " 0x5"), ("hex-digit", " a"), ("empty", ""), ("blank", "  "), ("nul", b" 5\0"),
    ("exponent", " 5e0"), ("fraction", " 5.0"), ("semicolon", " 5;"), ("quoted", ' "5"'),
    ("underscore", " 0_5"), ("fullwidth", " \uff15".encode()), ("nbsp", b" 5\xa0"),
    ("two-64", " 18446744073709551616"), ("two-64-and-5", " 18446744073709551621"),
    ("two-128-and-5", " 340282366920938463463374607431768211461"),
    ("long", " " + "9" * 100), ("fold", b"\r\n 5"), ("fold-after", b" 5\r\n 0"),
    ("bare-cr", b" 5\r"), ("comma-first", " ,5"), ("comma-last", " 5,"), ("vertical-tab", b" \x0b5"),
]  # fmt: skip

LENGTHS = [
    *((f"cl-{name}", _length(value), refuse(400, 413)) for name, value in BAD_LENGTHS),
    ("cl-list-same", _length(" 5, 5"), either()),
    ("cl-leading-zero", _length(" 05"), either()),
    ("cl-many-zeros", _length(" " + "0" * 100 + "5"), either()),
    ("cl-octal", _length(" 010", b"0123456789"), either()),
    ("cl-spaces", _length("   5  "), forward(content_length="5")),
    ("cl-tabs", _length("\t5\t"), either()),
    ("cl-twice-same", _length(" 5\r\nContent-Length: 5"), either()),
    ("cl-twice-differ", _length(" 5\r\nContent-Length: 0"), refuse()),
    ("cl-twice-differ-first", _length(" 0\r\nContent-Length: 5"), refuse()),
    ("cl-thrice", _length(" 5\r\nX: y\r\nContent-Length: 5\r\nContent-Length: 9"), refuse()),
    ("cl-space-before-colon", raw(POST, HOST, "Content-Length : 5", CLOSE, body=b"hello"), refuse()),
    ("cl-underscore", raw(POST, HOST, "Content_Length: 36", CLOSE, body=b""),
     forward(content_length="0")),
    ("cl-get-body", raw(GET, HOST, LENGTH_OF_SMUGGLED, CLOSE, body=SMUGGLED), forward()),
    ("cl-head-body", raw("HEAD / HTTP/1.1", HOST, LENGTH_OF_SMUGGLED, CLOSE, body=SMUGGLED), forward()),
    ("cl-trace-body", raw("TRACE / HTTP/1.1", HOST, LENGTH_OF_SMUGGLED, CLOSE, body=SMUGGLED),
     either(400, 403, 405)),
    ("cl-http10", raw("POST / HTTP/1.0", HOST, LENGTH_OF_SMUGGLED, body=SMUGGLED),
     either(400, 426, 505)),
    ("cl-expect", raw(POST, HOST, LENGTH_OF_SMUGGLED, "Expect: 100-continue", CLOSE, body=SMUGGLED),
     forward()),
    ("cl-expect-unknown", raw(POST, HOST, LENGTH_OF_SMUGGLED, "Expect: x", CLOSE, body=SMUGGLED),
     either(400, 417)),
    ("cl-upgrade", raw(GET, HOST, LENGTH_OF_SMUGGLED, "Connection: upgrade, close", "Upgrade: websocket",
                       body=SMUGGLED), either(400, 403)),
    ("cl-h2c", raw(POST, HOST, LENGTH_OF_SMUGGLED, "Connection: upgrade, http2-settings, close",
                   "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__", body=SMUGGLED),
     forward(upgrade=None, http2_settings=None)),
    ("cl-short-then-fin", raw(POST, HOST, "Content-Length: 10", body=b"hello"),
     refuse(400, 408, 502, silent=True), {"shut": True}),
    ("cl-huge-then-fin", raw(POST, HOST, "Content-Length: 9223372036854775807", body=b"hello"),
     refuse(400, 408, 413, 502, silent=True), {"shut": True}),
    ("chunked-short-then-fin", raw(POST, HOST, CHUNKED, body=b"5\r\nhello\r\n"),
     refuse(400, 408, 502, silent=True), {"shut": True}),
    ("chunked-no-last-crlf-then-fin", raw(POST, HOST, CHUNKED, body=b"5\r\nhello\r\n0\r\n"),
     refuse(400, 408, 502, silent=True), {"shut": True}),
]  # fmt: skip

BAD_CHUNKS = [
    ("bare-lf", b"5\nhello\r\n0\r\n\r\n"), ("bare-cr", b"5\rhello\r\n0\r\n\r\n"),
    ("space-before", b" 5\r\nhello\r\n0\r\n\r\n"), ("tab-before", b"\t5\r\nhello\r\n0\r\n\r\n"),
    ("hex-prefix", b"0x5\r\nhello\r\n0\r\n\r\n"), ("plus", b"+5\r\nhello\r\n0\r\n\r\n"),
    ("minus", b"-5\r\nhello\r\n0\r\n\r\n"), ("minus-zero", b"-0\r\n\r\n"), ("empty", b"\r\nhello\r\n0\r\n\r\n"),
    ("no-digit", b";x\r\nhello\r\n0\r\n\r\n"), ("letter", b"g\r\nhello\r\n0\r\n\r\n"),
    ("nul", b"5\0\r\nhello\r\n0\r\n\r\n"), ("underscore", b"0_5\r\nhello\r\n0\r\n\r\n"),
    ("two", b"5 5\r\nhello\r\n0\r\n\r\n"), ("comma", b"5,5\r\nhello\r\n0\r\n\r\n"),
    ("two-64-and-5", b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
    ("two-32-and-more", b"100000000000000000000000000000005\r\nhello\r\n0\r\n\r\n"),
    ("all-f", b"ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    ("sign-bit", b"8000000000000000\r\nhello\r\n0\r\n\r\n"),
    ("fullwidth", "\uff15\r\nhello\r\n0\r\n\r\n".encode()),
    ("data-too-long", b"5\r\nhelloX\r\n0\r\n\r\n"), ("data-too-short", b"6\r\nhello\r\n0\r\n\r\n"),
    ("no-crlf-after-data", b"5\r\nhello0\r\n\r\n"), ("lf-after-data", b"5\r\nhello\n0\r\n\r\n"),
    ("cr-after-data", b"5\r\nhello\r0\r\n\r\n"), ("cr-cr-lf", b"5\r\nhello\r\r\n0\r\n\r\n"),
    ("lf-at-end", b"5\r\nhello\r\n0\n\n"), ("lf-last-line", b"5\r\nhello\r\n0\r\n\n"),
    ("lf-cr", b"5\n\rhello\r\n0\r\n\r\n"),
    ("extension-lf", b"5;x\nhello\r\n0\r\n\r\n"), ("extension-cr", b"5;x\ry\r\nhello\r\n0\r\n\r\n"),
    ("extension-nul", b"5;x\0\r\nhello\r\n0\r\n\r\n"), ("extension-quote-lf", b'5;x="\n"\r\nhello\r\n0\r\n\r\n'),
    ("extension-quote-crlf", b'5;x="\r\n0\r\n\r\n' + SMUGGLED),
    ("zero-extension-lf", b"0;x\n\n" + SMUGGLED),
    ("trailer-fold", b"0\r\nX: y\r\n z\r\n\r\n"), ("trailer-nul", b"0\r\nX: \0\r\n\r\n"),
    ("trailer-lf", b"0\r\nX: y\nZ: w\r\n\r\n"), ("trailer-no-colon", b"0\r\nX\r\n\r\n"),
    ("trailer-space-name", b"0\r\nX : y\r\n\r\n"), ("trailer-cl", b"0\r\nContent-Length: 5\r\n\r\n"),
    ("trailer-te", b"0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ("trailer-request", b"0\r\n" + SMUGGLED), ("cr-cr-lf-last", b"5\r\nhello\r\n0\r\n\r\r\n\r\n"),
]  # fmt: skip

BAD_END = refuse(400, 413, 431, 501, 502, silent=True)
CHUNKS = [
    # A proxy that streams has begun the request when the body turns out bad: only its end counts.
    *((name, _chunked(body), BAD_END) for name, body in BAD_CHUNKS),
    ("zeros-before", _chunked(b"0000000000005\r\nhello\r\n0\r\n\r\n"), either()),
    ("many-zeros", _chunked(b"0" * 40 + b"5\r\nhello\r\n0\r\n\r\n"), either(400, 413)),
    ("zeros-at-end", _chunked(b"5\r\nhello\r\n000\r\n\r\n"), either()),
    ("upper-case", _chunked(b"A\r\n0123456789\r\n0\r\n\r\n"), forward()),
    ("space-after", _chunked(b"5 \r\nhello\r\n0\r\n\r\n"), either()),
    ("space-before-extension", _chunked(b"5 ;x\r\nhello\r\n0\r\n\r\n"), either()),
    ("extension", _chunked(b'5;x;y=z;w="a\\"b"\r\nhello\r\n0;q\r\n\r\n'), forward()),
    ("extension-empty", _chunked(b"5;\r\nhello\r\n0\r\n\r\n"), either()),
    ("extension-200", _chunked(b"5;" + b"x" * 200 + b"\r\nhello\r\n0\r\n\r\n"), either(400, 413)),
    ("extension-huge", _chunked(b"5;" + b"x" * 100_000 + b"\r\nhello\r\n0\r\n\r\n"),
     either(400, 413, 431)),
    ("extension-flood", _chunked(b"1;" + b"x" * 60 + b"\r\nh\r\n") + b"1\r\nh\r\n" * 5000 + b"0\r\n\r\n",
     either(400, 413)),
    ("trailer", _chunked(b"0\r\nX-Trailer: y\r\n\r\n"), forward(x_trailer=None)),
    ("trailer-host", _chunked(b"0\r\nHost: b\r\n\r\n"), either()),
    ("trailer-huge", _chunked(b"0\r\nX: " + b"y" * 70_000 + b"\r\n\r\n"), either(400, 413, 431)),
    ("trailer-many", _chunked(b"0\r\n" + b"X: y\r\n" * 5000 + b"\r\n"), either(400, 413, 431)),
    ("byte-by-byte", [bytes([b]) for b in _chunked(b"5;x=y\r\nhello\r\n0\r\nX: y\r\n\r\n")], forward()),
]  # fmt: skip

CASES = [
    *rows("framing", ENCODINGS),
    *rows("framing", BOTH),
    *rows("length", LENGTHS),
    *rows("chunks", CHUNKS),
]
