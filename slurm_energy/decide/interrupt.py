"""Running jobs: which of them may be stopped, and whether a later resumption is worth it.

:func:`may_stop` is the guard, job by job; :func:`verdicts` asks it and then the price curve. What
a stop costs is work, so every doubt lets the job run on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from slurm_energy.decide.dependence import predecessors
from slurm_energy.decide.guard import Subject, crowded, untouchable
from slurm_energy.decide.plan import Plan
from slurm_energy.decide.points import CurvesByCluster
from slurm_energy.decide.price import Curve
from slurm_energy.decide.promise import Promise, Waits, narrowest, promise
from slurm_energy.decide.reconcile import REQUEUE_DELAY
from slurm_energy.decide.updates import harmed
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Action, Reason
from slurm_energy.model.job import Queue
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


def stoppable(subject: Subject, policy: Policy) -> bool:
    """Whether the site and the job itself allow stopping it at all; a site at first does not."""
    contract = subject.annotation.contract
    return contract.interruptible and policy.classes[contract.workload_class].stop


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
        (not job.requeue, Reason.NOT_REQUEUED),
        (job.array_task_count > 0, Reason.ARRAY),
        (job.job_id in awaited, Reason.AWAITED),
        (any(name != job.cluster for name in job.siblings), Reason.ELSEWHERE),
        (again and now - started < policy.least_run, Reason.JUST_RESUMED),
        (again and not has_checkpoint(subject, now), Reason.NO_CHECKPOINT),
        (bound.latest_start is None or job.time_limit is None, Reason.UNBOUNDED),
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


def verdicts(
    queue: Queue,
    running: Sequence[Subject],
    curves: CurvesByCluster,
    policy: Policy,
    waits: Waits,
    now: int,
    blocked: Reason | None = None,
) -> list[Verdict]:
    """Stop or go on, for each running job of ours on this cluster."""
    blocked = blocked or crowded(queue, policy, now)
    blocked = blocked or (Reason.STRAINED if harmed(queue.health) else None)
    partitions = {partition.name: partition for partition in queue.partitions}
    awaited = awaited_jobs(queue)
    found = []
    for subject in running:
        bound = promise(
            subject.job,
            subject.annotation,
            policy,
            waits,
            narrowest(subject.job, partitions),
            queue.reservations,
            now,
            subject.held.done + _ran(subject, now),
        )
        found.append(
            _carried_through(subject, bound, policy, now)
            or _judge(
                subject,
                bound,
                blocked or may_stop(subject, bound, awaited, policy, now),
                curves.get(queue.cluster, {}),
                policy,
                now,
            )
        )
    return found


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
    curves: Mapping[WorkloadClass, Curve | None],
    policy: Policy,
    now: int,
) -> Verdict:
    stays = Verdict(subject, bound, Action.GO_ON, forbidden or Reason.CLEAN_NOW)
    if forbidden:
        return stays
    curve = curves.get(subject.annotation.contract.workload_class)
    if curve is None or len(curve.values) == 0:
        return replace(stays, reason=Reason.NO_SIGNAL)
    return _choose(stays, curve, policy, now)


def _choose(stays: Verdict, curve: Curve, policy: Policy, now: int) -> Verdict:
    """The best resumption against running on, over the work that its limit leaves.

    The seconds that a stop loses are charged at the present price above the cheapest known one:
    they were bought now. A resumption must win by ``least_gain`` after that and the delay.
    """
    contract = stays.subject.annotation.contract
    left = _left(stays.subject, policy, now)
    length = -(-left // curve.slot)
    here = curve.slot_of(now)
    first = curve.slot_of(now + REQUEUE_DELAY) + 1
    last = min(curve.slot_of(_latest(stays.bound, policy)), len(curve.values) - length)
    if here + length > len(curve.values):
        return replace(stays, reason=Reason.SHORT_SIGNAL)
    if last < first:
        return replace(stays, reason=Reason.NO_LATER)
    area = np.concatenate(([0.0], np.cumsum(curve.values)))
    starts = np.arange(first, last + 1)
    price = (area[starts + length] - area[starts]) / length
    price_now = float(area[here + length] - area[here]) / length
    lost = policy.interruption_cost / left * float(curve.values[here] - curve.values.min())
    weight = policy.sensitivity[contract.sensitivity]
    delay = policy.classes[contract.workload_class].delay * curve.slot / 3600
    cost = weight * (price + lost) + delay * (starts - here)
    best = int(np.argmin(cost))
    asked = replace(stays, price_now=price_now, price_later=float(price[best]))
    if cost[best] > weight * price_now - policy.least_gain:
        return asked
    begin = curve.start + int(starts[best]) * curve.slot
    return replace(asked, action=Action.STOP, reason=Reason.CLEANER_LATER, begin=begin)


def _ran(subject: Subject, now: int) -> int:
    started = subject.job.start_time
    return 0 if started is None else max(0, now - started)


def _left(subject: Subject, policy: Policy, now: int) -> int:
    """Seconds of work that the time limit leaves to what was not done yet; at least a slot."""
    limit = subject.job.time_limit or policy.typical_run
    return max(policy.slot, limit - subject.held.done - _ran(subject, now))


def _latest(bound: Promise, policy: Policy) -> int:
    """The last resumption that leaves the deadline out of doubt: a margin more than a first start.

    The latest start counts the whole time limit again, as if nothing were saved.
    """
    return 0 if bound.latest_start is None else bound.latest_start - policy.margin


def beside(plan: Plan, found: Sequence[Verdict]) -> Plan:
    """The plan with a row for each running job after those of the pending ones."""
    if not found:
        return plan
    none = np.zeros(len(found), dtype=np.int32)
    return replace(
        plan,
        subjects=[*plan.subjects, *(one.subject for one in found)],
        promises=[*plan.promises, *(one.bound for one in found)],
        actions=[*plan.actions, *(one.action for one in found)],
        reasons=[*plan.reasons, *(one.reason for one in found)],
        begin=np.append(plan.begin, np.array([one.begin for one in found], dtype=np.int64)),
        points=np.append(plan.points, none),
        age_points=np.append(plan.age_points, none),
        price_first=np.append(plan.price_first, [one.price_now for one in found]),
        price_chosen=np.append(plan.price_chosen, [one.price_later for one in found]),
    )
