"""What the rounds say, for people and as JSON."""
import json
import statistics

from rounds import Round
from scenarios import Scenario

Results = dict[str, list[Round]]  # by proxy, one for each round


def ratios(results: Results, of: str, to: str) -> list[float]:
    """Within each round, because only those were measured side by side."""
    if of not in results or to not in results:
        return []
    return [a.cpu / b.cpu for a, b in zip(results[of], results[to]) if b.cpu > 0]


def median(values: list[float]) -> float:
    return statistics.median(values) if values else 0.0


def spread(values: list[float]) -> str:
    if not values:
        return "-"
    return f"{median(values):.2f}x ({min(values):.2f} to {max(values):.2f})"


def best_peer(results: Results) -> str | None:
    peers = [name for name in results if not name.startswith(("floor", "sluice"))]
    return min(peers, key=lambda name: median([r.cpu for r in results[name]]), default=None)


def floor_of(results: Results) -> str | None:
    floors = [name for name in results if name.startswith("floor")]
    return min(floors, key=lambda name: median([r.cpu for r in results[name]]), default=None)


def verdict(scenario: Scenario, results: Results) -> list[str]:
    out = []
    # The targets of long bodies are against the copying floor, which is what most programs can reach.
    floor = "floor" if scenario.name in ("h1-1m", "h1-post") else floor_of(results)
    for target, other in ((scenario.floor_max, floor), (scenario.peer_max, best_peer(results))):
        if target is None or other is None or not (found := ratios(results, "sluice", other)):
            continue
        value = median(found)
        # Five percent is what one run does not tell apart.
        word = "met" if value <= target else "a tie" if value <= target * 1.05 else "MISSED"
        out.append(f"sluice / {other}: {value:.2f}x, target <= {target:.2f}x: {word}")
    return out + latency(scenario, results) + variant(scenario, results)


def latency(scenario: Scenario, results: Results) -> list[str]:
    """At a rate that all of them can serve, the time that one in a hundred waits at least."""
    times = {name: median([r.p99 for r in rounds]) for name, rounds in results.items()}
    peers = [name for name in results if not name.startswith(("floor", "sluice"))]
    if not scenario.rate_of or "sluice" not in results or not peers:
        return []
    best = min(peers, key=lambda name: times[name])
    word = "met" if times["sluice"] <= times[best] else "MISSED"
    return [f"p99: {times['sluice']:.0f} us, {best} {times[best]:.0f} us, target <= the best peer's: {word}"]


def variant(scenario: Scenario, results: Results) -> list[str]:
    """What something that was switched on costs beside the plain sluice of the same round."""
    other = scenario.against
    if other not in results or "sluice" not in results:
        return []
    plus = median([a.cpu - b.cpu for a, b in zip(results[other], results["sluice"])])
    out = f"{other} - sluice: {plus:+.2f} {scenario.unit}"
    if scenario.plus_max is not None:
        out += f", target <= {scenario.plus_max:.1f}: {'met' if plus <= scenario.plus_max else 'MISSED'}"
    if scenario.workers > 1:
        more = [b.throughput / a.throughput for a, b in zip(results[other], results["sluice"])]
        out += f"; {scenario.workers} workers do {median(more):.2f}x the units of one"
    return [out]


def print_scenario(scenario: Scenario, results: Results) -> None:
    print(f"\n{scenario.name}: {scenario.what}; {scenario.unit}")
    print(f"  {'':15} {'CPU':>9} {'to floor':>23} {'to haproxy':>23} {'calls':>6} {'units/s':>9}"
          f" {'p50 us':>8} {'p99 us':>8} {'p99.9':>8} {'MiB':>6}")
    floor = "floor" if "floor" in results else None
    for name, rounds in results.items():
        calls = [r.syscalls for r in rounds if r.syscalls is not None]
        print(f"  {name:15} {median([r.cpu for r in rounds]):9.3f}"
              f" {spread(ratios(results, name, floor)) if floor else '-':>23}"
              f" {spread(ratios(results, name, 'haproxy')):>23}"
              f" {f'{calls[0]:.2f}' if calls else '-':>6}"
              f" {median([r.throughput for r in rounds]):9.4g}"
              f" {median([r.p50 for r in rounds]):8.0f} {median([r.p99 for r in rounds]):8.0f}"
              f" {median([r.p999 for r in rounds]):8.0f} {max(r.rss_mib for r in rounds):6.1f}")
    for line in verdict(scenario, results):
        print(f"  {line}")
    for name, rounds in results.items():
        for warning in sorted({w for r in rounds for w in r.warnings}):
            print(f"  warning: {name}: {warning}")


def as_json(scenario: Scenario, results: Results) -> dict:
    return {
        "scenario": scenario.name,
        "what": scenario.what,
        "unit": scenario.unit,
        "verdict": verdict(scenario, results),
        "rounds": {name: [vars(r) for r in rounds] for name, rounds in results.items()},
        "to_floor": {name: ratios(results, name, "floor") for name in results},
        "to_haproxy": {name: ratios(results, name, "haproxy") for name in results},
    }


def markdown(scenarios: list[dict]) -> str:
    """The table of docs/performance.md: medians, and ratios within rounds with their spread."""
    names = ("floor", "floor-splice", "sluice", "sluice-*", "haproxy", "haproxy-splice", "nginx", "nghttpx")
    out = ["| scenario | unit | " + " | ".join(names) + " | sluice to floor | sluice to best peer |",
           "|---|---|" + "---|" * (len(names) + 2)]
    for scenario in scenarios:
        rounds = {name: [Round(**r) for r in rs] for name, rs in scenario["rounds"].items()}
        rounds |= {"sluice-*": rs for name, rs in rounds.items() if name.startswith("sluice-")}
        cells = [f"{median([r.cpu for r in rounds[n]]):.3g}" if n in rounds else "" for n in names]
        best = best_peer(rounds)
        to_best = spread(ratios(rounds, "sluice", best)) + f" {best}" if best else "-"
        out.append(f"| {scenario['scenario']} | {scenario['unit']} | " + " | ".join(cells)
                   + f" | {spread(ratios(rounds, 'sluice', 'floor'))} | {to_best} |")
    return "\n".join(out)


def write_json(path: str, machine: dict, scenarios: list[dict]) -> None:
    with open(path, "w") as file:
        json.dump({"machine": machine, "scenarios": scenarios}, file, indent=1)
