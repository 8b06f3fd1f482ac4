"""The rig: sluice beside haproxy, nginx, nghttpx and a bare relay, on the same load, in turns.

    scripts/bench [NAME...] [--scenario NAMES] [--rounds N] [--seconds S] [--proxies NAMES] [--json FILE]
    scripts/bench --instructions FOLDER [NAME...]
    scripts/bench --smoke | --list

Proxy on core 0, load generator and backend on core 1. Bytes are checked before anything is measured.
CPU per unit is what the proxy's tasks have used; ratios are formed within each round, and printed as
median (lowest to highest). Below 5 % nothing is told apart."""
import argparse
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time

import instructions
import proxies
import report
import scenarios
from rounds import Bench

ROOT = pathlib.Path(__file__).resolve().parents[3]
from harness import ports  # noqa: E402  (proxies put the tests' folder on the path)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="scenarios")
    parser.add_argument("--scenario", default="", help="comma-separated; default: all (--list shows them)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--proxies", default="", help="comma-separated; default: all of a scenario's")
    parser.add_argument("--json", default="", help="write every round to this file")
    parser.add_argument("--markdown", action="store_true", help="print a table at the end")
    parser.add_argument("--instructions", default="", metavar="FOLDER",
                        help="count sluice's instructions in user space instead, leave profiles there")
    parser.add_argument("--train", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--smoke", action="store_true", help="does the rig work? a few seconds")
    parser.add_argument("--list", action="store_true", help="the scenarios")
    parser.add_argument("--sluice", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rig", required=True, help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.scenario = ",".join(filter(None, [args.scenario, *args.names]))
    if args.smoke:
        args.scenario = args.scenario or "h1,h1-1m,h1-post,h1-new,tcp,ws"
        args.proxies = args.proxies or "floor,sluice,haproxy"
        args.rounds, args.seconds = 1, 0.1
    return args


def machine(sluice: str) -> dict:
    model = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    describe = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    commit = subprocess.run(describe, capture_output=True, text=True) if shutil.which("git") else None
    versions = {}
    for name, flag in (("haproxy", "-v"), ("nginx", "-v"), ("nghttpx", "-v")):
        done = subprocess.run([name, flag], capture_output=True, text=True)
        found = re.search(r"\d+\.\d+[\w.+~-]*", done.stdout + done.stderr)
        versions[name] = found.group(0) if found else "?"
    return {
        "cpu": model.group(1) if model else platform.machine(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "date": time.strftime("%Y-%m-%d"),
        "commit": commit.stdout.strip() if commit else "?",
        "sluice": sluice,
        **versions,
    }


def certify(at: proxies.Setting) -> None:
    folder = at.folder / "tls"  # of its own: sluice looks at its files when anything changes beside them
    folder.mkdir()
    at.certificate, at.key = str(folder / "cert.pem"), str(folder / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
               "-nodes", "-days", "2", "-subj", "/CN=bench.test", "-addext", "subjectAltName=DNS:bench.test",
               "-keyout", at.key, "-out", at.certificate]
    subprocess.run(command, check=True, capture_output=True)


def count_instructions(bench: Bench, chosen: list[scenarios.Scenario], allowed: set, folder: str) -> None:
    if not shutil.which("callgrind_control"):
        raise SystemExit("--instructions takes valgrind, which is not installed")
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    for scenario in (s for s in chosen if not s.idle):
        for proxy in (p for p in scenario.who if p in allowed or (not allowed and p == "sluice")):
            profile = pathlib.Path(folder) / f"{scenario.name}-{proxy}.callgrind"
            each = instructions.count(bench, proxy, scenario, profile)
            print(f"{scenario.name:15} {proxy:15} {each:10,.0f} instructions {scenario.unit.split(' ', 1)[1]}", flush=True)


def train(bench: Bench, chosen: list[scenarios.Scenario], seconds: float) -> None:
    """The load that scripts/pgo records: sluice ends by itself, and writes its profile."""
    bench.gently = True
    for scenario in (s for s in chosen if not s.idle):
        for proxy in (p for p in scenario.who if p.startswith("sluice") and p != "sluice-wasm"):
            bench.once(proxy, scenario, seconds)


def run(bench: Bench, scenario: scenarios.Scenario, who: list[str], args, slowest: dict) -> report.Results:
    for proxy in who:
        bench.check(proxy, scenario)
    results: report.Results = {proxy: [] for proxy in who}
    rate = 0.0
    if scenario.rate_of:
        if scenario.rate_of not in slowest:
            base = scenarios.named(scenario.rate_of)[0]
            slowest[base.name] = min(bench.once(p, base, args.seconds).throughput for p in who)
        rate = slowest[scenario.rate_of] * 0.7
    for _ in range(args.rounds):
        for proxy in who:
            results[proxy].append(bench.once(proxy, scenario, args.seconds, rate))
    for proxy in who:
        results[proxy][0].syscalls = bench.syscalls(proxy, scenario)
    slowest[scenario.name] = min(report.median([r.throughput for r in rs]) for rs in results.values())
    return results


def main() -> int:
    args = arguments()
    if args.list:
        for scenario in scenarios.SCENARIOS:
            print(f"{scenario.name:15} {scenario.what}")
        return 0
    chosen = scenarios.named(args.scenario)
    allowed = set(filter(None, args.proxies.split(",")))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-bench."))
    backend = {kind: ports.free_port() for kind in ("http", "echo", "source", "h2")}
    at = proxies.Setting(folder, ports.free_port(), backend, args.sluice, pathlib.Path(args.rig))
    certify(at)
    bench, done, slowest = Bench(at), [], {}
    about = machine(args.sluice)
    print(", ".join(f"{k} {v}" for k, v in about.items() if k != "sluice"))
    try:
        bench.start_backend()
        if args.instructions:
            count_instructions(bench, chosen, allowed, args.instructions)
            return 0
        if args.train:
            train(bench, chosen, args.seconds)
            return 0
        for scenario in chosen:
            who = [p for p in scenario.who if not allowed or p in allowed]
            if "sluice-wasm" in who and not proxies.module(at).exists():
                print(f"\n{scenario.name}: there is no {proxies.module(at)}: no clang for wasm32")
                continue
            results = run(bench, scenario, who, args, slowest)
            report.print_scenario(scenario, results)
            sys.stdout.flush()
            done.append(report.as_json(scenario, results))
            if args.json:
                report.write_json(args.json, about, done)
        if args.markdown:
            print(report.markdown(done))
    finally:
        bench.stop_backend()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
