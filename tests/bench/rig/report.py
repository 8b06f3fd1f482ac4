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
    # The targets of bulk bodies are against the copying floor, which is what most programs can reach.
    floor = "floor" if scenario.name == "h1-1m" else floor_of(results)
    for target, other in ((scenario.floor_max, floor), (scenario.peer_max, best_peer(results))):
        if target is None or other is None or not (found := ratios(results, "sluice", other)):
            continue
        value = median(found)
        # Five percent is what one run does not tell apart.
        word = "met" if value <= target else "a tie" if value <= target * 1.05 else "MISSED"
        out.append(f"sluice / {other}: {value:.2f}x, target <= {target:.2f}x: {word}")
    return out


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
    names = ("floor", "floor-splice", "sluice", "haproxy", "haproxy-splice", "nginx", "nghttpx")
    out = ["| scenario | unit | " + " | ".join(names) + " | sluice to floor | sluice to best peer |",
           "|---|---|" + "---|" * (len(names) + 2)]
    for scenario in scenarios:
        rounds = {name: [Round(**r) for r in rs] for name, rs in scenario["rounds"].items()}
        cells = [f"{median([r.cpu for r in rounds[n]]):.3g}" if n in rounds else "" for n in names]
        best = best_peer(rounds)
        to_best = spread(ratios(rounds, "sluice", best)) + f" {best}" if best else "-"
        out.append(f"| {scenario['scenario']} | {scenario['unit']} | " + " | ".join(cells)
                   + f" | {spread(ratios(rounds, 'sluice', 'floor'))} | {to_best} |")
    return "\n".join(out)


def write_json(path: str, machine: dict, scenarios: list[dict]) -> None:
    with open(path, "w") as file:
        json.dump({"machine": machine, "scenarios": scenarios}, file, indent=1)
