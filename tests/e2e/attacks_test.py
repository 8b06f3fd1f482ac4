"""Every attack of tests/attacks, by group, against one sluice; and that nothing is left of them."""
import itertools

import pytest

from attacks.__main__ import CASES, run
from attacks.recorder import Recorder
from attacks.targets import SluiceTarget

GROUPS = {
    group: list(cases)
    for group, cases in itertools.groupby(
        sorted(CASES, key=lambda case: case.name.split("/")[0]),
        lambda case: case.name.split("/")[0],
    )
}


@pytest.fixture(scope="module", name="target")
def fixture_target():
    with Recorder() as recorder, SluiceTarget(recorder.port) as sluice:
        sluice.recorder = recorder
        yield sluice
        sluice.admin.wait_stats({"http.front.downstream_cx_active": 0})


@pytest.mark.parametrize("group", GROUPS)
def test_attacks(target, group):
    failed = []
    for case in GROUPS[group]:
        problems = run(case, target, target.recorder)
        if problems:
            failed.append(f"{case.name}: {'; '.join(problems)}")
    assert not failed, "\n".join(failed)
    stray = target.recorder.take()
    assert not stray, f"requests that nobody sent: {[r.line for r in stray]}"
