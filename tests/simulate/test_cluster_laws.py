"""What holds on any simulated cluster, whatever is asked of it."""

from bisect import insort
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from slurm_energy.model.job import JobState
from slurm_energy.simulate.cluster.outage import lose_node, regain_node
from slurm_energy.simulate.scene import Backfill, Nodes, Pool, PowerDown, Queueing, Scene
from slurm_energy.simulate.trace import TraceJob
from tests.builders import MINUTE
from tests.simulate.plays import Stage, make_scene, make_trace_job, most_used, worked

UNITS = 8
COST = 7 * MINUTE
MACHINES = st.sampled_from(
    [
        Pool(UNITS),
        Nodes(count=2, gpus=4, cpus=8),
        Nodes(4, 2, 8, power_down=PowerDown(20 * MINUTE, 5 * MINUTE, 500.0)),
    ]
)
MINUTES = st.integers(0, 300).map(lambda minutes: minutes * MINUTE)
RUNS = st.integers(1, 240).map(lambda minutes: minutes * MINUTE)


@st.composite
def traces(draw: st.DrawFn, *, known_limits: bool = False) -> list[TraceJob]:
    """Up to a dozen jobs of a few hours, some of them arrays, in order of submission."""
    moments = sorted(draw(st.lists(MINUTES, min_size=1, max_size=12)))
    return [draw(_jobs(number, after, known_limits)) for number, after in enumerate(moments, 1)]


@st.composite
def _jobs(draw: st.DrawFn, number: int, after: int, known_limits: bool) -> TraceJob:
    run = draw(RUNS)
    limits = st.integers(1, 3).map(lambda times: times * run)
    return make_trace_job(
        number,
        after,
        run=run,
        gpus=draw(st.integers(1, UNITS)),
        limit=draw(limits if known_limits else limits | st.none()),
        tasks=draw(st.sampled_from([1, 1, 1, 3])),
        interruptible=draw(st.booleans()),
    )


@st.composite
def events(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """What the daemon and misfortune do: (what, to which job, with which number)."""
    kinds = st.sampled_from(["begin", "boost", "stop", "lose", "regain", "wait"])
    one = st.tuples(kinds, st.integers(1, 20), st.integers(0, 40))
    return draw(st.lists(one, max_size=15))


def scene_of(jobs: list[TraceJob], machines: Pool | Nodes, **changes: Any) -> Scene:
    return make_scene(jobs, machines, interruption_cost=COST, **changes)


class Meddled:
    """A play in which somebody interferes; it remembers what was asked."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.begins: dict[int, int] = {}
        """The begin time each pending record was last given."""
        self.lost: set[int] = set()
        self.early: list[int] = []
        """Records that started before their begin time."""

    def do(self, what: str, number: int, value: int) -> None:
        getattr(self, what)(number, value)
        self.check()

    def begin(self, number: int, value: int) -> None:
        begin = self.stage.clock.now() + value * 10 * MINUTE
        if self.stage.send(number, begin=begin).value == "sent":
            self.begins[number] = begin

    def boost(self, number: int, value: int) -> None:
        self.stage.send(number, site_factor=value * 10)

    def stop(self, number: int, value: int) -> None:
        begin = self.stage.clock.now() + value * 10 * MINUTE
        if self.stage.stop(number, begin=begin).value == "sent":
            self.begins[number] = begin

    def lose(self, number: int, value: int) -> None:  # noqa: ARG002
        nodes = self.nodes()
        if nodes and number % nodes not in self.lost:
            self.lost.add(number % nodes)
            lose_node(self.stage.east, number % nodes)
            self.stage.settle()

    def regain(self, number: int = 0, value: int = 0) -> None:  # noqa: ARG002
        for node in sorted(self.lost):
            regain_node(self.stage.east, node)
        self.lost.clear()
        self.stage.settle()

    def nodes(self) -> int:
        machines = self.stage.scene.sites[0].machines
        return machines.count if isinstance(machines, Nodes) else 0

    def check(self) -> None:
        """Nobody runs before the begin time it was given."""
        for job in self.stage.jobs():
            if job.state is JobState.RUNNING and (job.start_time or 0) < self.begins.get(
                job.job_id, 0
            ):
                self.early.append(job.job_id)

    def wait(self, number: int, value: int) -> None:
        for _ in range(number + value):
            self.stage.step()


@given(jobs=traces(), machines=MACHINES, asked=events(), backfill=st.sampled_from(Backfill))
@settings(max_examples=150, deadline=None)
def test_nothing_is_lost_used_twice_or_early(
    jobs: list[TraceJob],
    machines: Pool | Nodes,
    asked: list[tuple[str, int, int]],
    backfill: Backfill,
) -> None:
    stage = Stage(scene_of(jobs, machines, queueing=Queueing(backfill)))
    play = Meddled(stage)
    for what, number, value in asked:
        play.do(what, number, value)
        stage.step()
    play.regain()
    schedule = stage.finish()

    assert not stage.jobs()
    assert not play.early
    assert most_used(schedule) <= UNITS
    pieces = worked(schedule)
    assert set(pieces) == {(job.number, task) for job in jobs for task in range(job.tasks)}
    by_number = {job.number: job for job in jobs}
    for (number, _), seconds in pieces.items():
        job = by_number[number]
        assert seconds[-1] <= job.run + COST * len(seconds)
        if not job.interruptible:
            assert seconds[-1] == job.run


@given(jobs=traces(), stops=st.lists(st.tuples(st.integers(1, 20), MINUTES), max_size=10))
@settings(max_examples=100, deadline=None)
def test_an_interrupted_job_works_its_run_time_and_what_each_stop_cost(
    jobs: list[TraceJob], stops: list[tuple[int, int]]
) -> None:
    stage = Stage(scene_of(jobs, Pool(UNITS)))
    for number, wait in stops:
        stage.step()
        stage.stop(number, begin=stage.clock.now() + wait)
    by_number = {job.number: job for job in jobs}
    for (number, _), seconds in worked(stage.finish()).items():
        if by_number[number].interruptible:
            assert sum(seconds) == by_number[number].run + COST * (len(seconds) - 1)


@given(jobs=traces(known_limits=True))
@settings(max_examples=150, deadline=None)
def test_easy_never_delays_the_first_beyond_its_reservation(jobs: list[TraceJob]) -> None:
    stage = Stage(scene_of(jobs, Pool(UNITS)))
    promised: dict[int, int] = {}
    while True:
        waiting = [job for job in stage.jobs() if job.state is JobState.PENDING]
        if waiting:
            first = waiting[0]
            known = promised.get(first.job_id)
            start = reservation(stage, first.gpus)
            promised[first.job_id] = start if known is None else min(known, start)
        if not stage.step():
            break
    first_starts: dict[int, int] = {}
    schedule = stage.clusters.diary.schedule("test")
    for number, start in zip(schedule.job, schedule.start, strict=True):
        first_starts[int(number)] = max(int(start), first_starts.get(int(number), 0))
    single = {job.number for job in jobs if job.tasks == 1}
    for number, start in promised.items():
        if number in single:
            assert first_starts[number] <= start


def reservation(stage: Stage, gpus: int) -> int:
    """When so many units are free if every run lasts as long as its limit; counted by hand."""
    running = [job for job in stage.jobs() if job.state is JobState.RUNNING]
    free = UNITS - sum(job.gpus for job in running)
    ends: list[tuple[int, int]] = []
    for job in running:
        insort(ends, (job.end_time or 0, job.gpus))
    moment = stage.clock.now()
    for end, units in ends:
        if free >= gpus:
            break
        moment, free = end, free + units
    return moment


@given(jobs=traces(known_limits=True), machines=MACHINES)
@settings(max_examples=100, deadline=None)
def test_conservative_backfill_puts_nobody_back(
    jobs: list[TraceJob], machines: Pool | Nodes
) -> None:
    if isinstance(machines, Nodes):
        machines = Nodes(machines.count, machines.gpus, machines.cpus)  # booting is not planned
    stage = Stage(scene_of(jobs, machines, queueing=Queueing(Backfill.CONSERVATIVE)))
    single = {job.number for job in jobs if job.tasks == 1}
    promised: dict[int, int] = {}
    while True:
        held = stage.east._backfill.__self__.reserved  # type: ignore[attr-defined]
        for number, (start, *_) in held.items():
            assert number not in single or start <= promised.get(number, start)
            promised[number] = start
        if not stage.step():
            break
    for number, start in zip(*_starts(stage), strict=True):
        if number in single and number in promised:
            assert start <= promised[number]


def _starts(stage: Stage) -> tuple[list[int], list[int]]:
    schedule = stage.clusters.diary.schedule("test")
    return schedule.job.tolist(), schedule.start.tolist()


@given(jobs=traces(), machines=MACHINES, asked=events(), backfill=st.sampled_from(Backfill))
@settings(max_examples=30, deadline=None)
def test_the_same_play_comes_out_the_same_to_the_byte(
    jobs: list[TraceJob],
    machines: Pool | Nodes,
    asked: list[tuple[str, int, int]],
    backfill: Backfill,
) -> None:
    def played() -> bytes:
        stage = Stage(scene_of(jobs, machines, queueing=Queueing(backfill)))
        play = Meddled(stage)
        for what, number, value in asked:
            play.do(what, number, value)
        play.regain()
        schedule = stage.finish()
        return b"".join(column.tobytes() for column in (schedule.job, schedule.start, schedule.end))

    assert played() == played()
