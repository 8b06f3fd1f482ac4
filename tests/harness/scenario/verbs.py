"""What a step can say: `ACTOR VERB: ARGUMENT`. Each verb is one function here."""
import re
import shutil
import signal
import ssl
import threading

from .. import certs, http1, tls, wait
from ..conn import connect as open_connection
from ..patterns import Pattern, compare, http_lines, to_bytes
from .loader import BadScenario
from .world import World, dns_answer, make_server


def data_of(value) -> bytes:
    """Text; {repeat: text, times: n}; {hex: "00 ff"}; or a list of these, joined."""
    if isinstance(value, list):
        return b"".join(data_of(item) for item in value)
    if isinstance(value, dict):
        if set(value) == {"repeat", "times"}:
            return data_of(value["repeat"]) * int(value["times"])
        if set(value) == {"hex"}:
            return bytes.fromhex(value["hex"])
        raise BadScenario(f"not bytes: {value}")
    return to_bytes(str(value))


# Clients and connections


def connect(world: World, name: str, value) -> None:
    """PORT, or {to: PORT or ADDRESS or path, port, from, receive_buffer, tls, resume}."""
    spec = dict(value) if isinstance(value, dict) else {"to": value}
    target = spec.pop("to", "127.0.0.1")
    port = spec.pop("port", None)
    source = spec.pop("from", None)
    buffer = spec.pop("receive_buffer", None)
    tls_spec = spec.pop("tls", None)
    resume = spec.pop("resume", None)  # the name of a connection whose session is used again
    if spec:
        raise BadScenario(f"connect: unknown {sorted(spec)}")
    if target in world.scenario.ports:
        address = world.scenario.ports[target]
    elif str(target).isdigit():
        address = int(target)
    elif str(target)[0] in "./@":
        address = str(target)
        if address[0] == ".":
            address = str(world.sluice.folder / address)
    else:
        address = (str(target), world.scenario.ports.get(port, port))
    conn = open_connection(address, name, source, buffer)
    if tls_spec is not None:
        session = world.conns[resume] if resume is not None else None
        conn = tls.client(conn, world.certificates, tls_spec, session)
    world.add_conn(name, conn)


def refused(world: World, name: str, value) -> None:
    try:
        connect(world, name, value)
    except (ConnectionRefusedError, FileNotFoundError):
        return
    raise AssertionError(f"{name}: the connection was accepted; expected it to be refused")


def tls_fails(world: World, name: str, value) -> None:
    """{connect's keys, like: text in the client's error}: the handshake fails."""
    spec = dict(value)
    like = str(spec.pop("like", ""))
    try:
        connect(world, name, spec)
    except (ssl.SSLError, ConnectionResetError) as failure:
        if like not in str(failure):
            raise AssertionError(f"{name}: {failure}, expected {like!r}") from failure
        return
    raise AssertionError(f"{name}: the handshake succeeded; expected it to fail")


def _bounded(value) -> tuple[object, float]:
    """An argument {..., within: seconds} -> the argument without it, and the seconds."""
    if isinstance(value, dict) and "within" in value:
        rest = {k: v for k, v in value.items() if k != "within"}
        return rest.pop("data") if set(rest) == {"data"} else rest, float(value["within"])
    return value, 5.0


def send(conn, value) -> None:
    conn.send(data_of(value))


def send_http(conn, value) -> None:
    conn.send(http_lines(value))


def expect(conn, value) -> None:
    value, seconds = _bounded(value)
    conn.expect(Pattern(data_of(value)), seconds)


def expect_http(conn, value) -> None:
    conn.expect(Pattern(http_lines(value)))


def send_request(conn, value) -> None:
    allowed = {"method", "path", "host", "headers", "body"}
    spec = dict(value or {})
    if set(spec) - allowed:
        raise BadScenario(f"send_request: unknown {sorted(set(spec) - allowed)}")
    spec["body"] = data_of(spec.get("body", ""))
    conn.send(http1.request(**spec))


def send_response(conn, value) -> None:
    allowed = {"status", "headers", "body", "reason"}
    spec = dict(value or {})
    if set(spec) - allowed:
        raise BadScenario(f"send_response: unknown {sorted(set(spec) - allowed)}")
    spec["body"] = data_of(spec.get("body", ""))
    conn.send(http1.response(**spec))


def expect_message(conn, value) -> None:
    """Serves expect_request and expect_response."""
    value, seconds = _bounded(value or {})
    spec = dict(value)
    bodyless = spec.pop("bodyless", False)
    if "body" in spec and not isinstance(spec["body"], str):
        spec["body"] = data_of(spec["body"]).decode("latin-1")
    http1.check_message(http1.read_message(conn, bodyless, seconds), spec, conn.name)


def seconds_of(value, default: float = 5.0) -> float:
    return default if value is None else float(value)


CONN_VERBS = {
    "send": send,
    "send_http": send_http,
    "send_request": send_request,
    "send_response": send_response,
    "expect": expect,
    "expect_http": expect_http,
    "expect_request": expect_message,
    "expect_response": expect_message,
    "expect_eof": lambda conn, value: conn.expect_eof(seconds_of(value)),
    "expect_reset": lambda conn, value: conn.expect_reset(seconds_of(value)),
    "expect_closed": lambda conn, value: conn.expect_closed(seconds_of(value)),
    "expect_silence": lambda conn, value: conn.expect_silence(float(value)),
    "shutdown": lambda conn, _: conn.shutdown(),
    "close": lambda conn, _: conn.close(),
    "abort": lambda conn, _: conn.abort(),
    "expect_tls": lambda conn, value: conn.check(value),
    "expect_truncation": lambda conn, value: conn.expect_truncation(seconds_of(value)),
    "cut": lambda conn, _: conn.cut(),
}


# Backends and servers


def accept(world: World, backend, value) -> None:
    world.add_conn(str(value), backend.accept())


def accept_tls(world: World, backend, value) -> None:
    """{as: NAME, cert, ca, alpn, version}: accepts and does the server's half of the handshake."""
    spec = dict(value)
    name = str(spec.pop("as"))
    world.add_conn(name, tls.server(backend.accept(), tls.context(True, world.certificates, spec)))


BACKEND_VERBS = {
    "accept": accept,
    "accept_tls": accept_tls,
    "refuse": lambda world, backend, _: backend.close(),
    "listen": lambda world, backend, _: backend.open(),
    "idle": lambda world, backend, _: backend.expect_no_connection(),
}


def served(world: World, server, value) -> None:
    wait.until(
        lambda: compare(len(server.requests), value),
        lambda: f"{server.name} served {len(server.requests)} requests, expected {value}",
    )


def answers(world: World, server, value) -> None:
    for name, answer in value.items():
        server.set(name, dns_answer(answer))


def asked(world: World, server, value) -> None:
    for name, count in value.items():
        wait.until(lambda: compare(server.asked(name), count), f"{name} was asked {count} times")


def start_again(world: World, server, _) -> None:
    spec = world.scenario.get("servers")[server.name]
    world.servers[server.name] = make_server(server.name, world.scenario.fill(spec), server.port)


SERVER_VERBS = {
    "served": served,
    "answers": answers,
    "asked": asked,
    "stop": lambda world, server, _: server.close(),
    "start": start_again,
    "behave": lambda world, server, value: server.behave(**value),
}


# sluice itself


def check_admin(world: World, method: str, path: str, value) -> None:
    """{status (200), body, contains: [...], absent: [...], headers: {...}, json: {path: value}}."""
    spec = dict(value or {})
    status = spec.pop("status", 200)
    reply = world.sluice.admin.request(method, path)
    what = f"admin {method} {path}"
    if reply.status != status:
        raise AssertionError(f"{what}: {reply.status}, expected {status}\n{reply.body}")
    if "body" in spec and not Pattern(spec.pop("body")).matches(reply.body):
        raise AssertionError(f"{what}: the body is\n{reply.body}")
    for text in spec.pop("contains", []):
        if not Pattern(str(text)).found_in(reply.body):
            raise AssertionError(f"{what}: {text!r} is not in\n{reply.body}")
    for text in spec.pop("absent", []):
        if Pattern(str(text)).found_in(reply.body):
            raise AssertionError(f"{what}: {text!r} is in\n{reply.body}")
    for name, text in spec.pop("headers", {}).items():
        actual = reply.headers.get(name.lower())
        if actual is None or not Pattern(str(text)).matches(actual):
            raise AssertionError(f"{what}: header {name} is {actual!r}, expected {text!r}")
    for where, wanted in spec.pop("json", {}).items():
        actual = dig(reply.json(), where)
        if not (actual == wanted or (isinstance(wanted, str) and compare(actual, wanted))):
            raise AssertionError(f"{what}: {where} is {actual!r}, expected {wanted!r}")
    if spec:
        raise BadScenario(f"admin: unknown {sorted(spec)}")


def dig(value, where: str):
    """`a.b.0.c` in decoded JSON; None where there is nothing."""
    for key in where.split("."):
        if isinstance(value, list):
            value = value[int(key)] if key.isdigit() and int(key) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(key)
        else:
            return None
    return value


def expect_file(world: World, value) -> None:
    """{path, lines: [...]}: the whole file, line by line with holes, as soon as it is so.
    {path, has: [...]}: it comes to have these lines."""
    path = world.sluice.folder / value["path"]
    wanted = [Pattern(str(line)) for line in value.get("lines", value.get("has"))]

    def right() -> bool:
        if not path.exists():
            return False  # also when `lines` is empty: a log that is to be reopened must be there
        lines = path.read_text().splitlines()
        if "has" in value:
            return all(any(p.matches(line) for line in lines) for p in wanted)
        return len(lines) == len(wanted) and all(p.matches(a) for p, a in zip(wanted, lines))

    wait.until(right, lambda: f"{path.name} is\n{path.read_text() if path.exists() else 'missing'}")


def rename_file(world: World, value) -> None:
    (world.sluice.folder / value["from"]).rename(world.sluice.folder / value["to"])


def write_file(world: World, value) -> None:
    """{path, text}: a new file takes its place, as an editor or Kubernetes would have it."""
    path = world.sluice.folder / value["path"]
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(value["text"])
    fresh.rename(path)


def reissue(world: World, value) -> None:
    """NAME: {fields of a certificate}: NAME.pem and NAME.key are replaced, the key first."""
    ((name, spec),) = value.items()
    spec = dict(spec or {})
    certs.make(world.certificates, name, spec.pop("issuer", "ca"), **spec)
    for end in (".key", ".pem"):
        path = world.sluice.folder / (name + end)
        shutil.copy(world.certificates / (name + end), str(path) + ".new")
        (path.parent / (path.name + ".new")).rename(path)


def parallel(world: World, value) -> None:
    """Each list of steps in a thread of its own; ends when all have."""
    failures: list[BaseException] = []

    def branch(steps) -> None:
        try:
            run_steps(world, steps)
        except BaseException as failure:  # pylint: disable=broad-except
            failures.append(failure)

    threads = [threading.Thread(target=branch, args=(steps,)) for steps in value]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def repeat(world: World, value) -> None:
    for _ in range(int(value["times"])):
        run_steps(world, value["steps"])


def load(world: World, value) -> None:
    """{requests, statuses: {200: 90, 503: "<= 10"}, port, path}: one connection after the other."""
    spec = dict(value)
    port, path = spec.pop("port", "front"), spec.pop("path", "/")
    wanted = spec.pop("statuses")
    seen: dict[int, int] = {}
    for _ in range(int(spec.pop("requests"))):
        conn = open_connection(world.scenario.ports[port], "load", None, None)
        conn.send(http1.request("GET", path, "test", {"connection": "close"}))
        status = http1.read_message(conn, seconds=30).status
        conn.close()
        seen[status] = seen.get(status, 0) + 1
    if spec:
        raise BadScenario(f"load: unknown {sorted(spec)}")
    right = all(compare(seen.get(int(s), 0), n) for s, n in wanted.items())
    if not right or not set(seen) <= {int(s) for s in wanted}:
        raise AssertionError(f"load: {seen}, expected {wanted}")


def expect_exit(world: World, value) -> None:
    code = world.sluice.wait_exit()
    if code != value:
        raise AssertionError(f"sluice exited with {code}, expected {value}\n{world.sluice.log()}")


WORLD_VERBS = {
    "signal": lambda world, value: world.sluice.signal(getattr(signal, f"SIG{value}")),
    "exit": expect_exit,
    "stats": lambda world, value: world.sluice.admin.wait_stats(value),
    "log": lambda world, value: world.sluice.wait_log(value),
    "file": expect_file,
    "rename": rename_file,
    "write": write_file,
    "reissue": reissue,
    "no_open_connections": lambda world, value: world.sluice.expect_fds(world.fds_at_start),
    "parallel": parallel,
    "repeat": repeat,
    "load": load,
}


def run_step(world: World, step: dict) -> None:
    if not isinstance(step, dict) or len(step) != 1:
        raise BadScenario(f"a step is one `actor verb: argument`: {step}")
    ((key, value),) = step.items()
    words = str(key).split()
    if len(words) == 1 and words[0] in WORLD_VERBS:
        return WORLD_VERBS[words[0]](world, value)
    if len(words) == 3 and words[0] == "admin":
        return check_admin(world, words[1], words[2], value)
    if len(words) != 2:
        raise BadScenario(f"no such step: {key}")
    name, verb = words
    opening = {"connect": connect, "refused": refused, "tls_fails": tls_fails}
    if verb in opening:
        return opening[verb](world, name, value)
    for actors, verbs in ((world.backends, BACKEND_VERBS), (world.servers, SERVER_VERBS)):
        if name in actors:
            if verb not in verbs:
                raise BadScenario(f"{key}: {name} can {', '.join(verbs)}")
            return verbs[verb](world, actors[name], value)
    if name not in world.conns:
        raise BadScenario(f"{key}: nobody is called {name}")
    if verb not in CONN_VERBS:
        raise BadScenario(f"{key}: a connection can {', '.join(CONN_VERBS)}")
    return CONN_VERBS[verb](world.conns[name], value)


def run_steps(world: World, steps: list) -> None:
    for number, step in enumerate(steps, 1):
        try:
            run_step(world, step)
        except (AssertionError, OSError, ValueError, TypeError, KeyError) as failure:
            words = re.sub(r"\s+", " ", str(step))[:200]
            raise AssertionError(f"step {number} {words}\n{failure!s}") from failure
