"""Two simulated clusters: whoever starts a job first has it."""

from itertools import pairwise
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from slurm_energy.model.decision import Fate
from slurm_energy.model.job import JobState
from slurm_energy.simulate.scene import Pool
from slurm_energy.simulate.trace import TraceJob
from tests.builders import HOUR, MINUTE
from tests.simulate.plays import START, Stage, make_scene, make_trace_job, most_used, rows, worked


def movable(number: int, after: int = 0, **changes: Any) -> TraceJob:
    return make_trace_job(number, after, **({"gpus": 4, "movable": True} | changes))


def two(*jobs: TraceJob) -> Stage:
    """East and west with four units each."""
    return Stage(make_scene(jobs, Pool(4), Pool(4)))


def sites(stage: Stage) -> dict[int, set[int]]:
    schedule = stage.finish()
    found: dict[int, set[int]] = {}
    for job, site in zip(schedule.job.tolist(), schedule.site.tolist(), strict=True):
        found.setdefault(job, set()).add(site)
    return found


def test_a_job_that_may_move_is_offered_to_both_and_its_origin_decides() -> None:
    stage = two(movable(3, after=60))
    stage.look(60)
    here, there = stage.job(3), stage.job(3, "west")
    assert (here.origin, here.siblings, here.is_sibling) == ("east", ("east", "west"), False)
    assert (there.origin, there.cluster, there.is_sibling) == ("east", "west", True)


def test_it_runs_at_home_while_there_is_room() -> None:
    stage = two(movable(1))
    assert stage.job(1).state is JobState.RUNNING
    assert stage.job(1).siblings == ("east",)
    assert stage.jobs("west") == ()


def test_it_runs_elsewhere_when_home_is_full_and_is_revoked_there() -> None:
    stage = two(make_trace_job(1, gpus=4), movable(2))
    home, away = stage.job(2), stage.job(2, "west")
    assert (home.state, home.siblings, home.home) == (JobState.OTHER, ("west",), "east")
    assert (away.state, away.siblings, away.home) == (JobState.RUNNING, ("west",), "east")
    assert stage.send(2, begin=START + HOUR) is Fate.GONE
    assert sites(stage) == {1: {0}, 2: {1}}
    assert stage.jobs() == ()
    (end,) = stage.clusters.doors["west"].ended(START)
    assert (end.key.cluster, end.ran_on) == ("east", "west")


def test_a_begin_time_given_at_home_holds_everywhere() -> None:
    stage = two(movable(1, after=60))
    stage.look(60)
    stage.send(1, begin=START + 2 * HOUR, site_factor=7)
    there = stage.job(1, "west")
    assert (there.eligible_time, there.site_factor) == (START + 2 * HOUR, 7)
    assert (1, 0, 2 * HOUR, 3 * HOUR) in rows(stage.finish())


def test_a_stopped_job_resumes_where_its_checkpoint_is() -> None:
    stage = two(make_trace_job(1, gpus=4), movable(2, run=2 * HOUR, interruptible=True))
    stage.until(HOUR)
    assert stage.stop(2, "west", begin=START + 3 * HOUR) is Fate.SENT
    waiting = stage.job(2, "west")
    assert (waiting.state, waiting.siblings, waiting.is_sibling) == (
        JobState.PENDING,
        ("west",),
        False,
    )
    assert stage.job(2).state is JobState.OTHER
    assert sites(stage)[2] == {1}


def test_a_stopped_job_without_a_checkpoint_is_offered_to_both_again() -> None:
    stage = two(make_trace_job(1, gpus=4), movable(2, run=2 * HOUR))
    stage.until(HOUR)
    stage.stop(2, "west", begin=START + 3 * HOUR)
    for cluster in ("east", "west"):
        again = stage.job(2, cluster)
        assert (again.state, again.restarts) == (JobState.PENDING, 1)
        assert again.siblings == ("east", "west")
        assert again.eligible_time == START + 3 * HOUR
    assert sites(stage)[2] == {0, 1}


def test_arrays_stay_at_home() -> None:
    stage = two(movable(1, tasks=3))
    assert stage.jobs("west") == ()
    assert sites(stage) == {1: {0}}


@st.composite
def jobs(draw: st.DrawFn) -> list[TraceJob]:
    moments = sorted(draw(st.lists(st.integers(0, 300), min_size=1, max_size=10)))
    return [
        make_trace_job(
            number,
            after * MINUTE,
            run=draw(st.integers(1, 200)) * MINUTE,
            gpus=draw(st.integers(1, 4)),
            movable=draw(st.booleans()),
            interruptible=draw(st.booleans()),
        )
        for number, after in enumerate(moments, 1)
    ]


ASKED = st.lists(
    st.tuples(
        st.integers(1, 10), st.sampled_from(["east", "west"]), st.booleans(), st.integers(0, 30)
    ),
    max_size=12,
)


@given(jobs=jobs(), asked=ASKED)
@settings(max_examples=150, deadline=None)
def test_every_job_runs_once_on_one_cluster_at_a_time_whatever_is_stopped(
    jobs: list[TraceJob], asked: list[tuple[int, str, bool, int]]
) -> None:
    stage = two(*jobs)
    for number, cluster, stop, wait in asked:
        stage.step()
        ask = stage.stop if stop else stage.send
        ask(number, cluster, begin=stage.clock.now() + wait * MINUTE)
    schedule = stage.finish()
    assert stage.jobs("east") == stage.jobs("west") == ()
    assert max(most_used(schedule, site) for site in (0, 1)) <= 4
    pieces = worked(schedule)
    for job in jobs:
        seconds = pieces[job.number, 0]
        if job.interruptible:
            assert sum(seconds) == job.run
        else:
            assert seconds[-1] == job.run
    ran = sorted((job, start, end) for job, _, start, end in rows(schedule))
    for (one, _, end), (other, start, _) in pairwise(ran):
        assert one != other or end <= start
    at_home = {job.number for job in jobs if not job.movable}
    for number, site in zip(schedule.job.tolist(), schedule.site.tolist(), strict=True):
        assert site == 0 or number not in at_home
