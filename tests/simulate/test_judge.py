"""A judge compares on equal terms: one scene, one period, schedules that the machines can run."""

import pytest

from slurm_energy.errors import InputError
from slurm_energy.simulate import program
from slurm_energy.simulate.bound import Kind
from slurm_energy.simulate.judge import Played
from slurm_energy.simulate.published import run_at_once
from slurm_energy.simulate.scene import Pool
from tests.simulate.plainqueue import first_come, judged
from tests.simulate.small import HOUR, a_job, a_scene, a_schedule, hourly

FALLING = hourly(400, 300, 200, 100, *[500] * 20)


def test_idle_power_counts_until_all_may_be_done_whatever_the_policy_did() -> None:
    scene = a_scene([a_job(max_delay=3 * HOUR)], FALLING, Pool(2, idle_share=0.5))
    early, late = Played(a_schedule((1, 0, HOUR))), Played(a_schedule((1, 3 * HOUR, 4 * HOUR)))
    assert judged(scene, early).until == judged(scene, late).until == 4 * HOUR
    # idle: 1 kW over four hours; the job adds half a kW
    found = judged(scene, late)
    assert found.baseline.all.cluster_carbon_kg == pytest.approx(1.0 + 0.2)
    assert found.policy.all.cluster_carbon_kg == pytest.approx(1.0 + 0.05)


def test_where_it_can_be_reached_the_bound_is() -> None:
    scene = a_scene([a_job(max_delay=3 * HOUR)], FALLING)
    found = judged(scene, Played(a_schedule((1, 3 * HOUR, 4 * HOUR))))
    assert found.best is not None
    assert found.best.kind is Kind.EXACT
    assert found.bound is not None
    assert found.bound.all == found.policy.all == found.one_block.all


def test_a_schedule_that_the_machines_cannot_run_is_refused() -> None:
    scene = a_scene([a_job(), a_job()], FALLING, Pool(1))
    with pytest.raises(InputError, match="run at once runs 2 units at once at here, which has 1"):
        judged(scene, Played(run_at_once(scene)))


def test_without_a_bound_the_rest_is_judged_and_the_reason_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(program, "MOST_ENTRIES", 1)
    scene = a_scene([a_job(), a_job()], FALLING, Pool(1))
    found = judged(scene, Played(first_come(scene)))
    assert (found.best, found.bound) == (None, None)
    assert "over 1: there is none for so many jobs" in found.problem
    assert found.policy.all.jobs == 2
