"""Waiting with a deadline. The only place of the tests that lets time pass on purpose."""
import os
import select
import time

# Sanitized builds are several times slower: SLUICE_TIME_SCALE stretches every deadline.
SCALE = float(os.environ.get("SLUICE_TIME_SCALE", "1"))


class TimedOut(AssertionError):
    pass


def deadline(seconds: float) -> float:
    return time.monotonic() + seconds * SCALE


def left(until: float) -> float:
    return max(0.0, until - time.monotonic())


def ready(sock, seconds: float, read: bool = True, write: bool = False) -> tuple[bool, bool]:
    """Whether it can be read and written; not select(), which takes no descriptor above 1023."""
    poll = select.poll()
    poll.register(sock, (select.POLLIN if read else 0) | (select.POLLOUT if write else 0))
    events = sum(event for _, event in poll.poll(seconds * 1000))
    over = bool(events & ~(select.POLLIN | select.POLLOUT))
    return read and bool(events & select.POLLIN or over), write and bool(events & select.POLLOUT or over)


def until(condition, what: str, seconds: float = 5.0, interval: float = 0.002):
    """Calls `condition` until it returns something true, and returns that."""
    end = deadline(seconds)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise TimedOut(f"not within {seconds * SCALE:g} s: {what() if callable(what) else what}")
        time.sleep(interval)
        interval = min(interval * 1.5, 0.05)
