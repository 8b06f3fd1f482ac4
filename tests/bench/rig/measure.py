"""Reading what the kernel knows: CPU of a process' tasks, of cores, memory, system calls."""
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from harness import wait  # noqa: E402

TICK = 1.0 / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The process and all below it."""
    out = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        children = (task / "children").read_text().split() if (task / "children").exists() else []
        for child in children:
            out += family(int(child))
    return out


def alive(pid: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def cpu_seconds(pids: list[int]) -> float:
    """Of all tasks; by schedstat, which counts nanoseconds, else by ticks."""
    total = 0.0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0]) * 1e-9
            except OSError:
                fields = (task / "stat").read_text().rpartition(")")[2].split()
                total += (int(fields[11]) + int(fields[12])) * TICK
    return total


def memory_kib(pids: list[int], field: str) -> int:
    total = 0
    for pid in pids:
        found = re.search(rf"^{field}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)
        total += int(found.group(1)) if found else 0
    return total


def idle_kib(pids: list[int], still: float = 2.5) -> int:
    """RSS once it has not changed for a while: what an idle connection leads to may come seconds later."""
    last, since = memory_kib(pids, "VmRSS"), time.monotonic()

    def settled() -> bool:
        nonlocal last, since
        now = memory_kib(pids, "VmRSS")
        if now != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since >= still

    wait.until(settled, "the proxy's memory keeps still", 20, interval=0.1)
    return last


@dataclasses.dataclass
class Cores:
    """Busy and stolen seconds of each core since the start of the machine."""

    busy: dict[int, float]
    stolen: dict[int, float]

    @staticmethod
    def now() -> "Cores":
        busy, stolen = {}, {}
        for line in pathlib.Path("/proc/stat").read_text().splitlines():
            if match := re.match(r"cpu(\d+) (.*)", line):
                user, nice, system, _, _, irq, soft, steal = map(int, match.group(2).split()[:8])
                core = int(match.group(1))
                busy[core] = (user + nice + system + irq + soft) * TICK
                stolen[core] = steal * TICK
        return Cores(busy, stolen)


class Syscalls:
    """Counts the system calls of processes while it is open: by perf where tracepoints work, else by
    strace, which slows them down, so that it is never on while time is measured."""

    def __init__(self, pids: list[int]) -> None:
        self.count = 0
        names = ",".join(map(str, pids))
        if shutil.which("perf") and perf_works():
            self.kind = "perf"
            command = ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "-p", names]
        else:
            self.kind = "strace"
            command = ["strace", "-f", "-c", "-q", *(f"-p{pid}" for pid in pids)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.pid = pids[0]

    def attached(self) -> bool:
        if self.kind == "strace":
            return "TracerPid:\t0" not in pathlib.Path(f"/proc/{self.pid}/status").read_text()
        try:
            open_files = [os.readlink(f) for f in pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()]
        except OSError:  # one was closed meanwhile
            return False
        return any("perf_event" in name for name in open_files)

    def close(self) -> int:
        self.process.send_signal(2)
        _, text = self.process.communicate(timeout=20)
        if self.kind == "perf":
            found = re.search(r"^(\d+),[^,]*,raw_syscalls", text, re.M)
        else:
            found = re.search(r"^100\.00\s+[\d.]+\s+\d*\s+(\d+)", text, re.M)
        return int(found.group(1)) if found else 0


_perf_works: bool | None = None


def perf_works() -> bool:
    global _perf_works
    if _perf_works is None:
        command = ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "true"]
        done = subprocess.run(command, capture_output=True, text=True)
        _perf_works = bool(re.search(r"^\d+,", done.stderr, re.M))
    return _perf_works
