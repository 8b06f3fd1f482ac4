"""What is measured. A scenario names the load, how the proxies are set up for it, who takes part, and
the targets that docs/performance.md reports against."""
import dataclasses

ALL = ("floor", "sluice", "haproxy", "nginx", "nghttpx")
HTTP = ALL
PEERS = ("sluice", "haproxy", "nginx", "nghttpx")
TCP = ("floor", "floor-splice", "sluice", "sluice-copy", "haproxy", "haproxy-splice", "nginx")


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    what: str
    unit: str  # "us a request": CPU per unit is printed in it
    load: str  # options of rig_load, or of h2load when it begins with that word
    scale: float = 1e6  # seconds of CPU per unit -> unit
    mode: str = "http"  # what the backend is: http, echo, source, h2
    who: tuple[str, ...] = HTTP
    routes: int = 0
    clusters: int = 1
    sluice: str = ""  # what is switched on in sluice: "log", "filters", "copy" (no splice)
    against: str = ""  # this variant of sluice beside the plain one, in the same rounds
    plus_max: float | None = None  # what it may add, in the scenario's unit
    tls: bool = False
    front_h2: bool = False
    back_h2: bool = False
    idle: int = 0  # connections to hold: memory is what is measured
    rate_of: str = ""  # paced at 70 % of this scenario's slowest throughput
    workers: int = 1
    units_a_second: int = 20000  # h2load: how many requests make about a second
    floor_max: float | None = None
    peer_max: float | None = None


US = "us a request"
SCENARIOS = [
    Scenario("h1", "small keep-alive, 64 connections", US, "kind=http connections=64",
             floor_max=1.12, peer_max=0.87),
    Scenario("h1-one", "small keep-alive, 1 connection", US, "kind=http connections=1",
             floor_max=1.12, peer_max=0.87),
    Scenario("h1-1m", "1 MiB responses, 16 connections", "us a response",
             "kind=http connections=16 target=/1m", who=("floor", "floor-splice", "sluice", "sluice-copy",
             "haproxy", "haproxy-splice", "nginx", "nghttpx"), floor_max=1.05, peer_max=1.0),
    Scenario("h1-post", "64 KiB POSTs, 32 connections", US, "kind=http connections=32 post=65536",
             who=("floor", "floor-splice", "sluice", "sluice-copy", "haproxy", "nginx", "nghttpx"),
             floor_max=1.25, peer_max=0.8),
    Scenario("h1-new", "a connection for each request, 32 at once", US,
             "kind=http connections=32 fresh=1", floor_max=1.0, peer_max=1.0),
    Scenario("tcp-bulk", "TCP bulk, 4 connections", "s a GB", "kind=bulk connections=4", scale=1,
             mode="source", who=TCP, floor_max=1.0, peer_max=1.0),
    Scenario("tcp", "TCP round trips of 100 bytes, 64 connections", "us a round trip",
             "kind=echo connections=64 size=100", mode="echo",
             who=("floor", "sluice", "haproxy", "nginx"), floor_max=1.03, peer_max=0.97),
    Scenario("ws", "WebSocket messages of 100 bytes, 64 connections", "us a message",
             "kind=echo connections=64 size=100 ws=1", floor_max=1.02, peer_max=1.0),
    *(Scenario(f"routes-{n}", f"small keep-alive, {n} routes", US,
               f"kind=http connections=64 paths={n}", routes=n, floor_max=1.12, peer_max=0.87)
      for n in (10, 100, 1000, 10000)),
    # Without nghttpx, which makes one pool of all backends that have the same address.
    *(Scenario(f"clusters-{n}", f"small keep-alive, {n} clusters", US,
               f"kind=http connections=64 paths={n} warmup=1500", who=ALL[:-1], routes=n, clusters=n,
               floor_max=1.12, peer_max=0.87) for n in (10, 100, 1000)),
    Scenario("idle", "5,000 idle connections", "KiB of RSS each", "kind=http connections=5000 hold=1",
             idle=5000, peer_max=0.6),
    Scenario("h1-log", "small keep-alive, default access log", US, "kind=http connections=64",
             who=("floor", "sluice", "sluice-log"), against="sluice-log", plus_max=1.0),
    Scenario("h1-filters", "small keep-alive, local_ratelimit + cors + header_mutation", US,
             "kind=http connections=64", who=("floor", "sluice", "sluice-filters"),
             against="sluice-filters"),
    Scenario("wasm", "small keep-alive, a header added by header_mutation, by a Wasm module", US,
             "kind=http connections=64", who=("sluice", "sluice-native", "sluice-wasm"),
             against="sluice-wasm", plus_max=3.0),
    Scenario("h1-paced", "small, 64 connections, 70 % of the slowest's throughput", US,
             "kind=http connections=64", rate_of="h1"),
    Scenario("h1-two", "small keep-alive, two workers", US, "kind=http connections=64", workers=2,
             who=("floor", "sluice-one", "sluice", "haproxy", "nginx"), against="sluice-one"),
    Scenario("tls", "TLS, small keep-alive, 64 connections", US, "kind=http connections=64", tls=True,
             floor_max=1.2, peer_max=0.87),
    Scenario("tls-1m", "TLS, 1 MiB responses, 16 connections", "us a response",
             "kind=http connections=16 target=/1m", tls=True, peer_max=1.0),
    Scenario("tls-full", "full handshakes, ECDSA P-256, a request on each", "us a handshake",
             "kind=http connections=16 fresh=1", tls=True, floor_max=1.1, peer_max=0.92),
    Scenario("tls-resumed", "resumed handshakes, a request on each", "us a handshake",
             "kind=http connections=16 fresh=1 resume=1", tls=True),
    Scenario("idle-tls", "2,000 idle TLS connections", "KiB of RSS each",
             "kind=http connections=2000 hold=1", idle=2000, tls=True),
    Scenario("h2c-h1", "h2 without TLS to h1, 16 connections x 10 streams", US, "h2load -c 16 -m 10",
             front_h2=True, who=PEERS, peer_max=0.8),
    Scenario("h2tls-h1", "h2 over TLS to h1, 16 connections x 10 streams", US, "h2load -c 16 -m 10",
             front_h2=True, tls=True, who=PEERS),
    Scenario("h2-h2", "h2 to h2 without TLS, 16 connections x 10 streams", US, "h2load -c 16 -m 10",
             mode="h2", front_h2=True, back_h2=True, units_a_second=40000,
             who=("floor", "sluice", "haproxy", "nghttpx"), peer_max=0.7),
    Scenario("grpc", "gRPC unary, h2 to h2, 16 connections x 10 streams", US,
             "h2load -c 16 -m 10 grpc", mode="h2", front_h2=True, back_h2=True,
             who=("floor", "sluice", "haproxy", "nghttpx")),
    Scenario("idle-h2", "2,000 idle h2 connections", "KiB of RSS each", "h2load", idle=2000,
             front_h2=True, who=PEERS),
]


def named(names: str) -> list[Scenario]:
    if not names:
        return SCENARIOS
    by_name = {s.name: s for s in SCENARIOS}
    unknown = [n for n in names.split(",") if n not in by_name]
    if unknown:
        raise SystemExit(f"no scenario {', '.join(unknown)}; there are {', '.join(by_name)}")
    return [by_name[n] for n in names.split(",")]
