#!/usr/bin/env python3
"""The services behind the proxy: HTTP on one port, gRPC (with python3-grpcio) on the next.
python3 upstream.py [PORT]

The gRPC service is example.Echo with one method, Say, whose messages are bytes; grpc_client.py calls it.
"""
import sys
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("content-length", 0))
        body = b"%s %s from upstream: %s\n" % (self.command.encode(), self.path.encode(), self.rfile.read(length))
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass


def serve_grpc(port: int) -> None:
    try:
        import grpc
    except ImportError:
        print("no python3-grpcio: HTTP only", flush=True)
        return
    say = grpc.unary_unary_rpc_method_handler(lambda request, _: b"said " + request)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("example.Echo", {"Say": say}),))
    server.add_insecure_port(f"[::]:{port}")
    server.start()
    print(f"gRPC on port {port}", flush=True)
    threading.Thread(target=server.wait_for_termination, daemon=True).start()


if __name__ == "__main__":
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 9200
    serve_grpc(first + 1)
    http = ThreadingHTTPServer(("", first), Handler)
    print(f"HTTP on port {http.server_address[1]}", flush=True)
    http.serve_forever()
