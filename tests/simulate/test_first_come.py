"""First come, first served on a capacity: the world without us."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.errors import InputError
from slurm_energy.simulate import run
from slurm_energy.simulate.scene import Backfill, Pool, Queueing, Scene
from slurm_energy.simulate.schedule import Schedule
from slurm_energy.simulate.score import score
from slurm_energy.simulate.steps import steps
from slurm_energy.simulate.trace import TraceJob
from tests import publicdata
from tests.simulate import public
from tests.simulate.plainqueue import easy, first_come
from tests.simulate.small import HOUR, a_job, a_scene, hourly, runs

FLAT = hourly(*[1] * 100)


@pytest.mark.parametrize(
    ("units", "mean_wait_hours", "past_their_slack"),
    [(30, 0.2, 6), (22, 2.2, 80), (20, 3.8, 122), (19, 5.0, 144)],
)
@publicdata.needed
def test_first_fit_is_the_yardsticks_first_come(
    units: int, mean_wait_hours: float, past_their_slack: int
) -> None:
    scene = public.scene("AU-SA", pool=Pool(units))
    found = score(scene, first_come(scene)).all
    assert round(found.mean_delay_hours, 1) == mean_wait_hours
    assert found.deadline_misses == past_their_slack
    assert found.peak_kw == units


@publicdata.needed
def test_the_simulated_cluster_without_us_does_the_same() -> None:
    first_fit = Queueing(Backfill.FIRST_FIT)
    scene = replace(public.scene("AU-SA", pool=Pool(20)), queueing=first_fit)
    assert runs(first_come(scene)) == runs(run.first_come(scene).schedule)


def test_jobs_start_in_order_when_units_come_free() -> None:
    scene = a_scene([a_job(gpus=2), a_job(gpus=2), a_job(gpus=2)], FLAT, Pool(4))
    assert runs(first_come(scene)) == [(1, 0, HOUR), (2, 0, HOUR), (3, HOUR, 2 * HOUR)]


def a_wide_one_between(*, last_run: int) -> Scene:
    jobs = [a_job(gpus=3), a_job(gpus=4), a_job(gpus=1, run=last_run)]
    return a_scene(jobs, FLAT, Pool(4))


def test_first_fit_lets_a_narrow_job_delay_a_wide_one() -> None:
    assert runs(first_come(a_wide_one_between(last_run=2 * HOUR))) == [
        (1, 0, HOUR),
        (2, 2 * HOUR, 3 * HOUR),
        (3, 0, 2 * HOUR),
    ]


def test_easy_does_not() -> None:
    assert runs(easy(a_wide_one_between(last_run=2 * HOUR))) == [
        (1, 0, HOUR),
        (2, HOUR, 2 * HOUR),
        (3, 2 * HOUR, 4 * HOUR),
    ]


def test_easy_fills_a_hole_with_what_ends_in_time() -> None:
    assert runs(easy(a_wide_one_between(last_run=HOUR)))[2] == (3, 0, HOUR)


def test_easy_plans_with_time_limits_not_with_run_times() -> None:
    scene = a_wide_one_between(last_run=HOUR)
    limited = (*scene.jobs[:2], replace(scene.jobs[2], limit=2 * HOUR))
    assert runs(easy(replace(scene, jobs=limited)))[2] == (3, 2 * HOUR, 3 * HOUR)


def test_tasks_of_an_array_start_one_by_one() -> None:
    scene = a_scene([replace(a_job(gpus=2), tasks=3)], FLAT, Pool(4))
    found = first_come(scene)
    assert sorted(zip(found.task.tolist(), found.start.tolist(), strict=True)) == [
        (0, 0),
        (1, 0),
        (2, HOUR),
    ]


def test_without_a_limit_everything_runs_at_once() -> None:
    scene = a_scene([a_job(submit=5)], FLAT)
    assert first_come(scene).policy == easy(scene).policy == "run at once"


def test_a_job_wider_than_the_site_is_refused() -> None:
    with pytest.raises(InputError, match="job 1 needs 5 units at once and here has 4"):
        first_come(a_scene([a_job(gpus=5)], FLAT, Pool(4)))


some_jobs = st.lists(
    st.builds(
        a_job,
        submit=st.integers(0, 5 * HOUR),
        run=st.integers(1, 3 * HOUR),
        gpus=st.integers(1, 4),
    ),
    max_size=12,
).map(lambda jobs: sorted(jobs, key=lambda job: job.submit))


@pytest.mark.parametrize("policy", [first_come, easy])
@given(jobs=some_jobs)
def test_whoever_chooses_capacity_holds_and_who_waited_starts_when_another_ends(
    policy: Callable[[Scene], Schedule], jobs: list[TraceJob]
) -> None:
    scene = a_scene(jobs, FLAT, Pool(4))
    found = policy(scene)
    busy = steps(found.start, found.end, found.units)
    assert busy.highest() <= 4
    assert len(found.job) == len(jobs)
    order = np.argsort(found.job)
    waited = found.start[order] - np.array([job.submit for job in jobs], dtype=np.int64)
    assert (waited >= 0).all()
    begins = found.start[order][waited > 0]
    assert np.isin(begins, found.end).all()
