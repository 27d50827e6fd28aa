"""From a trace to a scene: whose delay counts, who is left out, who may move."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.errors import InputError
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.series import Signal
from slurm_energy.simulate.generate import generate
from slurm_energy.simulate.options import Slack
from slurm_energy.simulate.place import Terms, place
from slurm_energy.simulate.scene import Nodes, Pool, Scene, Site
from slurm_energy.simulate.trace import Trace, TraceJob
from tests.builders import HOUR, NOON, make_series

SLACK = Slack(6 * HOUR, 24 * HOUR)
DAYS = 10
CARBON = make_series([100.0] * 24 * DAYS)
SITE = Site("east", Pool(None), CARBON)


def job(**changes: Any) -> TraceJob:
    return TraceJob(**({"number": 1, "submit": 0, "run": HOUR, "gpus": 1} | changes))


def scene(*jobs: TraceJob, terms: Terms | None = None, site: Site = SITE) -> Scene:
    return place(Trace(jobs, "made"), (site,), NOON, 24 * DAYS, terms)


def placed(terms: Terms | None = None, **changes: Any) -> TraceJob:
    (found,) = scene(job(**changes), terms=terms).jobs
    return found


def test_jobs_stand_on_the_epochs_clock() -> None:
    found = placed(submit=60, deadline=7260)
    assert (found.submit, found.deadline) == (NOON + 60, NOON + 7260)


def test_slack_puts_jobs_under_two_hours_into_the_queue_for_short_ones() -> None:
    short = placed(Terms(SLACK), run=2 * HOUR - 1)
    assert (short.partition, short.max_delay) == ("short", 6 * HOUR)
    assert short.workload_class is WorkloadClass.EVALUATION
    long = placed(Terms(SLACK), run=2 * HOUR, partition="gpu")
    assert (long.partition, long.max_delay) == ("long", 24 * HOUR)
    assert long.workload_class is WorkloadClass.TRAINING


def test_without_slack_the_class_and_the_partition_are_the_traces_own() -> None:
    found = placed(workload_class=WorkloadClass.NEARLINE, partition="gpu")
    assert (found.partition, found.max_delay) == ("gpu", 1800)


def test_a_jobs_own_delay_goes_before_the_queues_and_the_classs() -> None:
    own: dict[str, Any] = {"max_delay": 900, "workload_class": WorkloadClass.TRAINING}
    assert placed(Terms(SLACK), **own).max_delay == 900
    assert placed(**own).max_delay == 900


@pytest.mark.parametrize(
    "workload_class", [WorkloadClass.LATENCY_CRITICAL, WorkloadClass.UNMANAGED]
)
def test_a_class_that_is_never_deferred_has_no_delay(workload_class: WorkloadClass) -> None:
    found = placed(Terms(SLACK), workload_class=workload_class, max_delay=HOUR)
    assert found.max_delay == 0


def test_a_job_about_which_nobody_said_anything_is_left_alone() -> None:
    assert (placed().workload_class, placed().max_delay) == (None, 0)
    asked = placed(deadline=8 * HOUR)
    assert (asked.workload_class, asked.max_delay) == (WorkloadClass.EVALUATION, 24 * HOUR)


def test_interruptible_is_as_the_trace_says_or_as_the_option_says() -> None:
    assert not placed().interruptible
    assert placed(interruptible=True).interruptible
    assert placed(Terms(interruptible=True)).interruptible
    assert not placed(Terms(interruptible=False), interruptible=True).interruptible


def test_who_would_leave_the_period_when_delayed_by_the_whole_slack_is_left_out() -> None:
    last = 24 * DAYS * HOUR - 7 * HOUR
    found = scene(job(submit=last), job(submit=last + 1), terms=Terms(SLACK))
    assert (len(found.jobs), found.left_out) == (1, 1)


def test_a_signal_that_ends_before_the_period_ends_it() -> None:
    short = Site("east", Pool(None), CARBON, make_series([1.0] * 48, signal=Signal.PRICE))
    found = scene(job(), job(submit=48 * HOUR), site=short)
    assert (found.end, found.left_out) == (NOON + 48 * HOUR, 1)


@pytest.mark.parametrize("machines", [Pool(8), Nodes(count=2, gpus=4, cpus=64)])
def test_a_job_wider_than_the_primary_is_not_played(machines: Pool | Nodes) -> None:
    found = scene(job(gpus=9), job(gpus=8, tasks=50), site=Site("east", machines, CARBON))
    assert (len(found.jobs), found.too_wide, found.left_out) == (1, 1, 0)


def test_a_start_that_the_signals_do_not_know_is_refused() -> None:
    with pytest.raises(InputError, match=r"test tells nothing of the start .*; it runs from"):
        place(Trace((job(),), "made"), (SITE,), NOON - 1, 24)


@pytest.mark.parametrize("hours", [0, -1, float("nan"), float("inf")])
def test_a_period_that_is_none_is_refused(hours: float) -> None:
    with pytest.raises(InputError, match=f"hours {hours} is no period"):
        place(Trace((job(),), "made"), (SITE,), NOON, hours)


def test_a_scene_without_jobs_is_refused() -> None:
    with pytest.raises(InputError, match="none of the 1 jobs of made fits"):
        scene(job(run=30 * 24 * HOUR))


def test_every_second_job_that_may_move_is_movable_to_a_second_cluster() -> None:
    jobs = [job() for _ in range(6)] + [job(workload_class=WorkloadClass.LATENCY_CRITICAL)] * 2
    two = place(Trace(tuple(jobs), "made"), (SITE, SITE), NOON, 24)
    assert [found.movable for found in two.jobs] == [False, True] * 3 + [False] * 2
    assert [found.number for found in two.jobs] == list(range(1, 9))
    assert not any(found.movable for found in scene(*jobs).jobs)


@given(st.integers(0, 2**32), st.none() | st.just(SLACK))
def test_no_job_of_a_scene_can_leave_it(seed: int, slack: Slack | None) -> None:
    trace = generate(seed, 60, DAYS - 1)
    found = place(trace, (SITE, SITE), NOON, 24 * DAYS, Terms(slack), interruption_cost=300)
    assert len(found.jobs) + found.left_out + found.too_wide == len(trace.jobs)
    assert [one.number for one in found.jobs] == list(range(1, len(found.jobs) + 1))
    for one in found.jobs:
        assert one.max_delay is not None
        assert found.start <= one.submit
        assert one.submit + one.max_delay + one.run <= found.end
    free = [x for x in found.jobs if x.workload_class is not WorkloadClass.LATENCY_CRITICAL]
    assert sum(one.movable for one in found.jobs) == len(free) // 2
