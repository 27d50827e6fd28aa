"""Running jobs: which of them may be stopped, and whether a later resumption is worth it.

:func:`may_stop` is the guard, job by job; :func:`verdicts` asks it and then the price curve. What
a stop costs is work, so every doubt lets the job run on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from slurm_energy.decide.columns.kept import joined
from slurm_energy.decide.columns.rows import Rows
from slurm_energy.decide.plan import Plan
from slurm_energy.decide.reconcile import REQUEUE_DELAY
from slurm_energy.decide.rules.dependence import predecessors
from slurm_energy.decide.rules.guard import Subject, crowded, stoppable, unlimited, untouchable
from slurm_energy.decide.rules.promise import Promise
from slurm_energy.decide.rules.promises import Promises
from slurm_energy.decide.updates import harmed
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Action, Reason
from slurm_energy.model.job import JobKey, Queue
from slurm_energy.model.policy import Policy

CLOCK_SKEW = 60
"""Seconds by which a job's own clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one running job; ``begin`` is when it resumes, 0 where it runs on."""

    subject: Subject
    bound: Promise
    action: Action
    reason: Reason
    begin: int = 0
    price_now: float = float("nan")
    """Mean price of the work that is left when it runs on; NaN where it was not asked."""
    price_later: float = float("nan")


def may_stop(
    subject: Subject, bound: Promise, awaited: frozenset[int], policy: Policy, now: int
) -> Reason | None:
    """Why this running job may not be stopped now, or None; ``awaited`` as :func:`awaited_jobs`."""
    return (
        untouchable(subject)
        or _unwilling(subject, policy)
        or _unsafe(subject, bound, awaited, policy, now)
    )


def _unwilling(subject: Subject, policy: Policy) -> Reason | None:
    """Who does not want it: its user, the site, or the contract."""
    contract = subject.annotation.contract
    if contract.workload_class is WorkloadClass.UNMANAGED:
        return Reason.OPTED_OUT if contract.rule == "off" else Reason.UNMANAGED
    if not stoppable(subject, policy):
        return Reason.NOT_STOPPED
    return Reason.NEVER if contract.max_delay == 0 else None


def _unsafe(
    subject: Subject, bound: Promise, awaited: frozenset[int], policy: Policy, now: int
) -> Reason | None:
    """What could get lost: the job, its work, or its deadline."""
    job, again = subject.job, subject.held.stops > 0
    started = now if job.start_time is None else job.start_time
    rules = (
        (job.origin not in (None, job.cluster), Reason.NOT_ORIGIN),
        (not job.requeue, Reason.NOT_REQUEUED),
        (job.array_task_count > 0, Reason.ARRAY),
        (job.job_id in awaited, Reason.AWAITED),
        (any(name != job.cluster for name in job.siblings), Reason.ELSEWHERE),
        (again and now - started < policy.least_run, Reason.JUST_RESUMED),
        (again and not has_checkpoint(subject, now), Reason.NO_CHECKPOINT),
        (bound.latest_start is None or unlimited(subject), Reason.UNBOUNDED),
        (_latest(bound, policy) < now + REQUEUE_DELAY, Reason.DEADLINE_NEAR),
    )
    return next((reason for holds, reason in rules if holds), None)


def has_checkpoint(subject: Subject, now: int) -> bool:
    """Whether the job itself stated, in this run, that its state is saved.

    Its owner says so through Slurm, in the comment, where everybody sees it; a statement of an
    earlier run says nothing about whether the job took up its work again.
    """
    started = subject.job.start_time
    return started is not None and started < subject.annotation.checkpoint <= now + CLOCK_SKEW


def awaited_jobs(queue: Queue) -> frozenset[int]:
    """Ids of jobs that another pending job waits for."""
    return frozenset(
        job_id for job in queue.jobs if job.dependency for job_id in predecessors(job.dependency)
    )


@dataclass(frozen=True, slots=True)
class Resume:
    """What a running job would do by its prices; ``begin`` is now where it runs on."""

    begin: int
    price_now: float
    price_later: float


def verdicts(
    queue: Queue,
    running: Sequence[Subject],
    bounds: Sequence[Promise],
    resumes: Mapping[JobKey, Resume],
    policy: Policy,
    now: int,
    blocked: Reason | None = None,
) -> list[Verdict]:
    """Stop or go on, for each running job of ours on this cluster.

    ``bounds`` are its jobs' promises, with the work done so far; in ``resumes`` a job is missing
    whose signals are.
    """
    blocked = blocked or crowded(queue, policy, now)
    blocked = blocked or (Reason.STRAINED if harmed(queue.health) else None)
    awaited = awaited_jobs(queue)
    return [
        _carried_through(subject, bound, policy, now)
        or _judge(
            subject,
            bound,
            blocked or may_stop(subject, bound, awaited, policy, now),
            resumes.get(subject.key),
            policy,
            now,
        )
        for subject, bound in zip(running, bounds, strict=True)
    ]


def _carried_through(subject: Subject, bound: Promise, policy: Policy, now: int) -> Verdict | None:
    """A job that was told to save its state is not left waiting, unless a person wants it back."""
    if not subject.warned(now) or untouchable(subject) or _unwilling(subject, policy):
        return None
    begin = subject.held.begin_sent or 0
    return Verdict(subject, bound, Action.STOP, Reason.WARNED, begin)


def _judge(
    subject: Subject,
    bound: Promise,
    forbidden: Reason | None,
    resume: Resume | None,
    policy: Policy,
    now: int,
) -> Verdict:
    stays = Verdict(subject, bound, Action.GO_ON, forbidden or Reason.CLEAN_NOW)
    if forbidden:
        return stays
    if resume is None:
        return replace(stays, reason=Reason.NO_SIGNAL)
    asked = replace(stays, price_now=resume.price_now, price_later=resume.price_later)
    begin = max(resume.begin, now + REQUEUE_DELAY)
    if resume.begin <= now:
        return asked
    if begin > _latest(bound, policy):
        return replace(asked, reason=Reason.NO_LATER)
    return replace(asked, action=Action.STOP, reason=Reason.CLEANER_LATER, begin=begin)


def _latest(bound: Promise, policy: Policy) -> int:
    """The last resumption that leaves the deadline out of doubt: a margin more than a first start.

    The latest start counts the whole time limit again, as if nothing were saved.
    """
    return 0 if bound.latest_start is None else bound.latest_start - policy.margin


def beside(plan: Plan, found: Sequence[Verdict], rows: Rows, bounds: Promises) -> Plan:
    """The plan with a row for each running job after those of the pending ones.

    ``rows`` and ``bounds`` are those of ``found``.
    """
    if not found:
        return plan
    none = np.zeros(len(found), dtype=np.int32)
    return replace(
        plan,
        subjects=[*plan.subjects, *(one.subject for one in found)],
        rows=joined(plan.rows, rows),
        promises=plan.promises.more(bounds),
        actions=plan.actions.more(one.action for one in found),
        reasons=plan.reasons.more(one.reason for one in found),
        begin=np.append(plan.begin, np.array([one.begin for one in found], dtype=np.int64)),
        points=np.append(plan.points, none),
        age_points=np.append(plan.age_points, none),
        price_first=np.append(plan.price_first, [one.price_now for one in found]),
        price_chosen=np.append(plan.price_chosen, [one.price_later for one in found]),
        answers=plan.answers.placed(np.arange(len(plan.subjects)), len(plan.subjects) + len(found)),
    )
