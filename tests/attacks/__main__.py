"""python3 -m attacks [--against NAME]... [-k TEXT] [-v]: every attack, and how each proxy fared."""
import argparse
import dataclasses

from . import answers, framing, heads, http2, http2_floods, judge, meaning
from .recorder import Recorder
from .targets import target

# What no server may take the administration endpoint does not take either.
ADMIN = [
    dataclasses.replace(case, name=f"admin/{case.name}", front="admin")
    for case in [*framing.CASES, *heads.CASES]
    if not case.want.answered
]
CASES = [
    *ADMIN,
    *framing.CASES,
    *heads.CASES,
    *meaning.CASES,
    *answers.CASES,
    *http2.CASES,
    *http2_floods.CASES,
]


def is_for(case, proxy) -> bool:
    """Floods look into sluice; others have one front, and speak HTTP/1 there."""
    if isinstance(case, (http2.Case, http2_floods.Flood)):
        return hasattr(proxy, "admin")
    return getattr(case, "front", "plain") in proxy.ports


def run(case, proxy, recorder: Recorder) -> list[str]:
    """The problems that `case` showed."""
    try:
        match case:
            case http2_floods.Flood():
                return http2_floods.run(case, proxy, recorder)
            case http2.Case():
                return http2.run(case, proxy.ports["plain"], recorder)
            case answers.Answer():
                return answers.run(case, proxy.ports["plain"], recorder)
            case _:
                return judge.run(case, proxy.ports[case.front], recorder)
    except (judge.Malformed, AssertionError, OSError, ValueError) as problem:
        return [repr(problem)]


def attack(name: str, cases: list, verbose: bool) -> dict[str, list[str]]:
    """The problems of each attack that `name` has a front for."""
    found = {}
    with Recorder() as recorder, target(name, recorder.port) as proxy:
        for case in cases:
            if is_for(case, proxy):
                found[case.name] = run(case, proxy, recorder)
            if verbose and found[case.name]:
                print(f"{name}: {case.name}: {'; '.join(found[case.name])}", flush=True)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="attacks", description=__doc__)
    parser.add_argument("--against", action="append", default=[], help="nginx, haproxy, nghttpx")
    parser.add_argument("-k", default="", help="only attacks whose name contains this")
    parser.add_argument("-v", action="store_true", help="the problems of the other proxies too")
    arguments = parser.parse_args()
    cases = [case for case in CASES if arguments.k in case.name]
    names = ["sluice", *arguments.against]
    results = {name: attack(name, cases, name == "sluice" or arguments.v) for name in names}
    for name, found in results.items():
        bad = sum(bool(problems) for problems in found.values())
        print(f"{name}: {len(found) - bad} of {len(found)} attacks handled")
    return int(any(results["sluice"].values()))


if __name__ == "__main__":
    raise SystemExit(main())
