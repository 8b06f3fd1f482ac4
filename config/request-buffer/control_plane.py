#!/usr/bin/env python3
"""A control plane to try request buffering with: python3 control_plane.py [PORT] [WAKE_SECONDS]

    GET  /                               the hosts that are scaled to zero, as a JSON list
    POST /set-scaled-to-zero?host=HOST   puts a host to sleep
    POST /poke-scale-up?host=HOST        wakes it, which takes WAKE_SECONDS
"""
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

asleep: set[str] = set()
waking: set[str] = set()
wake_seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 3.0


def wake(host: str) -> None:
    asleep.discard(host)
    waking.discard(host)
    print(f"{host} is awake", flush=True)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200, json.dumps(sorted(asleep)))

    def do_POST(self):
        url = urlsplit(self.path)
        host = parse_qs(url.query).get("host", [""])[0]
        if not host:
            return self.answer(400, "host is missing\n")
        if url.path == "/set-scaled-to-zero":
            asleep.add(host)
        elif url.path == "/poke-scale-up":
            if host in asleep and host not in waking:
                waking.add(host)
                print(f"{host} is asked for", flush=True)
                threading.Timer(wake_seconds, wake, [host]).start()
        else:
            return self.answer(404, "no such path\n")
        return self.answer(200, "ok\n")

    def answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9100
    server = ThreadingHTTPServer(("", port), Handler)
    print(f"control plane on port {server.server_address[1]}", flush=True)
    server.serve_forever()
