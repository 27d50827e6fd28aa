"""First come, first served in one plain pass: what the simulated cluster is held to.

Two kinds of backfill. *First fit*: whenever units are free, the waiting jobs are gone through in
order of submission and each that fits starts. It needs nothing but the width of jobs, keeps waits
low, and lets wide jobs wait for long. *EASY* (Lifka, "The ANL/IBM SP scheduling system", JSSPP
1995): the first job that does not fit has a reservation at the earliest moment when the running
jobs' planned ends leave it room, and a later one starts only if it does not delay that. Plans
use time limits, as a scheduler has nothing else; for a job without one they use its run time, as
EASY needs some bound.
"""

from bisect import insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from slurm_energy.errors import InputError
from slurm_energy.simulate.draw import units_of
from slurm_energy.simulate.judge import Judged, Played, judge
from slurm_energy.simulate.published import run_at_once
from slurm_energy.simulate.scene import Scene
from slurm_energy.simulate.schedule import Schedule


class _Task(NamedTuple):
    """A job, or one task of an array, as the queue holds it."""

    number: int
    task: int
    submit: int
    run: int
    planned: int
    """How long the scheduler must expect it to run."""
    units: int


@dataclass(slots=True)
class _Pool:
    """Free units, and which of them come back when."""

    free: int
    ends: list[tuple[int, int, int]] = field(default_factory=list)
    """Heap of (true end, planned end, units)."""
    plans: list[tuple[int, int]] = field(default_factory=list)
    """Sorted (planned end, units) of what runs."""

    def start(self, task: _Task, now: int) -> None:
        self.free -= task.units
        planned = now + task.planned
        heappush(self.ends, (now + task.run, planned, task.units))
        insort(self.plans, (planned, task.units))

    def release(self, now: int) -> None:
        while self.ends and self.ends[0][0] <= now:
            _, planned, units = heappop(self.ends)
            self.free += units
            self.plans.remove((planned, units))

    def room_for(self, units: int, now: int) -> tuple[int, int]:
        """When so many units are free by plan, and how many more are free then."""
        free = self.free
        for planned, back in self.plans:
            free += back
            if free >= units:
                return max(now, planned), free - units
        return now, 0


_Row = tuple[int, int, int, int, int]
"""Job, task, start, end and units."""

_Choice = Callable[[list[_Task], _Pool, int], tuple[list[_Task], list[_Task]]]
"""Starts some of the waiting tasks in the pool; tells whom, and who waits on."""


def first_come(scene: Scene) -> Schedule:
    """First come with first fit; run at once where the primary has no limit.

    Raises ``InputError`` for a job that is wider than the site.
    """
    return _queued("first-come", scene, _first_fit)


def easy(scene: Scene) -> Schedule:
    """First come with EASY backfill; else as :func:`first_come`."""
    return _queued("first-come, EASY", scene, _easy)


def judged(scene: Scene, policy: Played) -> Judged:
    """The policy held against first come with first fit."""
    return judge(scene, policy, Played(first_come(scene)))


def _queued(policy: str, scene: Scene, choose: _Choice) -> Schedule:
    capacity = units_of(scene.sites[0].machines)
    if capacity is None:
        return run_at_once(scene)
    started = list(_started(_tasks(scene, capacity), capacity, choose))
    job, task, start, end, units = np.array(started, dtype=np.int64).reshape(-1, 5).T
    return Schedule(policy, job, task, start, end, np.zeros(len(job), np.int64), units)


def _tasks(scene: Scene, capacity: int) -> list[_Task]:
    """Every task in order of submission."""
    for job in scene.jobs:
        if job.gpus > capacity:
            raise InputError(
                f"job {job.number} needs {job.gpus} units at once and {scene.sites[0].name} has "
                f"{capacity}: give it more, or leave the job out"
            )
    return [
        _Task(job.number, task, job.submit, job.run, job.limit or job.run, job.gpus)
        for job in sorted(scene.jobs, key=lambda job: (job.submit, job.number))
        for task in range(job.tasks)
    ]


def _started(
    tasks: list[_Task], capacity: int, choose: _Choice
) -> Iterator[tuple[int, int, int, int, int]]:
    """Rows of the schedule, in order of start: at every arrival and every end, who may start."""
    pool, waiting, arrived = _Pool(capacity), list[_Task](), 0
    while arrived < len(tasks) or waiting:
        moments = [pool.ends[0][0]] if pool.ends else []
        if arrived < len(tasks):
            moments.append(tasks[arrived].submit)
        now = min(moments)
        pool.release(now)
        while arrived < len(tasks) and tasks[arrived].submit <= now:
            waiting.append(tasks[arrived])
            arrived += 1
        going, waiting = choose(waiting, pool, now)
        for one in going:
            yield one.number, one.task, now, now + one.run, one.units


def _first_fit(waiting: list[_Task], pool: _Pool, now: int) -> tuple[list[_Task], list[_Task]]:
    """Who starts now and who waits on: whatever fits, in order."""
    going, left = list[_Task](), list[_Task]()
    for index, task in enumerate(waiting):
        if not pool.free:
            return going, left + waiting[index:]
        if task.units > pool.free:
            left.append(task)
            continue
        pool.start(task, now)
        going.append(task)
    return going, left


def _easy(waiting: list[_Task], pool: _Pool, now: int) -> tuple[list[_Task], list[_Task]]:
    """Who starts now and who waits on: nobody delays the first that does not fit."""
    first = 0
    while first < len(waiting) and waiting[first].units <= pool.free:
        pool.start(waiting[first], now)
        first += 1
    going, left = waiting[:first], waiting[first:]
    if not left or not pool.free:
        return going, left
    reserved, spare = pool.room_for(left[0].units, now)
    behind = [left[0]]
    for index, task in enumerate(left[1:], 1):
        if not pool.free:
            return going, behind + left[index:]
        beyond = now + task.planned > reserved
        if task.units > (min(pool.free, spare) if beyond else pool.free):
            behind.append(task)
            continue
        spare -= task.units if beyond else 0
        pool.start(task, now)
        going.append(task)
    return going, behind
