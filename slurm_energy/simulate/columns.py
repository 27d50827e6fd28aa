"""A scene's jobs as columns, and how long each may wait: what scoring and bounds compute on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.errors import InputError
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.rules import default_classes
from slurm_energy.simulate.trace import TraceJob

Ints = NDArray[np.int64]

NEVER_LATE = np.iinfo(np.int64).max // 4
"""Patience of a job that nobody promised anything."""

_RULES = default_classes()


@dataclass(frozen=True, slots=True)
class Columns:
    """One row per job, in the scene's order. Times and durations are seconds."""

    number: Ints
    submit: Ints
    run: Ints
    units: Ints
    """Of one task."""
    cpus: Ints
    tasks: Ints
    patience: Ints
    """The job is late beyond this delay; negative where even starting at once is too late."""
    slack: Ints
    """What an oracle may delay it by: the patience of a managed job, never below 0."""
    promised: Ints
    """What one may delay it by who knows its limit but not its run time."""
    workload_class: NDArray[np.str_]

    def rows(self, numbers: Ints) -> Ints:
        """The row of each job number. Raises ``InputError`` for a number that is no job's."""
        order = np.argsort(self.number, kind="stable")
        found = np.searchsorted(self.number, numbers, sorter=order).clip(max=len(order) - 1)
        rows = order[found] if len(order) else np.zeros(len(numbers), np.int64)
        known = self.number[rows] == numbers if len(order) else np.zeros(len(numbers), np.bool_)
        if not known.all():
            number = numbers[~known][0]
            raise InputError(f"the schedule runs job {number}, which the scene does not have")
        return rows


def columns(jobs: Sequence[TraceJob]) -> Columns:
    """The jobs' columns, in the same order."""

    def ints(values: list[int]) -> Ints:
        return np.array(values, dtype=np.int64)

    return Columns(
        number=ints([job.number for job in jobs]),
        submit=ints([job.submit for job in jobs]),
        run=ints([job.run for job in jobs]),
        units=ints([job.gpus for job in jobs]),
        cpus=ints([job.cpus for job in jobs]),
        tasks=ints([job.tasks for job in jobs]),
        patience=ints([patience(job) for job in jobs]),
        slack=ints([slack(job) for job in jobs]),
        promised=ints([promised_slack(job) for job in jobs]),
        workload_class=np.array([class_of(job).value for job in jobs], dtype=np.str_),
    )


def class_of(job: TraceJob) -> WorkloadClass:
    """The job's class; one that the trace gives none is nobody's."""
    return job.workload_class or WorkloadClass.UNMANAGED


def patience(job: TraceJob) -> int:
    """Longest delay, in seconds, that is not late; ``NEVER_LATE`` where nothing was promised."""
    longest = _longest_delay(job)
    if job.deadline is None:
        return longest
    return min(longest, job.deadline - job.submit - job.run)


def slack(job: TraceJob) -> int:
    """Seconds by which somebody who knows its run time may delay it; 0 for an unmanaged job."""
    known = patience(job)
    return 0 if known == NEVER_LATE else max(0, known)


def promised_slack(job: TraceJob) -> int:
    """Seconds by which it may be delayed so that its time limit still ends by its deadline.

    0 for an unmanaged job, and for one with a deadline and no limit: nothing bounds its end.
    """
    longest = _longest_delay(job)
    if job.deadline is not None:
        if job.limit is None:
            return 0
        longest = min(longest, job.deadline - job.submit - job.limit)
    return 0 if longest == NEVER_LATE else max(0, longest)


def _longest_delay(job: TraceJob) -> int:
    """What the job itself says, else its class's default; a deadline alone bounds it otherwise.

    An unmanaged job carries 0, as we may not delay it; nobody promised that it starts at once.
    """
    nobodys = class_of(job) is WorkloadClass.UNMANAGED and not job.max_delay
    if job.max_delay is not None:
        return NEVER_LATE if nobodys else job.max_delay
    rule = _RULES.get(class_of(job))
    return NEVER_LATE if rule is None else rule.max_delay
