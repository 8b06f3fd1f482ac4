"""python3 -m harness.scenario FILE...: runs scenarios one after the other; 0 when all hold."""
import signal
import sys
import time
import traceback

from .loader import BadScenario, Scenario, load
from .validate import run_validate
from .verbs import run_steps
from .world import World

LIMIT_SECONDS = 120


def check_end(world: World, scenario: Scenario) -> None:
    """What has to hold after the last step."""
    sluice = world.sluice
    if sluice.process.poll() is None:
        if scenario.get("stats"):
            sluice.admin.wait_stats(scenario.fill(scenario.get("stats")))
        world.close_conns()
        sluice.stop(expect=scenario.get("exit", 0))
    elif scenario.get("stats"):
        raise BadScenario("stats: sluice has exited already; check them in a step before")
    for regex in scenario.get("log", []):
        sluice.wait_log(regex, 1)
    for text in scenario.get("not_log", []):
        if text in sluice.log():
            raise AssertionError(f"the log has {text!r}\n{sluice.log()}")
    sluice.check_log()
    for failure in world.server_failures():
        raise AssertionError(f"a server failed: {failure}")


def run_scenario(path: str) -> None:
    scenario = load(path)
    if scenario.get("validate"):
        run_validate(scenario)
        return
    world = World(scenario)
    try:
        world.open()
        world.start()
        run_steps(world, scenario.fill(scenario.get("steps"), {"dir": "."}))
        check_end(world, scenario)
    except BaseException:
        if world.sluice is not None:
            print(f"--- log of sluice ---\n{world.sluice.log()}", file=sys.stderr)
        raise
    finally:
        world.close()


def main(paths: list[str]) -> int:
    failed = 0
    for path in paths:
        start = time.monotonic()
        signal.alarm(LIMIT_SECONDS)  # ends a scenario that hangs in spite of all deadlines
        try:
            run_scenario(path)
            print(f"ok   {path} ({time.monotonic() - start:.2f} s)")
        except (AssertionError, BadScenario) as failure:
            failed += 1
            print(f"FAIL {path}\n{failure}")
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"FAIL {path}")
            traceback.print_exc()
    return 1 if failed or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
