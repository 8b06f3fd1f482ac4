"""A long byte stream that is its own proof: any byte that is lost, doubled, moved or changed shows
at its position, without keeping or hashing what came."""
import random

# Not a multiple of any buffer, page or pipe size, so that a block moved by one of those is seen.
_PERIOD = (1 << 20) + 7
_BASE = random.Random(1).randbytes(_PERIOD)
_TWICE = memoryview(_BASE + _BASE)


class Wrong(AssertionError):
    pass


def piece(position: int, size: int) -> memoryview:
    """At most one period of the stream, from `position`."""
    start = position % _PERIOD
    return _TWICE[start : start + min(size, _PERIOD)]


def blocks(size: int):
    position = 0
    while position < size:
        block = piece(position, min(1 << 20, size - position))
        position += len(block)
        yield block


class Checker:
    def __init__(self) -> None:
        self.position = 0

    def feed(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while view:
            want = piece(self.position, len(view))
            got = view[: len(want)]
            if got != want:
                offset = next(i for i, (a, b) in enumerate(zip(got, want)) if a != b)
                raise Wrong(f"byte {self.position + offset} of the stream is wrong")
            self.position += len(want)
            view = view[len(want) :]
