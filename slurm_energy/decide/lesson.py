"""What the end of a job teaches about its run time: the whole of it, a lower bound, or nothing."""

from dataclasses import dataclass

from slurm_energy.model.contract import Contract
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.job import JobKey

INTERRUPTED = frozenset({"NODE_FAIL", "PREEMPTED", "REQUEUED", "REVOKED"})
"""Something took the machine away: the run would have lasted longer."""
ENDED_BY_A_LIMIT = frozenset({"TIMEOUT", "DEADLINE"})
NEVER_RAN = frozenset({"BOOT_FAIL"})
_MOST_OPEN = 10_000


@dataclass(frozen=True, slots=True)
class Lesson:
    """One run. ``cut_short``: it would have lasted longer than ``run`` seconds."""

    end: int
    run: int
    cut_short: bool
    gpu_type: str = ""
    """What all of it ran on; empty: several, none, or unknown."""


class Lessons:
    """Turns ends into lessons; pieces of an interrupted run that goes on are put together.

    COMPLETED, FAILED, OUT_OF_MEMORY and a cancel after the start are ends: the job drew power so
    long and no longer. A time-out or an interruption only says *longer than this*. What was
    cancelled before its start says nothing.
    """

    def __init__(self) -> None:
        self._pieces: dict[JobKey, tuple[int, str]] = {}

    def of(self, end: JobEnd, contract: Contract | None) -> Lesson | None:
        """The lesson of this end, or None.

        An ``interruptible`` job resumes from its checkpoint, so its pieces add up and only the
        last one teaches; any other starts again from nothing after an interruption.
        """
        if end.start is None or end.end is None or end.end <= end.start or end.state in NEVER_RAN:
            return None
        run, kind = end.end - end.start, end.gpu_type
        if contract is not None and contract.interruptible:
            before, earlier = self._pieces.pop(end.key, (0, kind))
            run, kind = run + before, kind if kind == earlier else ""
            if end.state in INTERRUPTED:
                self._keep(end.key, run, kind)
                return None
        return Lesson(end.end, run, end.state in INTERRUPTED | ENDED_BY_A_LIMIT, kind)

    def _keep(self, key: JobKey, run: int, kind: str) -> None:
        """Remember a piece until the next one; of too many the oldest is forgotten."""
        self._pieces[key] = run, kind
        if len(self._pieces) > _MOST_OPEN:
            del self._pieces[next(iter(self._pieces))]
