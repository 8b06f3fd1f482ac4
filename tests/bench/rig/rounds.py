"""Runs one proxy through one round of one scenario."""
import dataclasses
import json
import os
import pathlib
import shlex
import socket
import subprocess
import sys

import h2
import measure
import proxies
from scenarios import Scenario

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from harness import wait  # noqa: E402

PROXY_CORE, LOAD_CORE = 0, 1


@dataclasses.dataclass
class Round:
    cpu: float  # per unit, in the scenario's unit; KiB for idle scenarios
    throughput: float = 0
    p50: float = 0
    p99: float = 0
    p999: float = 0
    rss_mib: float = 0
    syscalls: float | None = None
    errors: int = 0
    warnings: list[str] = dataclasses.field(default_factory=list)


def pinned(command: list[str], core: int | None, **kwargs) -> subprocess.Popen:
    prefix = ["taskset", "-c", str(core)] if core is not None else []
    return subprocess.Popen(prefix + command, stdin=kwargs.pop("stdin", subprocess.DEVNULL), **kwargs)


def listening(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


class Bench:
    def __init__(self, at: proxies.Setting) -> None:
        self.at = at
        self.backend: subprocess.Popen | None = None
        self.h2_backend: subprocess.Popen | None = None
        self.under: list[str] = []  # a tool and its options, that the proxy is started by
        self.gently = False  # ask it to end, rather than kill it

    def start_backend(self) -> None:
        ports = [f"{kind}={port}" for kind, port in self.at.backend.items() if kind != "h2"]
        self.backend = pinned([str(self.at.rig / "rig_backend"), *ports], LOAD_CORE)
        self.await_port(self.backend, self.at.backend["http"], "the backend")
        self.h2_backend = pinned(h2.backend(self.at.folder, self.at.backend["h2"]), LOAD_CORE)
        self.await_port(self.h2_backend, self.at.backend["h2"], "nghttpd")

    def stop_backend(self) -> None:
        for process in (self.backend, self.h2_backend):
            if process:
                process.kill()
                process.wait()

    @staticmethod
    def await_port(process: subprocess.Popen, port: int, who: str) -> None:
        def up() -> bool:
            if process.poll() is not None:
                raise SystemExit(f"{who} has ended: {process.returncode}")
            return listening(port)

        wait.until(up, f"{who} listens", 20)

    def start(self, proxy: str, scenario: Scenario) -> subprocess.Popen:
        core = PROXY_CORE if scenario.workers == 1 else None
        log = open(self.at.folder / f"{proxy}.log", "w")
        process = pinned(self.under + proxies.command(proxy, scenario, self.at), core, stdout=log, stderr=log)
        try:
            self.await_port(process, self.at.front, proxy)
        except SystemExit as error:
            raise SystemExit(f"{error}\n{(self.at.folder / f'{proxy}.log').read_text()[-2000:]}")
        return process

    def stop(self, process: subprocess.Popen) -> None:
        if self.gently:
            process.terminate()
            process.wait(60)
            return
        pids = measure.family(process.pid)
        for pid in pids:  # parents first: a master would start its workers again
            os.kill(pid, 9)
        process.wait()
        # Workers are not our children, and hold the port until they are really gone.
        wait.until(lambda: not any(measure.alive(pid) for pid in pids), "all its processes are gone", 10)

    def load(self, scenario: Scenario, *more: str) -> list[str]:
        tls = ["tls=1"] if scenario.tls else []
        return [str(self.at.rig / "rig_load"), *shlex.split(scenario.load), f"port={self.at.front}", *tls, *more]

    def check(self, proxy: str, scenario: Scenario) -> None:
        """Before anything is measured: are the bytes right?"""
        process = self.start(proxy, scenario)
        try:
            if scenario.load.startswith("h2load"):
                return h2.check(scenario, self.at.front, f"{scenario.name}: {proxy}")
            options = ["check=200", "hold=0"]
            if "post=" in scenario.load:
                options.append("target=/sum")
            if scenario.idle:
                options.append("connections=8")
            done = subprocess.run(self.load(scenario, *options), capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(f"{scenario.name}: {proxy} sends wrong bytes: {done.stderr}")
        finally:
            self.stop(process)

    def idle_h2(self, proxy: str, scenario: Scenario) -> Round:
        process = self.start(proxy, scenario)
        try:
            pids = measure.family(process.pid)
            some = h2.hold(self.at.front, 8)
            before = measure.memory_kib(pids, "VmRSS")
            many = h2.hold(self.at.front, scenario.idle)
            after = measure.idle_kib(pids)
            for sock in some + many:
                sock.close()
            return Round(cpu=(after - before) / scenario.idle, rss_mib=after / 1024)
        finally:
            self.stop(process)

    def drive_h2(self, process: subprocess.Popen, scenario: Scenario, units: int) -> Round:
        pids = measure.family(process.pid)
        cores, cpu = measure.Cores.now(), measure.cpu_seconds(pids)
        command = h2.load(scenario, self.at.front, units, self.at.folder)
        done = pinned(command, LOAD_CORE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        output, _ = done.communicate()
        cpu = measure.cpu_seconds(pids) - cpu
        after = measure.Cores.now()
        result = h2.result(output, units, self.at.folder)
        out = Round(cpu=cpu / units * scenario.scale, throughput=units / result.seconds, p50=result.p50,
                    p99=result.p99, p999=result.p999, rss_mib=measure.memory_kib(pids, "VmHWM") / 1024)
        out.warnings = warnings(cores, after, cpu, result.seconds, paced=False)
        return out

    def idle(self, proxy: str, scenario: Scenario) -> Round:
        if scenario.load.startswith("h2load"):
            return self.idle_h2(proxy, scenario)
        process = self.start(proxy, scenario)
        load = None
        try:
            warm = self.load(scenario, "hold=0", "connections=8", "check=100")
            subprocess.run(warm, check=True, stdout=subprocess.DEVNULL)
            pids = measure.family(process.pid)
            before = measure.memory_kib(pids, "VmRSS")
            load = pinned(self.load(scenario), LOAD_CORE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            assert load.stdout.readline().strip() == "start"
            after = measure.idle_kib(pids)
            return Round(cpu=(after - before) / scenario.idle, rss_mib=after / 1024)
        finally:
            if load:
                load.stdin.close()
                load.wait()
            self.stop(process)

    def once(self, proxy: str, scenario: Scenario, seconds: float, rate: float = 0) -> Round:
        if scenario.idle:
            return self.idle(proxy, scenario)
        process = self.start(proxy, scenario)
        try:
            if scenario.load.startswith("h2load"):
                return self.drive_h2(process, scenario, int(seconds * scenario.units_a_second))
            return self.drive(process, scenario, seconds, rate)
        finally:
            self.stop(process)

    def drive(self, process: subprocess.Popen, scenario: Scenario, seconds: float, rate: float) -> Round:
        pids = measure.family(process.pid)
        options = [f"millis={int(seconds * 1000)}", f"rate={int(rate)}"]
        load = pinned(self.load(scenario, *options), LOAD_CORE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            if load.stdout.readline().strip() != "start":
                raise SystemExit(f"{scenario.name}: the load generator gave up")
            cores, cpu = measure.Cores.now(), measure.cpu_seconds(pids)
            line = load.stdout.readline()
            cpu = measure.cpu_seconds(pids) - cpu
            after = measure.Cores.now()
            if not line:
                raise SystemExit(f"{scenario.name}: the load generator gave up")
        finally:
            load.stdin.close()
            load.wait()
        result = json.loads(line)
        if not result["units"]:
            raise SystemExit(f"{scenario.name}: not one unit was done")
        out = Round(cpu=cpu / result["units"] * scenario.scale, throughput=result["units"] / result["seconds"],
                    p50=result["p50"], p99=result["p99"], p999=result["p999"], errors=int(result["errors"]),
                    rss_mib=measure.memory_kib(pids, "VmHWM") / 1024)
        if scenario.workers == 1:
            out.warnings = warnings(cores, after, cpu, result["seconds"], paced=rate > 0)
        if "resume=1" in scenario.load and result["resumed"] < 0.95 * result["units"]:
            out.warnings.append(f"only {result['resumed'] / result['units']:.0%} of sessions were resumed")
        if out.errors:
            out.warnings.append(f"{out.errors} errors")
        return out

    def syscalls(self, proxy: str, scenario: Scenario, seconds: float = 0.5) -> float | None:
        if scenario.idle:
            return None
        process = self.start(proxy, scenario)
        try:
            # The whole run is counted, the connects included, so the result is a little too high.
            counter = measure.Syscalls(measure.family(process.pid))
            wait.until(counter.attached, "the counter is attached", 10)
            if scenario.load.startswith("h2load"):
                units = int(seconds * scenario.units_a_second)
                self.drive_h2(process, scenario, units)
                return counter.close() / units
            options = [f"millis={int(seconds * 1000)}", "warmup=0"]
            load = pinned(self.load(scenario, *options), LOAD_CORE, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True)
            load.stdout.readline()
            units = json.loads(load.stdout.readline())
            count = counter.close()
            load.stdin.close()
            load.wait()
            return count / units["units"] if units["units"] else None
        finally:
            self.stop(process)


def warnings(before: measure.Cores, after: measure.Cores, cpu: float, seconds: float, paced: bool) -> list[str]:
    def grown(what: str, core: int) -> float:
        return getattr(after, what)[core] - getattr(before, what)[core]

    out = []
    if not paced and cpu / seconds < 0.9 and grown("busy", LOAD_CORE) / seconds > 0.93:
        out.append(f"the generator was the limit (the proxy used {cpu / seconds:.0%} of its core)")
    others = (grown("busy", PROXY_CORE) - cpu) / seconds
    if others > 0.08:
        out.append(f"a neighbour took {others:.0%} of the proxy's core")
    stolen = max(grown("stolen", PROXY_CORE), grown("stolen", LOAD_CORE)) / seconds
    if stolen > 0.03:
        out.append(f"the host took {stolen:.0%} of a core")
    return out
