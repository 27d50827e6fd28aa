"""What the end of a job teaches about its run time: the whole of it, a lower bound, or nothing."""

from dataclasses import dataclass, replace
from typing import TypeVar

from slurm_energy.model.contract import Contract
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.job import JobKey

INTERRUPTED = frozenset({"NODE_FAIL", "PREEMPTED", "REQUEUED", "REVOKED"})
"""Something took the machine away: the run would have lasted longer."""
ENDED_BY_A_LIMIT = frozenset({"TIMEOUT", "DEADLINE"})
NEVER_RAN = frozenset({"BOOT_FAIL"})
_MOST_OPEN = 10_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lesson:
    """One run. ``cut_short``: it would have lasted longer than ``run`` seconds."""

    end: int
    run: int
    cut_short: bool
    gpu_type: str = ""
    """What all of it ran on; empty: several, none, or unknown."""
    instead: "Lesson | None" = None
    """What was taught of this job before an earlier piece of it came to light; now it is wrong."""


class Lessons:
    """Turns ends into lessons; pieces of an interrupted run that goes on are put together.

    COMPLETED, FAILED, OUT_OF_MEMORY and a cancel after the start are ends: the job drew power so
    long and no longer. A time-out or an interruption only says *longer than this*. What was
    cancelled before its start says nothing. Pieces may come in any order, as the past is recalled
    from its end backwards: one that comes after the last corrects what was taught.
    """

    def __init__(self) -> None:
        self._pieces: dict[JobKey, tuple[int, str]] = {}
        self._last: dict[JobKey, tuple[int, Lesson]] = {}

    def of(self, end: JobEnd, contract: Contract | None) -> Lesson | None:
        """The lesson of this end, or None.

        An ``interruptible`` job resumes from its checkpoint, so its pieces add up and only the
        last one teaches; any other starts again from nothing after an interruption.
        """
        if end.start is None or end.end is None or end.end <= end.start or end.state in NEVER_RAN:
            return None
        interrupted, run = end.state in INTERRUPTED, end.end - end.start
        if contract is None or not contract.interruptible:
            return Lesson(end.end, run, interrupted or end.state in ENDED_BY_A_LIMIT, end.gpu_type)
        began, last = self._last.get(end.key, (0, None))
        if interrupted and last is not None and end.end <= began:
            found = replace(_joined(last, run, end.gpu_type), instead=replace(last, instead=None))
            _keep(self._last, end.key, (began, found))
            return found
        run, kind = _and(self._pieces.pop(end.key, None), run, end.gpu_type)
        if interrupted:
            _keep(self._pieces, end.key, (run, kind))
            return None
        found = Lesson(end.end, run, end.state in ENDED_BY_A_LIMIT, kind)
        _keep(self._last, end.key, (end.start, found))
        return found


def _joined(last: Lesson, run: int, kind: str) -> Lesson:
    """The lesson with a piece more."""
    run, kind = _and((last.run, last.gpu_type), run, kind)
    return replace(last, run=run, gpu_type=kind)


def _and(before: tuple[int, str] | None, run: int, kind: str) -> tuple[int, str]:
    """Seconds and GPU type of a piece with those before it."""
    if before is None:
        return run, kind
    return run + before[0], kind if kind == before[1] else ""


def _keep(found: dict[JobKey, T], key: JobKey, value: T) -> None:
    """Remember it of this job; of too many jobs the oldest is forgotten."""
    found[key] = value
    if len(found) > _MOST_OPEN:
        del found[next(iter(found))]
