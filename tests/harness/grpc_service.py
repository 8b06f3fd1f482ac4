"""gRPC services for tests: python3-grpcio answers, and python3-protobuf reads and writes the messages, by
definitions made from tables of numbers."""
import concurrent.futures
import contextlib
import queue

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2  # noqa: F401: it is in the pool

from harness import wait

SECONDS = 20 * wait.SCALE


def messages(package: str, table: dict) -> dict:
    """Classes from {message: {field: (number, type)}}. A type is a scalar's name, a message of the table, or
    ".full.Name"; a "*" behind it means repeated; map<string, string> is "map", with a message Pair of the table."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3",
                                              dependency=["google/protobuf/struct.proto"])
    for name, fields in table.items():
        message = file.message_type.add(name=name)
        for field_name, (number, kind) in fields.items():
            many = kind == "map" or kind.endswith("*")
            field = message.field.add(name=field_name, number=number, label=3 if many else 1)
            kind = kind.rstrip("*")
            if kind == "map":
                field.type, field.type_name = 11, f".{package}.Pair"  # the same on the wire
            elif kind[0].isupper() or kind[0] == ".":
                field.type, field.type_name = 11, kind if kind[0] == "." else f".{package}.{kind}"
            else:
                field.type = getattr(field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.Default()
    pool.Add(file) if hasattr(pool, "Add") else pool.AddSerializedFile(file.SerializeToString())
    # The second one is what versions before 4.22 have.
    made = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
    return {name: made(pool.FindMessageTypeByName(f"{package}.{name}")) for name in table}


class Unary(grpc.GenericRpcHandler):
    """Answers at `path` what `answer(request, context)` makes of a request, a message or bytes; keeps the requests."""

    def __init__(self, path, request_class, answer):
        self.path, self.request_class, self.answer, self.requests = path, request_class, answer, queue.Queue()

    def service(self, details):
        if details.method != self.path:
            return None
        return grpc.unary_unary_rpc_method_handler(self.call, self.request_class.FromString, lambda data: data)

    def call(self, request, context):
        self.requests.put((request, dict(context.invocation_metadata())))
        answer = self.answer(request, context)
        return answer if isinstance(answer, bytes) else answer.SerializeToString()

    def next(self):
        return self.requests.get(timeout=SECONDS)


@contextlib.contextmanager
def serve(handler, threads=8):
    """The handler, with `port` set, while it serves."""
    made = grpc.server(concurrent.futures.ThreadPoolExecutor(threads), handlers=[handler])
    handler.port = made.add_insecure_port("127.0.0.1:0")
    made.start()
    try:
        yield handler
    finally:
        made.stop(0).wait()


class Streams(grpc.GenericRpcHandler):
    """Runs `talk(requests, context)`, a generator of messages or bytes, for each stream at `path`; keeps the requests
    and, as None, the ends of streams."""

    def __init__(self, path, request_class, talk):
        self.path, self.request_class, self.talk, self.requests = path, request_class, talk, queue.Queue()
        self.metadata = queue.Queue()

    def service(self, details):
        if details.method != self.path:
            return None
        return grpc.stream_stream_rpc_method_handler(self.call, self.request_class.FromString, lambda data: data)

    def call(self, requests, context):
        self.metadata.put(dict(context.invocation_metadata()))
        for answer in self.talk(self._kept(requests), context):
            yield answer if isinstance(answer, bytes) else answer.SerializeToString()

    def _kept(self, requests):
        try:
            for request in requests:
                self.requests.put(request)
                yield request
        except grpc.RpcError:
            pass  # the other side has gone
        finally:
            self.requests.put(None)

    def next(self):
        return self.requests.get(timeout=SECONDS)
