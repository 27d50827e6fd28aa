"""One task of an array: which record stands for it now, and where it is among those that wait."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from slurm_energy.model.job import Job
from slurm_energy.turn import Turn

_CUT = "..."
"""Ends a list of tasks that is too long to be shown."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A job by its number, or one task of an array (``98_4``) by both."""

    job: int
    task: int | None = None

    def is_in(self, job: Job) -> bool:
        """Whether this record is the task's own, or that of the tasks that wait, it among them."""
        return job.array == f"{self.job}_{self.task}" or (
            self.task is not None and self._waits_in(job) and self.task in waiting(job)
        )

    def _waits_in(self, job: Job) -> bool:
        return job.array.startswith(f"{self.job}_[")


def record_of(turn: Turn | None, asked: Asked) -> Job | None:
    """The record that stands for the task; None for a whole job, and where none is shown."""
    if turn is None or asked.task is None:
        return None
    jobs = (job for queue in turn.queues.values() for job in queue.jobs if asked.is_in(job))
    return min(jobs, key=lambda job: job.is_sibling, default=None)


def task_told(asked: Asked, record: Job | None) -> dict[str, Any]:
    """The task's number and state, the job it is, and its place among the tasks that wait.

    Slurm starts the tasks of an array in the order of their numbers. ``state`` None: no record
    stands for it any more, or its list of tasks is too long to be shown.
    """
    listed = [] if record is None or "[" not in record.array else list(waiting(record))
    return {
        "number": asked.task,
        "state": None if record is None else record.state.value,
        "job": None if record is None else record.job_id,
        "place": listed.index(asked.task) + 1 if asked.task in listed else None,
        "waiting": record.array_task_count if record is not None and listed else None,
    }


def waiting(job: Job) -> Iterator[int]:
    """The numbers of the tasks that a record stands for, as far as Slurm shows them, in order."""
    listed = job.array.partition("[")[2].rstrip("]").partition("%")[0]
    whole = listed.removesuffix(_CUT)
    parts = whole.split(",")
    # The last part of a list that was cut may be a piece of a number.
    for part in parts[:-1] if whole != listed else parts:
        ends, _, step = part.partition(":")
        first, _, last = ends.partition("-")
        if first.isdecimal() and (last or first).isdecimal() and (step or "1").isdecimal():
            yield from range(int(first), int(last or first) + 1, max(1, int(step or 1)))
