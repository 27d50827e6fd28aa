"""Small plays: a scene from a few numbers, clusters without a cycle, and what must hold of both."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Fate, Update
from slurm_energy.model.job import Job, JobKey
from slurm_energy.model.series import Series, Signal
from slurm_energy.simulate.clock import SimulatedClock
from slurm_energy.simulate.cluster.build import Clusters
from slurm_energy.simulate.cluster.controller import Controller
from slurm_energy.simulate.scene import Nodes, Pool, Scene, Site
from slurm_energy.simulate.schedule import Schedule
from slurm_energy.simulate.trace import TraceJob
from tests.builders import HOUR

START = 1_790_000_100 - 1_790_000_100 % HOUR
"""A full hour: the plays begin here."""
DAY = 24 * HOUR


def make_trace_job(number: int = 1, after: int = 0, **changes: Any) -> TraceJob:
    """An evaluation of one unit and one hour, ``after`` seconds in, which may wait a day."""
    values: dict[str, Any] = {
        "run": HOUR,
        "gpus": 1,
        "max_delay": DAY,
        "workload_class": WorkloadClass.EVALUATION,
    }
    return TraceJob(number, START + after, **(values | changes))


def make_grid(
    values: Sequence[float] = (100.0,), days: int = 30, signal: Signal = Signal.CARBON
) -> Series:
    """Hourly values, repeated from two days before the play's start to its end."""
    first = START - 2 * DAY
    hours = (days + 2) * 24
    times = tuple(first + HOUR * number for number in range(hours))
    shown = tuple(float(values[number % len(values)]) for number in range(hours))
    return Series(signal, times, shown, times[-1] + HOUR, first, "test")


def make_scene(jobs: Sequence[TraceJob], *machines: Pool | Nodes, **changes: Any) -> Scene:
    """Sites east and west on a flat grid, as many as there are machines (a pool of 4 units)."""
    sites = tuple(
        Site(name, one, make_grid())
        for name, one in zip(("east", "west"), machines or (Pool(4),), strict=False)
    )
    values: dict[str, Any] = {"sites": sites, "start": START, "end": START + 30 * DAY}
    return Scene(tuple(jobs), **(values | changes))


class Stage:
    """The clusters of a scene without a cycle; the test itself is the daemon."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.clock = SimulatedClock(scene.start)
        self.clusters = Clusters(scene, self.clock)
        self.clusters.open(scene.start)
        for job in scene.jobs:
            self.clusters.events.at(job.submit, self._arrive, job.number)
        self._jobs = {job.number: job for job in scene.jobs}
        self.settle()

    @property
    def east(self) -> Controller:
        """The primary."""
        return self.clusters.controllers[0]

    def settle(self) -> None:
        """Everything that happens at this moment."""
        while True:
            for action, arguments in self.clusters.events.due(self.clock.now()):
                action(*arguments)
            self.clusters.schedule()
            following = self.clusters.events.next_time()
            if following is None or following > self.clock.now():
                return

    def step(self) -> bool:
        """On to the next moment at which something happens; whether there was one."""
        following = self.clusters.events.next_time()
        if following is None:
            return False
        self.clock.move_to(following)
        self.settle()
        return True

    def until(self, after: int) -> None:
        """On until so many seconds after the play's start."""
        moment = START + after
        while (time := self.clusters.events.next_time()) is not None and time <= moment:
            self.step()
        self.clock.move_to(moment)
        self.settle()

    def look(self, after: int) -> None:
        """On to that moment, before the cluster starts anything: as the daemon sees it."""
        self.until(after - 1)
        self.clock.move_to(START + after)
        for action, arguments in self.clusters.events.due(self.clock.now()):
            action(*arguments)

    def finish(self) -> Schedule:
        """On to the end."""
        while self.step():
            pass
        return self.clusters.diary.schedule("test")

    def job(self, number: int, cluster: str = "east") -> Job:
        """The job as the cluster shows it."""
        (found,) = [job for job in self.jobs(cluster) if job.job_id == number]
        return found

    def jobs(self, cluster: str = "east") -> tuple[Job, ...]:
        """The whole queue of a cluster."""
        return self.clusters.doors[cluster].read().jobs

    def send(self, number: int, cluster: str = "east", **changes: Any) -> Fate:
        """One update, and what happens at once because of it."""
        update = Update(JobKey("east", number, 0), **changes)
        (outcome,) = self.clusters.doors[cluster].apply([update])
        self.settle()
        return outcome.fate

    def stop(self, number: int, cluster: str = "east", **changes: Any) -> Fate:
        """Stop the run that goes on now, if any does."""
        starts = [job.start_time for job in self.jobs(cluster) if job.job_id == number]
        run_start = starts[0] if starts else None
        return self.send(number, cluster, stop=True, run_start=run_start, **changes)

    def _arrive(self, number: int) -> None:
        self.clusters.federation.submit(self._jobs[number])


def rows(schedule: Schedule) -> list[tuple[int, int, int, int]]:
    """(job, task, start, end) with times after the play's start."""
    return [
        (int(job), int(task), int(start) - START, int(end) - START)
        for job, task, start, end in zip(
            schedule.job, schedule.task, schedule.start, schedule.end, strict=True
        )
    ]


def most_used(schedule: Schedule, site: int = 0) -> int:
    """The most units in use at once."""
    changes: dict[int, int] = defaultdict(int)
    for start, end, where, units in zip(
        schedule.start, schedule.end, schedule.site, schedule.units, strict=True
    ):
        if where == site:
            changes[int(start)] += int(units)
            changes[int(end)] -= int(units)
    used = most = 0
    for moment in sorted(changes):
        used += changes[moment]
        most = max(most, used)
    return most


def worked(schedule: Schedule) -> dict[tuple[int, int], list[int]]:
    """Seconds of each piece by (job, task)."""
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for job, task, start, end in rows(schedule):
        found[job, task].append(end - start)
    return found
