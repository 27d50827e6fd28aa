"""Our jobs of one cluster as columns: all that a turn reads of a job, each row worked out once.

:func:`rows_of` is what the columns mean; :mod:`kept` carries them from turn to turn. Nothing here
depends on the time: rules that do are comparisons of these columns with now.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.columns.coded import NONE, REASON, Codes
from slurm_energy.decide.pricing.price import Line
from slurm_energy.decide.rules.guard import Subject, unlimited, untouchable
from slurm_energy.decide.rules.promises import Grounds, latest_starts
from slurm_energy.decide.scoring.age import earning_since
from slurm_energy.decide.scoring.points import curve_cluster
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Reason
from slurm_energy.model.job import JobState

Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

UNREADABLE = np.iinfo(np.int64).min
"""In the column of SiteFactor: the client can't read it."""
UNKNOWN = -1
"""In a column of times: there is none."""


class Lines:
    """Numbers for whose prices jobs pay; a line keeps its number for ever."""

    def __init__(self) -> None:
        self._numbers: dict[Line, int] = {}
        self.known: list[Line] = []

    def number(self, line: Line) -> int:
        """The number of a line, a new one where it was never seen."""
        found = self._numbers.get(line)
        if found is None:
            found = self._numbers[line] = len(self.known)
            self.known.append(line)
        return found


class Rows(NamedTuple):
    """Shapes are (jobs,). Times are seconds since the epoch."""

    job_id: Index
    line: Index
    """Its number in :class:`Lines`."""
    untouchable: Codes
    """The reason of :func:`~..rules.guard.untouchable`, or ``NONE``."""
    settled: Codes
    """Why its contract alone never lets it be put off, or ``NONE``."""
    floor: Index
    """The user's own begin time, or Slurm's at a requeue; 0: none."""
    given: Index
    """The begin time that the daemon gave, ahead or past; 0: none."""
    eligible: Index
    """0: none."""
    site_factor: Index
    """As read; or ``UNREADABLE``."""
    urgency: Index
    submit: Index
    """When it was submitted first."""
    sibling: Mask
    """Another cluster's job, offered here too by the federation."""
    interruptible: Mask
    running: Mask
    started: Index
    """Of this run; 0: it has none."""
    done: Index
    """Seconds that it had run until its last stop."""
    stops: Index
    """How often it was stopped."""
    limit: Index
    """Time limit in seconds; 0: none."""
    gpus: Index
    cpus: Index
    memory: Index
    """MiB; 0: Slurm shows none."""
    tasks: Index
    """That wait; 1 without an array."""
    at_once: Index
    """Tasks that its own limit lets run at once."""
    dependent: Mask
    """Waits for another job."""
    touched: Mask
    """Its begin time was changed by us, so that its age counts from ``earning``."""
    earning: Index
    """Since when it would be earning age without us."""
    aging: Index
    """Since when it earns age; or ``UNKNOWN``."""
    latest: Index
    """Its own latest start, or :data:`~..rules.promises.UNBOUNDED`."""

    def ours(self, now: int) -> Index:
        """The begin time ahead that the daemon gave; 0: none."""
        return np.where(self.given > now, self.given, 0)

    def work_done(self, now: int, interruption: int) -> Index:
        """Seconds of work behind each: what each of its stops cost is none."""
        ran = self.done + np.where(self.started > 0, np.maximum(0, now - self.started), 0)
        return np.asarray(np.maximum(0, ran - self.stops * interruption), dtype=np.int64)


def rows_of(subjects: Sequence[Subject], lines: Lines, grounds: Grounds) -> Rows:
    """The columns of these jobs; of ``grounds`` only what lasts counts."""
    column, flag, each = _columns(subjects)
    tasks = np.maximum(1, column("job.array_task_count"))
    most = each(one.job.array_most or 0 for one in subjects)
    running = [one.job.state is JobState.RUNNING for one in subjects]
    return Rows(
        job_id=column("job.job_id"),
        line=each(map(lines.number, map(line_of, subjects))),
        untouchable=_reasons(map(untouchable, subjects)),
        settled=_reasons(map(_by_contract, subjects)),
        floor=each(one.begin_floor for one in subjects),
        given=each(map(_given, subjects)),
        eligible=each(one.job.eligible_time or 0 for one in subjects),
        site_factor=each(_readable(one.job.site_factor) for one in subjects),
        urgency=column("annotation.contract.urgency"),
        submit=column("annotation.submit"),
        sibling=flag("job.is_sibling"),
        interruptible=flag("annotation.contract.interruptible"),
        running=np.array(running, dtype=np.bool_),
        started=each(
            (one.job.start_time or 0) if runs else 0
            for one, runs in zip(subjects, running, strict=True)
        ),
        done=column("held.done"),
        stops=column("held.stops"),
        limit=each(one.job.time_limit or 0 for one in subjects),
        gpus=column("job.gpus"),
        cpus=column("job.cpus"),
        memory=each(one.job.memory or 0 for one in subjects),
        tasks=tasks,
        at_once=np.where(most > 0, most, tasks),
        dependent=np.array([bool(one.job.dependency) for one in subjects], dtype=np.bool_),
        touched=np.array([one.held.age_since is not None for one in subjects], dtype=np.bool_),
        earning=each(earning_since(one.job, one.annotation, one.held) for one in subjects),
        aging=each(_aging(one) for one in subjects),
        latest=latest_starts(grounds, subjects),
    )


def line_of(subject: Subject) -> Line:
    """Whose prices it pays."""
    contract = subject.annotation.contract
    return curve_cluster(subject.job), contract.workload_class, contract.sensitivity


def _columns(
    subjects: Sequence[Subject],
) -> tuple[Callable[[str], Index], Callable[[str], Mask], Callable[[Iterable[Any]], Index]]:
    """Ways to make a column: of whole numbers or truths by attribute, or of any numbers."""
    count = len(subjects)
    return (
        lambda name: np.fromiter(map(attrgetter(name), subjects), np.int64, count),
        lambda name: np.fromiter(map(attrgetter(name), subjects), np.bool_, count),
        lambda values: np.fromiter(values, np.int64, count),
    )


def _reasons(found: Iterable[Reason | None]) -> Codes:
    return np.array([NONE if one is None else REASON[one] for one in found], dtype=np.int8)


def _by_contract(subject: Subject) -> Reason | None:
    """What :func:`~..rules.guard.undeferrable` says whatever the time and the promise are."""
    contract = subject.annotation.contract
    if contract.workload_class is WorkloadClass.UNMANAGED:
        return Reason.OPTED_OUT if contract.rule == "off" else Reason.UNMANAGED
    if contract.max_delay == 0:
        return Reason.NEVER
    return Reason.UNBOUNDED if unlimited(subject) else None


def _given(subject: Subject) -> int:
    return subject.our_begin(0) or 0


def _readable(site_factor: int | None) -> int:
    return int(UNREADABLE) if site_factor is None else site_factor


def _aging(subject: Subject) -> int:
    since = subject.job.accrue_time or subject.job.eligible_time
    return UNKNOWN if since is None else since
