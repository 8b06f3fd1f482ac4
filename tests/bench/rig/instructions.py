"""Counts instructions in user space for each unit, with callgrind: slow, blind to what caches and the
kernel cost, but the same on a busy machine as on a quiet one. For changes too small for a clock."""
import json
import pathlib
import re
import subprocess

import h2
from rounds import Bench
from scenarios import Scenario

SECONDS = 3
H2_REQUESTS = 4000


def _control(pid: int, *what: str) -> None:
    subprocess.run(["callgrind_control", *what, str(pid)], check=True, capture_output=True)


def _drive(bench: Bench, scenario: Scenario) -> int:
    if scenario.load.startswith("h2load"):
        command = h2.load(scenario, bench.at.front, H2_REQUESTS, bench.at.folder)
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        return H2_REQUESTS
    command = bench.load(scenario, f"millis={SECONDS * 1000}", "warmup=0")
    done = subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=300)
    return int(json.loads(done.stdout.splitlines()[-1])["units"])


def count(bench: Bench, proxy: str, scenario: Scenario, profile: pathlib.Path) -> float:
    """Writes the profile too, for callgrind_annotate."""
    profile.unlink(missing_ok=True)
    bench.under = ["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={profile}"]
    try:
        process = bench.start(proxy, scenario)
    finally:
        bench.under = []
    try:
        _drive(bench, scenario)  # connections to the backend, pools, tables
        _control(process.pid, "-i", "on")
        units = _drive(bench, scenario)
        _control(process.pid, "-i", "off")
        process.terminate()
        process.wait(60)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    total = re.search(r"^totals: (\d+)", profile.read_text(), re.M)
    return int(total.group(1)) / units
