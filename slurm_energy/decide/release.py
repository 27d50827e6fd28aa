"""Giving everything back: which fields of a job are ours to reset, and which can't come back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from slurm_energy.decide.reconcile import REQUEUE_DELAY
from slurm_energy.decide.scoring.age import owed_points
from slurm_energy.model.contract import Annotation
from slurm_energy.model.decision import Update
from slurm_energy.model.held import Held
from slurm_energy.model.job import Job, JobKey, Queue


@dataclass(frozen=True, slots=True)
class Marked:
    """A pending annotated job, and what is known of our writes; ``held`` None: nothing."""

    key: JobKey
    job: Job
    annotation: Annotation
    held: Held | None


@dataclass(frozen=True, slots=True)
class Left:
    """One job that does not come back entirely, and why."""

    cluster: str
    job_id: int
    why: str


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """What to send, and what stays as it is."""

    updates: Sequence[Update]
    left: Sequence[Left]


def plan_release(jobs: Iterable[Marked], now: int, queue: Queue) -> ReleasePlan:
    """Begin to the later of ``now`` and the user's own, SiteFactor to 0, where they are ours.

    Where Slurm has forgotten a job's age for a deferral of ours, what stays in SiteFactor is that.

    A job that another cluster of the federation started is changed there, at its origin.
    """
    updates: list[Update] = []
    left: list[Left] = []
    for marked in jobs:
        if marked.job.is_sibling:
            continue
        begin, begin_why = _begin(marked, now)
        factor, factor_why = _site_factor(marked, _owed(marked, begin, queue))
        if begin is not None or factor is not None:
            updates.append(Update(marked.key, begin, factor))
        reasons = [why for why in (begin_why, factor_why) if why]
        if reasons:
            left.append(Left(marked.key.cluster, marked.key.job_id, "; ".join(reasons)))
    return ReleasePlan(updates, left)


def noted(held: Mapping[JobKey, Held], jobs: Iterable[Marked]) -> dict[JobKey, Held]:
    """``held`` with what ``jobs`` show read back, so that the next value sent can be noted."""
    return {**held, **{marked.key: _read_back(marked) for marked in jobs}}


def _read_back(marked: Marked) -> Held:
    """What was on its way and is found there has arrived; it must not be forgotten as ours."""
    job, held = marked.job, marked.held
    if held is None:
        return Held(begin=job.eligible_time, restarts=job.restarts)
    begin = job.eligible_time if held.begin_sent == job.eligible_time else held.begin
    factor = held.site_factor
    if job.site_factor is not None and held.site_factor_sent == job.site_factor:
        factor = job.site_factor
    return replace(held, begin=begin, site_factor=factor)


def _begin(marked: Marked, now: int) -> tuple[int | None, str]:
    """The begin time to write or None, and why a begin ahead stays."""
    seen, held = marked.job.eligible_time, marked.held
    user = max(marked.annotation.user_begin, held.floor if held else 0)
    if seen is None or seen <= now or seen == user:
        return None, ""
    if held is None:
        # Nothing is known, but it is not what the user asked for: his own begin is the floor.
        return max(now, user), ""
    if marked.job.restarts > held.restarts:
        return _begin_after_requeue(marked.job, held, max(now, user)), ""
    if not held.theirs and seen in _ours(held, marked.annotation):
        return max(now, user), ""
    return None, "a person changed its begin time"


def _begin_after_requeue(job: Job, held: Held, wanted: int) -> int | None:
    """Back from a stop of ours that nobody has read back yet; else Slurm's own delay stays.

    That ends within two minutes by itself, and is kept in any case.
    """
    begin = max(wanted, job.submit_time + REQUEUE_DELAY)
    ours = job.eligible_time is not None and job.eligible_time == held.begin_sent
    return begin if ours and begin != job.eligible_time else None


def _ours(held: Held, annotation: Annotation) -> set[int | None]:
    known = held.begin if held.begin is not None else annotation.lease
    return {known, held.begin_sent}


def _owed(marked: Marked, begin: int | None, queue: Queue) -> int:
    """Points that the job must keep to stand where it would stand without us."""
    held = marked.held
    if held is None:
        return 0
    return owed_points(marked.job, marked.annotation, held, begin or 0, queue)


def _site_factor(marked: Marked, owed: int) -> tuple[int | None, str]:
    """``owed`` where the field is ours, and why other points stay.

    A job that was released before holds what it is owed, and nothing is to be said of it.
    """
    seen, held = marked.job.site_factor, marked.held
    ours = () if held is None else (held.site_factor, held.site_factor_sent)
    if seen == owed:
        return None, ""
    if seen is None:
        return None, "its SiteFactor can't be read" if any(ours) else ""
    if held is not None and not held.theirs and seen in ours:
        return owed, ""
    whose = "is not known to be ours" if held is None else "was changed by a person"
    return None, f"its SiteFactor {seen} {whose}"
