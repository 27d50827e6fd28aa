"""Published policies give the figures that they are known to give."""

import pytest

from slurm_energy.simulate.published import PUBLISHED, run_at_once
from slurm_energy.simulate.score import score
from tests import publicdata
from tests.simulate import public
from tests.simulate.small import a_job, a_scene, hourly, runs


@pytest.mark.parametrize(
    ("name", "saved_percent", "delay_hours"),
    [
        ("lowest-slot", 22.0, 5.6),
        ("lowest-window", 31.6, 6.6),
        ("carbon-time", 27.5, 4.7),
        ("ecovisor", 36.1, 6.6),
    ],
)
@publicdata.needed
def test_a_week_of_gpu_jobs_in_south_australia(
    name: str, saved_percent: float, delay_hours: float
) -> None:
    scene = public.scene("AU-SA", hour=7000)
    at_once = score(scene, run_at_once(scene)).all
    found = score(scene, PUBLISHED[name](scene)).all
    assert round(100 * (1 - found.carbon_kg / at_once.carbon_kg), 1) == saved_percent
    assert round(found.mean_delay_hours, 1) == delay_hours
    assert found.deadline_misses == 0
    assert found.energy_kwh == pytest.approx(at_once.energy_kwh)


def test_run_at_once_starts_every_job_at_its_submission() -> None:
    scene = a_scene([a_job(submit=100), a_job(submit=250)], hourly(5, 1, 3))
    assert [start for _, start, _ in runs(run_at_once(scene))] == [100, 250]


def test_lowest_slot_takes_the_cleanest_clock_hour_whatever_the_run_needs() -> None:
    scene = a_scene([a_job(submit=600, run=7200, max_delay=7200)], hourly(5, 1, 9, 9, 9))
    assert runs(PUBLISHED["lowest-slot"](scene)) == [(1, 3600, 10800)]


def test_lowest_slot_never_waits_longer_than_the_job_may() -> None:
    scene = a_scene([a_job(submit=600, max_delay=3600)], hourly(5, 4, 1, 9))
    assert runs(PUBLISHED["lowest-slot"](scene)) == [(1, 3600, 7200)]


def test_lowest_window_looks_at_the_whole_run_of_a_mean_job_at_whole_hours_from_submit() -> None:
    jobs = [a_job(submit=600, run=3600, max_delay=7200), a_job(submit=600, run=10800, max_delay=0)]
    scene = a_scene(jobs, hourly(5, 1, 9, 2, 2, 2))
    assert runs(PUBLISHED["lowest-window"](scene))[0] == (1, 600, 4200)


def test_carbon_time_waits_only_while_an_hour_of_it_saves_enough() -> None:
    scene = a_scene([a_job(max_delay=4 * 3600)], hourly(10, 5, 5, 5, 1, 1))
    # an hour of waiting saves 5 of 10 by the end of two hours; four save 9 by the end of five
    assert runs(PUBLISHED["carbon-time"](scene)) == [(1, 3600, 7200)]


def test_ecovisor_suspends_above_the_threshold_until_its_patience_ends() -> None:
    job = a_job(run=4 * 3600, max_delay=2 * 3600, interruptible=True)
    scene = a_scene([job], hourly(1, 9, 1, 9, 1, 9, *[1] * 2, *[9] * 18))
    assert runs(PUBLISHED["ecovisor"](scene)) == [
        (1, 0, 3600),
        (1, 7200, 10800),
        (1, 14400, 21600),
    ]


def test_ecovisor_pays_interruptions_out_of_the_same_patience() -> None:
    job = a_job(run=4 * 3600, max_delay=2 * 3600, interruptible=True)
    values = hourly(1, 9, 1, 9, 1, 9, *[1] * 2, *[9] * 18)
    scene = a_scene([job], values, interruption_cost=600)
    (_, last_end) = runs(PUBLISHED["ecovisor"](scene))[-1][1:]
    assert last_end == 6 * 3600


def test_ecovisor_lets_what_cannot_be_interrupted_run_on() -> None:
    job = a_job(run=4 * 3600, max_delay=2 * 3600)
    scene = a_scene([job], hourly(9, 1, 9, 1, 9, *[1] * 3, *[9] * 18))
    assert runs(PUBLISHED["ecovisor"](scene)) == [(1, 3600, 18000)]


@pytest.mark.parametrize("name", PUBLISHED)
def test_nobody_defers_a_job_that_is_nobodys(name: str) -> None:
    scene = a_scene([a_job(workload_class=None, max_delay=None)], hourly(9, 1, 1, *[1] * 30))
    assert runs(PUBLISHED[name](scene)) == [(1, 0, 3600)]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_scene_without_jobs_has_an_empty_schedule(name: str) -> None:
    assert runs(PUBLISHED[name](a_scene([], hourly(1, 2)))) == []
