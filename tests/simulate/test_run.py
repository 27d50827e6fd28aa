"""The daemon's own cycle, played on a simulated world."""

from dataclasses import fields, replace

import numpy as np
import pytest

from slurm_energy.decide.durations.shapes import RunTimes
from slurm_energy.errors import InputError
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Action
from slurm_energy.model.policy import Policy
from slurm_energy.model.presets import PRESETS
from slurm_energy.simulate.known_runs import QueueRuns, TrueRuns
from slurm_energy.simulate.online_runs import OnlineRuns
from slurm_energy.simulate.run import Outcome, first_come, simulate
from slurm_energy.simulate.scene import Backfill, Nodes, Pool, PowerDown, Queueing, Scene, Site
from slurm_energy.simulate.schedule import Schedule
from slurm_energy.simulate.sight import foresight
from tests import publicdata
from tests.builders import HOUR, MINUTE, some
from tests.simulate import public
from tests.simulate.plainqueue import easy
from tests.simulate.plainqueue import first_come as plain_first_come
from tests.simulate.plays import (
    DAY,
    START,
    make_grid,
    make_scene,
    make_trace_job,
    most_used,
    rows,
    worked,
)

POLICY = PRESETS["carbon-first"]
STOPPING = replace(
    POLICY, classes={name: replace(kind, stop=True) for name, kind in POLICY.classes.items()}
)
DIRTY_MORNINGS = [400.0] * 12 + [100.0] * 12
"""From the play's start: twelve dirty hours, twelve clean ones."""


def dirty(scene: Scene) -> Scene:
    """The scene on a grid that is dirty at first."""
    first = scene.sites[0].carbon.times[0]
    shift = (START - first) // HOUR % 24
    grid = make_grid(np.roll(DIRTY_MORNINGS, -shift % 24).tolist())
    return replace(scene, sites=tuple(replace(site, carbon=grid) for site in scene.sites))


def played(scene: Scene, run_times: RunTimes | None = None, policy: Policy = POLICY) -> Outcome:
    runs = run_times or TrueRuns(scene.jobs)
    return simulate(scene, policy, foresight(scene.sites, 2 * policy.horizon), runs)


def columns(schedule: Schedule) -> bytes:
    arrays = [getattr(schedule, one.name) for one in fields(schedule) if one.name != "policy"]
    return b"".join(array.tobytes() for array in arrays)


def test_a_job_that_may_wait_is_put_off_to_the_clean_hours() -> None:
    scene = dirty(make_scene([make_trace_job(1, after=HOUR)]))
    outcome = played(scene)
    ((_, _, start, end),) = rows(outcome.schedule)
    assert end - start == HOUR
    assert 0 <= start - 12 * HOUR < POLICY.slot
    assert (outcome.stops, outcome.problems) == (0, {})


def test_decisions_are_kept_when_asked_for_with_their_terms() -> None:
    scene = dirty(make_scene([make_trace_job(1, after=HOUR)]))
    signals = foresight(scene.sites, 2 * POLICY.horizon)
    runs = TrueRuns(scene.jobs)
    assert simulate(scene, POLICY, signals, runs).decisions == ()
    first = simulate(scene, POLICY, signals, runs, keep_decisions=True).decisions[0]
    assert (first.at, first.decision.action) == (START + HOUR, Action.DEFER)
    assert 0 <= some(first.decision.begin) - START - 12 * HOUR < POLICY.slot
    assert first.decision.terms["max_delay"] == DAY


def test_a_job_that_may_not_wait_is_not() -> None:
    urgent = make_trace_job(1, after=HOUR, workload_class=WorkloadClass.LATENCY_CRITICAL)
    scene = dirty(make_scene([urgent]))
    assert rows(played(scene).schedule) == [(1, 0, HOUR, 2 * HOUR)]


def test_a_job_that_is_not_ours_is_left_alone() -> None:
    theirs = make_trace_job(1, workload_class=WorkloadClass.UNMANAGED)
    outcome = played(dirty(make_scene([theirs])))
    assert (rows(outcome.schedule), outcome.updates) == ([(1, 0, 0, HOUR)], 0)


def test_a_job_without_a_class_keeps_its_place_in_the_queue() -> None:
    """Nobody asked for anything, so nothing is written: neither a begin time nor points."""
    runs, waits = make_trace_job(1, run=2 * HOUR), make_trace_job(2, after=60)
    jobs = [replace(job, gpus=4, max_delay=0, workload_class=None) for job in (runs, waits)]
    outcome = played(dirty(make_scene(jobs)))
    assert [start for _, _, start, _ in rows(outcome.schedule)] == [0, 2 * HOUR]
    assert outcome.updates == 0


def test_nobody_waits_longer_than_it_may() -> None:
    jobs = [make_trace_job(number, number * 7 * MINUTE, max_delay=2 * HOUR) for number in range(9)]
    scene = dirty(make_scene([replace(job, number=job.number + 1) for job in jobs], Pool(None)))
    for job, _, start, _ in rows(played(scene).schedule):
        assert 0 <= START + start - scene.jobs[job - 1].submit <= 2 * HOUR


def test_the_cycle_runs_at_arrivals_ends_and_every_quarter_of_an_hour() -> None:
    """An hour without events: four beats, the arrival is the first of them, the end is the last."""
    scene = make_scene([make_trace_job(1, run=HOUR)], Pool(None))
    assert played(scene).turns == 5
    two = [make_trace_job(1, after=60), make_trace_job(2, after=60, run=HOUR + 30)]
    assert played(make_scene(two, Pool(None))).turns == 1 + 4 + 1 + 2


def test_a_signal_finer_than_the_beat_calls_for_a_turn_at_each_step() -> None:
    scene = make_scene([make_trace_job(1, run=HOUR)], Pool(None))
    grid = scene.sites[0].carbon
    times = tuple(range(grid.times[0], grid.end, 5 * MINUTE))
    fine = replace(grid, times=times, values=(100.0,) * len(times))
    assert played(replace(scene, sites=(Site("east", Pool(None), fine),))).turns == 13


def test_in_mode_off_nothing_is_decided() -> None:
    outcome = first_come(dirty(make_scene([make_trace_job(1, after=HOUR)])))
    assert rows(outcome.schedule) == [(1, 0, HOUR, 2 * HOUR)]
    assert (outcome.turns, outcome.updates) == (0, 0)


def mixed(count: int = 40) -> Scene:
    """Two federated sites of nodes that are powered down, arrays, movable and short jobs."""
    random = np.random.default_rng(7)
    jobs = tuple(
        make_trace_job(
            number,
            int(random.integers(0, DAY)),
            run=int(random.integers(MINUTE, 5 * HOUR)),
            gpus=int(random.integers(1, 12)),
            limit=6 * HOUR,
            tasks=int(random.choice([1, 1, 1, 3])),
            movable=bool(random.integers(2)),
            interruptible=bool(random.integers(2)),
            partition=str(random.choice(["short", "long"])),
            user=str(random.choice(["alice", "bob"])),
        )
        for number in range(1, count + 1)
    )
    in_order = sorted(jobs, key=lambda job: job.submit)
    numbered = [replace(job, number=number) for number, job in enumerate(in_order, 1)]
    nodes = Nodes(3, 8, 64, power_down=PowerDown(20 * MINUTE, 3 * MINUTE, 500.0))
    return dirty(make_scene(numbered, nodes, nodes, interruption_cost=300))


@pytest.mark.parametrize("knowing", ["true", "trace", "online"])
def test_the_same_play_is_the_same_to_the_byte(knowing: str) -> None:
    def once() -> Outcome:
        scene = mixed()
        if knowing == "online":
            learned = OnlineRuns(scene.jobs, POLICY.typical_run)
            signals = foresight(scene.sites, 2 * POLICY.horizon)
            return simulate(scene, POLICY, signals, learned, tell=learned.tell)
        return played(scene, (TrueRuns if knowing == "true" else QueueRuns)(scene.jobs))

    one, other = once(), once()
    assert columns(one.schedule) == columns(other.schedule)
    assert one.dark
    shown = [one.name for one in fields(Outcome) if one.name not in ("schedule", "seconds")]
    assert [getattr(one, name) for name in shown] == [getattr(other, name) for name in shown]


def test_everybody_works_his_run_time_and_no_unit_is_used_twice() -> None:
    scene = mixed(count=16)
    outcome = played(scene, policy=STOPPING)
    assert outcome.problems == {}
    assert outcome.stops > 0
    pieces = worked(outcome.schedule)
    assert set(pieces) == {(job.number, task) for job in scene.jobs for task in range(job.tasks)}
    for (number, _), seconds in pieces.items():
        assert sum(seconds) == scene.jobs[number - 1].run + 300 * (len(seconds) - 1)
    assert max(most_used(outcome.schedule, site) for site in (0, 1)) <= 24


def test_a_job_wider_than_its_cluster_is_named_before_anything_is_played() -> None:
    with pytest.raises(InputError, match="job 1 wants 5 GPUs"):
        first_come(make_scene([make_trace_job(1, gpus=5)], Pool(4)))


def test_progress_is_told_and_never_goes_back() -> None:
    told: list[float] = []
    scene = make_scene([make_trace_job(1, run=5 * DAY)], Pool(None))
    simulate(scene, POLICY, foresight(scene.sites, DAY), TrueRuns(scene.jobs), progress=told.append)
    assert told == sorted(told)
    assert 0 < told[-1] <= 1


# The yardsticks: a week of GPU jobs; run times are known as limits.


def week(capacity: int, backfill: Backfill) -> Scene:
    scene = public.scene("AU-SA", pool=Pool(capacity))
    jobs = tuple(replace(job, limit=job.run) for job in scene.jobs)
    return replace(scene, jobs=jobs, queueing=Queueing(backfill))


def waits(scene: Scene, schedule: Schedule) -> dict[int, int]:
    known = {job.number: job for job in scene.jobs}
    return {
        job: start - known[job].submit
        for job, start in zip(schedule.job.tolist(), schedule.start.tolist(), strict=True)
    }


@publicdata.needed
@pytest.mark.parametrize(
    ("capacity", "mean_wait", "late"), [(30, 0.2, 6), (22, 2.2, 80), (20, 3.8, 122), (19, 5.0, 144)]
)
def test_first_fit_in_mode_off_is_the_yardsticks_first_come(
    capacity: int, mean_wait: float, late: int
) -> None:
    scene = week(capacity, Backfill.FIRST_FIT)
    outcome = first_come(scene)
    waited = waits(scene, outcome.schedule)
    assert np.mean(list(waited.values())) / HOUR == pytest.approx(mean_wait, abs=0.05)
    assert sum(waited[job.number] > (job.max_delay or 0) for job in scene.jobs) == late


@publicdata.needed
@pytest.mark.parametrize("capacity", [30, 22, 19])
@pytest.mark.parametrize("backfill", [Backfill.FIRST_FIT, Backfill.EASY])
def test_the_cluster_backfills_as_the_plain_one_pass_does(
    capacity: int, backfill: Backfill
) -> None:
    scene = week(capacity, backfill)
    plain = (easy if backfill is Backfill.EASY else plain_first_come)(scene)
    assert waits(scene, first_come(scene).schedule) == waits(scene, plain)
