"""kill -9 of the daemons, at any moment: what was put off starts by itself, and nothing is lost."""

import time
from datetime import UTC, datetime

import pytest

from slurm_energy.model.decision import Reason
from tests.lab.grid import Grid
from tests.lab.scenario import EVALUATION, SLURM, TURN, Scenario
from tests.lab.shown import Shown
from tests.lab.waiting import eventually

pytestmark = pytest.mark.lab

MOMENTS = (0.0, 2.1, 0.4, 1.7, 0.9, 2.6, 1.3, 0.2)
"""Seconds from a submission to SIGKILL; a turn begins at least every three."""


def test_what_was_put_off_starts_by_itself_when_all_daemons_are_killed(scenario: Scenario) -> None:
    scenario.configure(Grid(dirty=22))
    scenario.start()
    scenario.wait_for_lease()
    deadline = int(time.time()) + 110
    stated = datetime.fromtimestamp(deadline, UTC).isoformat()
    deferred = scenario.submit(f"{EVALUATION},deadline={stated}")
    row = scenario.wait_for_decision(deferred, scenario.wait_for_lead(), "defer")
    eventually(lambda: scenario.deferred_until(deferred) == row["begin"], "its begin time", SLURM)
    scenario.kill_for_good()
    leased = scenario.submit()
    lease = scenario.deferred_until(leased)
    assert lease <= time.time() + 6
    assert eventually(lambda: scenario.started(leased), "the end of the lease", SLURM) >= lease
    assert row["begin"] <= row["latest_start"]
    within = row["begin"] - time.time() + SLURM
    assert eventually(lambda: scenario.started(deferred), "its start", within) >= row["begin"]
    host = scenario.ran_on(deferred)

    def completed() -> Shown | None:
        shown = scenario.job(deferred, host)
        return shown if shown is not None and shown.state == "COMPLETED" else None

    assert eventually(completed, "its end", SLURM).end <= deadline


def test_killed_at_any_moment_of_a_turn_it_goes_on_as_if_nothing_had_been(
    scenario: Scenario,
) -> None:
    scenario.configure(Grid(dirty=600), "[policy]\nbusy_hours = 100\n")
    scenario.start(scenario.east)
    scenario.wait_for_lease(scenario.east)
    jobs = []
    for moment in MOMENTS:
        jobs.append(scenario.submit(f"{EVALUATION},residency=eu", "--begin=now+20", user="bob"))
        time.sleep(moment)
        scenario.kill(scenario.east)
        scenario.start(scenario.east)
    eventually(lambda: scenario.leads(scenario.east), "the lead of east", TURN)
    scenario.wait_for_turns(scenario.east)
    rows = [scenario.decision(job, scenario.east) for job in jobs]
    assert [row and row["decision"] for row in rows] == ["defer"] * len(jobs)
    for job, row in zip(jobs, rows, strict=True):
        assert row is not None
        assert row["reason"] == Reason.CLEANER_LATER.value
        assert scenario.deferred_until(job) == row["begin"] <= row["latest_start"]
