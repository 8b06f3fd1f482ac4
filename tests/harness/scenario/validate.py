"""Scenarios about what a config file gets: `validate:` is a list of cases."""
import pathlib
import shutil
import tempfile

import yaml

from .. import certs
from ..patterns import Pattern
from ..process import run
from .loader import BadScenario, Scenario

KEYS = {"name", "config", "change", "file", "args", "env", "exit", "stdout", "stderr", "absent", "mode", "files"}


def case_text(scenario: Scenario, case: dict) -> str:
    config = case.get("config", scenario.config())
    text = config if isinstance(config, str) else yaml.safe_dump(config, sort_keys=False)
    for old, new in (case.get("change") or {}).items():
        if text.count(old) != 1:
            raise BadScenario(f"change: {old!r} is {text.count(old)} times in the config")
        text = text.replace(old, new)
    return scenario.fill(text)


def run_case(scenario: Scenario, case: dict, folder: pathlib.Path) -> list[str]:
    unknown = set(case) - KEYS
    if unknown:
        raise BadScenario(f"validate: unknown {sorted(unknown)}; known are {sorted(KEYS)}")
    name = case.get("file", "sluice.yaml")
    (folder / name).write_text(case_text(scenario, case))
    for other, text in {**scenario.get("files", {}), **case.get("files", {})}.items():
        (folder / other).write_text(scenario.fill(text))
    args = ["-c", name, "--mode", case.get("mode", "validate")]
    args += [str(a) for a in [*scenario.get("args", []), *case.get("args", [])]]
    done = run(args, cwd=folder, env=None if "env" not in case else {**case["env"]})
    problems = []
    if done.returncode != case.get("exit", 0):
        problems.append(f"exit status {done.returncode}, expected {case.get('exit', 0)}")
    for stream in ("stdout", "stderr"):
        for text in case.get(stream, []):
            if not Pattern(scenario.fill(str(text))).found_in(getattr(done, stream)):
                problems.append(f"{stream} has no {text!r}")
    for text in case.get("absent", []):
        if Pattern(str(text)).found_in(done.stdout + done.stderr):
            problems.append(f"the output has {text!r}")
    if problems:
        problems.append(f"stdout:\n{done.stdout}\nstderr:\n{done.stderr}")
    return problems


def run_validate(scenario: Scenario) -> int:
    """Runs every case; returns how many there were."""
    failures = []
    cases = scenario.get("validate")
    with tempfile.TemporaryDirectory(prefix="sluice-certs.") as certificates:
        if scenario.get("certificates") is not None:
            certs.make_all(pathlib.Path(certificates), scenario.get("certificates"))
        for number, case in enumerate(cases, 1):
            with tempfile.TemporaryDirectory(prefix="sluice-test.") as folder:
                shutil.copytree(certificates, folder, dirs_exist_ok=True)
                problems = run_case(scenario, case, pathlib.Path(folder))
            if problems:
                failures.append(f"case {number} ({case.get('name', '')}): " + "; ".join(problems))
    if failures:
        raise AssertionError("\n".join(failures))
    return len(cases)
