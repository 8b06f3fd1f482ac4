"""The harness itself: a test of the proxy is worth what its measuring tools are worth."""
import socket
import struct

import pytest

from harness import backend, conn, dns, http1, ports, stream, wait
from harness.config import merge
from harness.patterns import Pattern, compare


def test_pattern_is_exact_outside_of_its_holes():
    pattern = Pattern("a.b<<[0-9]+>>c")
    assert pattern.matches("a.b12c")
    assert not pattern.matches("axb12c")
    assert pattern.match_start(b"a.b1cREST") == 5
    assert Pattern("abc").cannot_match(b"abX") and not Pattern("abc").cannot_match(b"ab")


def test_compare_knows_bounds():
    assert compare(3, 3) and compare(3, ">= 3") and not compare(3, "> 3")
    assert not compare("x", ">= 3")


def test_merge_goes_into_mappings_and_null_removes():
    assert merge({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 4}, "d": None}) == {"a": {"b": 4, "c": 2}}


@pytest.mark.parametrize("position", [0, 1, (1 << 20) + 6, (1 << 20) + 7, 3_000_000])
def test_stream_checker_sees_one_wrong_byte(position):
    data = b"".join(bytes(b) for b in stream.blocks(3_500_000))
    stream.Checker().feed(data)
    broken = data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
    with pytest.raises(stream.Wrong, match=f"byte {position} "):
        stream.Checker().feed(broken)


def test_stream_checker_sees_a_lost_block():
    data = b"".join(bytes(b) for b in stream.blocks(1 << 18))
    with pytest.raises(stream.Wrong):
        stream.Checker().feed(data[:4096] + data[8192:])


def test_connection_tells_fin_from_reset():
    with backend.Backend() as app:
        for end, check in (("close", "expect_eof"), ("abort", "expect_reset")):
            client = conn.connect(app.port)
            accepted = app.accept()
            getattr(client, end)()
            getattr(accepted, check)()
            accepted.close()
        client = conn.connect(app.port)
        accepted = app.accept()
        client.close()
        with pytest.raises(AssertionError):
            accepted.expect_reset()
        accepted.close()


def test_http_server_and_strict_reader():
    with http1.HttpServer(body="hi", headers={"x": "1"}) as server:
        with conn.connect(server.port) as client:
            for method in ("GET", "HEAD", "GET"):
                client.send(http1.request(method, "/p", headers={"y": "2"}))
                message = http1.read_message(client, bodyless=method == "HEAD")
                http1.check_message(message, {"status": 200, "headers": {"x": 1, "z": None}}, "client")
        assert [m.method for m in server.requests] == ["GET", "HEAD", "GET"]
        with pytest.raises(AssertionError, match="status is 200"):
            http1.check_message(message, {"status": 404}, "client")


def test_chunked_message_with_trailers():
    with backend.Backend() as app, conn.connect(app.port) as client:
        accepted = app.accept()
        accepted.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nt: 1\r\n\r\n")
        message = http1.read_message(client)
        accepted.close()
    assert message.body == b"abc" and message.trailers == [("t", "1")]


def ask(port: int, name: str) -> tuple[int, int]:
    """(rcode, answers) for the A records of `name`."""
    labels = b"".join(bytes([len(p)]) + p.encode() for p in name.split("."))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        query = b"\x12\x34" + struct.pack("!HHHHH", 0x100, 1, 0, 0, 0)
        sock.sendto(query + labels + b"\0" + struct.pack("!HH", dns.A, 1), ("127.0.0.1", port))
        number, flags, _, answers, *_ = struct.unpack("!HHHHHH", sock.recv(512)[:12])
    assert number == 0x1234
    return flags & 15, answers


def test_dns_answers_can_change():
    with dns.DnsServer({"a.test": ["127.0.0.1", "127.0.0.2", "::1"]}) as server:
        assert ask(server.port, "a.test") == (dns.NOERROR, 2)
        server.set("a.test", dns.SERVFAIL)
        assert ask(server.port, "A.test") == (dns.SERVFAIL, 0)
        assert ask(server.port, "b.test") == (dns.NXDOMAIN, 0)
        assert server.asked("a.test") == 2


def test_ports_are_free_and_given_once():
    given = [ports.free_port() for _ in range(10)]
    assert len(set(given)) == 10 and all(ports.is_free(p) for p in given)


def test_until_ends_in_time():
    with pytest.raises(wait.TimedOut, match="never"):
        wait.until(lambda: False, "never", 0.05)
