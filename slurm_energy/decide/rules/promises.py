"""Every job's latest start as a column, and its whole promise for who asks.

:func:`~.promise.promise` is what a row means; :func:`latest_starts` says it for many at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.rules.dependence import bring_forward
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.rules.promise import (
    Promise,
    Waits,
    narrowest,
    promise,
    usual_wait,
    wait_objective,
    waves,
)
from slurm_energy.model.job import Job, JobState, Partition, Queue
from slurm_energy.model.policy import Policy

Seconds = NDArray[np.int64]

UNBOUNDED = np.iinfo(np.int64).min
"""In a column of latest starts: nothing bounds it."""
_FAR = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Grounds:
    """What promises rest on besides the job."""

    queue: Queue
    policy: Policy
    waits: Waits
    now: int

    @classmethod
    def none(cls) -> "Grounds":
        """Of no cluster."""
        return cls(Queue("", 0, ()), Policy(), {}, 0)

    @property
    def lasting(self) -> tuple[Policy, Waits, tuple[Partition, ...]]:
        """What a kept column rests on: while it is equal, a job's own latest start stays."""
        return self.policy, self.waits, self.queue.partitions

    def promise(self, subject: Subject) -> Promise:
        """The promise of one job, dependents aside."""
        queue, now = self.queue, self.now
        return promise(
            subject.job,
            subject.annotation,
            self.policy,
            self.waits,
            narrowest(subject.job, {one.name: one for one in queue.partitions}),
            queue.reservations,
            now,
            work_done(subject, now, self.policy.interruption_cost),
        )


@dataclass(frozen=True, slots=True)
class Promises(Sequence[Promise]):
    """The promises of ``subjects``: latest starts as a column, terms worked out for who asks."""

    grounds: Grounds
    subjects: Sequence[Subject]
    latest: Seconds
    """Shape (jobs,), or ``UNBOUNDED``."""
    moved: Mapping[int, int] = field(default_factory=dict)
    """By job id, what dependents brought forward."""

    def __len__(self) -> int:
        return len(self.subjects)

    @overload
    def __getitem__(self, row: int) -> Promise: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Promise]: ...
    def __getitem__(self, row: int | slice) -> Promise | Sequence[Promise]:
        if isinstance(row, slice):
            return [self[number] for number in range(len(self))[row]]
        subject = self.subjects[row]
        own = self.grounds.promise(subject)
        moved = self.moved.get(subject.job.job_id)
        return own if moved is None else Promise(moved, {**own.terms, "dependent": moved})

    def more(self, found: "Promises") -> "Promises":
        """These, then those."""
        subjects = [*self.subjects, *found.subjects]
        latest = np.append(self.latest, found.latest)
        return Promises(self.grounds, subjects, latest, self.moved)


def promises_of(
    grounds: Grounds, subjects: Sequence[Subject], own: Seconds, dependent: NDArray[np.bool_]
) -> Promises:
    """Each job's ``own`` latest start (:func:`own_starts`), less what dependents take from it.

    ``dependent``, shape (jobs,): who waits for another job.
    """
    if not dependent.any():
        return Promises(grounds, subjects, own)
    jobs = [subject.job for subject in subjects]
    bounds = [None if one == UNBOUNDED else one for one in own.tolist()]
    latest = {job.job_id: bound for job, bound in zip(jobs, bounds, strict=True)}
    run = {job.job_id: job.time_limit or grounds.policy.typical_run for job in jobs}
    moved = bring_forward(jobs, latest, run)
    column = own.copy()
    for row, job in enumerate(jobs):
        column[row] = moved.get(job.job_id, column[row])
    return Promises(grounds, subjects, column, moved)


def own_starts(grounds: Grounds, subjects: Sequence[Subject], kept: Seconds) -> Seconds:
    """By job, its latest start: ``kept``, unless a reservation stands; then the time matters."""
    if not grounds.queue.reservations:
        return kept
    bounds = [grounds.promise(one).latest_start for one in subjects]
    return _whole((UNBOUNDED if one is None else one for one in bounds), len(bounds))


def slack_of(latest: Seconds, now: int) -> NDArray[np.int32]:
    """Seconds until each latest start, below 0 once it is over; the most there is: unbounded."""
    far = np.iinfo(np.int32).max
    return np.clip(np.where(latest == UNBOUNDED, far, latest - now), -far, far).astype(np.int32)


def latest_starts(grounds: Grounds, subjects: Sequence[Subject]) -> Seconds:
    """By job, the latest start of :func:`~.promise.promise`, no reservation being there."""
    count, jobs = len(subjects), [one.job for one in subjects]
    contracts = [one.annotation.contract for one in subjects]
    room, wait = _room(grounds, jobs)
    latest = np.full(count, _FAR)
    boundless = np.zeros(count, dtype=np.bool_)
    for deadlines in ((one.deadline for one in contracts), (job.deadline for job in jobs)):
        due = _whole((_FAR if one is None else one for one in deadlines), count)
        asked = due != _FAR
        boundless |= asked & (room == _FAR)
        latest = np.minimum(latest, np.where(asked, due - room, _FAR))
    since = _whole(
        (max(one.annotation.submit, one.annotation.user_begin) for one in subjects), count
    )
    delay = _whole((_FAR if one.max_delay is None else one.max_delay for one in contracts), count)
    lost = grounds.policy.interruption_cost
    done = _whole((work_done(one, grounds.now, lost) for one in subjects), count)
    patient = delay != _FAR
    longest = since + np.where(patient, delay, 0) + done
    latest = np.where(patient, np.minimum(latest, longest), latest)
    for row, one in enumerate(contracts):
        objective = wait_objective(one.slo) if one.slo else None
        if objective is not None:
            bound = int(since[row]) + max(0, objective - int(wait[row]))
            latest[row] = min(int(latest[row]), bound)
    return np.where(boundless | (latest == _FAR), UNBOUNDED, latest)


def _room(grounds: Grounds, jobs: Sequence[Job]) -> tuple[Seconds, Seconds]:
    """By job, what must be left before a deadline (``_FAR``: it has no limit); the usual wait."""
    partitions = {one.name: one for one in grounds.queue.partitions}
    known: dict[tuple[str, int, int], tuple[Partition | None, int]] = {}
    runs, queued = [], []
    for job in jobs:
        kind = job.partition, job.nodes, job.gpus
        found = known.get(kind)
        if found is None:
            partition = narrowest(job, partitions)
            expected = usual_wait(job, grounds.policy, grounds.waits, partition)
            found = known[kind] = partition, expected
        queued.append(found[1])
        runs.append(waves(job, found[0]) if job.array_task_count else 1)
    wait = _whole(queued, len(jobs))
    limit = _whole((-1 if job.time_limit is None else job.time_limit for job in jobs), len(jobs))
    room = _whole(runs, len(jobs)) * limit + wait + grounds.policy.margin
    return np.where(limit < 0, _FAR, room), wait


def _whole(values: Iterable[int], count: int) -> Seconds:
    return np.fromiter(values, np.int64, count)


def work_done(subject: Subject, now: int, interruption: int) -> int:
    """Seconds of work that a job has behind it: what each of its stops cost is none."""
    started = subject.job.start_time if subject.job.state is JobState.RUNNING else None
    ran = subject.held.done + (0 if started is None else max(0, now - started))
    return max(0, ran - subject.held.stops * interruption)
