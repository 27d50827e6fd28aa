"""From a queue to a plan. Read :func:`plan_cluster` first.

Guards sort the jobs; those that may wait ask :mod:`when`; all that may be touched are scored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.age import owed_points
from slurm_energy.decide.dependence import bring_forward
from slurm_energy.decide.guard import (
    Subject,
    crowded,
    undeferrable,
    untouchable,
    users_near_limit,
)
from slurm_energy.decide.plan import Plan
from slurm_energy.decide.points import CurvesByCluster, curve_cluster, points
from slurm_energy.decide.price import Curve
from slurm_energy.decide.promise import Promise, Waits, narrowest, promise
from slurm_energy.decide.score_table import NO_LATEST_START
from slurm_energy.decide.when import Ask, best_starts
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Action, Reason
from slurm_energy.model.job import Queue
from slurm_energy.model.policy import Policy


@dataclass(slots=True)
class _Draft:
    """A plan being written: every job starts now, until something says otherwise."""

    actions: list[Action]
    reasons: list[Reason]
    begin: NDArray[np.int64]
    price_first: NDArray[np.float64]
    price_chosen: NDArray[np.float64]

    def set(self, row: int, action: Action, reason: Reason) -> None:
        self.actions[row], self.reasons[row] = action, reason


@dataclass(frozen=True, slots=True)
class _Case:
    """What a plan is made from; row ``i`` of ``promises`` is ``subjects[i]``."""

    queue: Queue
    subjects: Sequence[Subject]
    promises: Sequence[Promise]
    policy: Policy
    now: int


def plan_cluster(
    queue: Queue,
    subjects: Sequence[Subject],
    curves: CurvesByCluster,
    policy: Policy,
    waits: Waits,
    now: int,
    blocked: Reason | None = None,
) -> Plan:
    """What to do with each of our pending jobs on one cluster.

    ``blocked`` is a reason of ours (the ledger is away) for putting nothing new off anywhere.
    """
    case = _Case(queue, subjects, _promises(queue, subjects, policy, waits, now), policy, now)
    draft = _draft(len(subjects))
    asking = _guard(draft, case, blocked)
    for (cluster, workload_class), rows in _by_curve(subjects, asking).items():
        curve = curves.get(cluster, {}).get(workload_class)
        if curve is None or len(curve.values) == 0:
            for row in rows:
                draft.set(row, Action.LEAVE, Reason.NO_SIGNAL)
        else:
            _choose(draft, case, rows, curve)
    age_points = _age_points(case, draft.begin)
    slack = np.array([_slack(bound, now) for bound in case.promises], dtype=np.int32)
    return Plan(
        cluster=queue.cluster,
        now=now,
        subjects=subjects,
        promises=case.promises,
        actions=draft.actions,
        reasons=draft.reasons,
        begin=draft.begin,
        points=points(subjects, slack, queue, curves, policy) + age_points,
        age_points=age_points,
        price_first=draft.price_first,
        price_chosen=draft.price_chosen,
        curves=curves,
    )


def _age_points(case: _Case, begin: NDArray[np.int64]) -> NDArray[np.int32]:
    owed = [
        owed_points(subject.job, subject.annotation, subject.held, int(start), case.queue)
        for subject, start in zip(case.subjects, begin, strict=True)
    ]
    return np.array(owed, dtype=np.int32)


def _draft(count: int) -> _Draft:
    return _Draft(
        actions=[Action.RUN] * count,
        reasons=[Reason.CLEAN_NOW] * count,
        begin=np.zeros(count, dtype=np.int64),
        price_first=np.full(count, np.nan),
        price_chosen=np.full(count, np.nan),
    )


def _slack(bound: Promise, now: int) -> int:
    if bound.latest_start is None:
        return NO_LATEST_START
    return max(-NO_LATEST_START, min(NO_LATEST_START, bound.latest_start - now))


def _promises(
    queue: Queue, subjects: Sequence[Subject], policy: Policy, waits: Waits, now: int
) -> list[Promise]:
    """Every job's own latest start, then what dependents' deadlines take from it."""
    partitions = {partition.name: partition for partition in queue.partitions}
    own = [
        promise(
            subject.job,
            subject.annotation,
            policy,
            waits,
            narrowest(subject.job, partitions),
            queue.reservations,
            now,
            subject.held.done,
        )
        for subject in subjects
    ]
    jobs = [subject.job for subject in subjects]
    latest = {job.job_id: bound.latest_start for job, bound in zip(jobs, own, strict=True)}
    run = {job.job_id: job.time_limit or policy.typical_run for job in jobs}
    moved = bring_forward(jobs, latest, run)
    return [
        Promise(moved[job.job_id], {**bound.terms, "dependent": moved[job.job_id]})
        if job.job_id in moved
        else bound
        for job, bound in zip(jobs, own, strict=True)
    ]


def _guard(draft: _Draft, case: _Case, blocked: Reason | None) -> list[int]:
    """Write down every job that a rule settles; the rows that are left may be put off."""
    now = case.now
    blocked = blocked or crowded(case.queue, case.policy, now)
    near_limit = users_near_limit(case.queue, case.policy)
    asking = []
    for row, (subject, bound) in enumerate(zip(case.subjects, case.promises, strict=True)):
        if reason := untouchable(subject):
            draft.set(row, Action.LEAVE, reason)
            if reason is Reason.RESERVED and subject.our_begin(now) is not None:
                # Somebody reserved nodes for a job that we had put off: they must not stand idle.
                _run(draft, row, subject, reason, now)
        elif reason := undeferrable(subject, bound, now):
            _run(draft, row, subject, reason, now)
        elif reason := blocked or (Reason.LIMITS if subject.job.user in near_limit else None):
            _as_it_is(draft, row, subject, reason, now)
        else:
            asking.append(row)
    return asking


def _as_it_is(draft: _Draft, row: int, subject: Subject, reason: Reason, now: int) -> None:
    """Nothing new is put off; what was put off stays so: letting it loose would help nobody."""
    action = Action.RUN if subject.our_begin(now) is None else Action.LEAVE
    draft.set(row, action, reason)


def _run(draft: _Draft, row: int, subject: Subject, reason: Reason, now: int) -> None:
    """Eligible at once, or at the user's own begin: only a begin time of ours is taken back."""
    draft.set(row, Action.RUN, reason)
    if subject.effective_begin(now) > max(now, subject.begin_floor):
        draft.begin[row] = max(now, subject.begin_floor)


def _by_curve(
    subjects: Sequence[Subject], rows: Sequence[int]
) -> Mapping[tuple[str, WorkloadClass], list[int]]:
    """Rows that are priced on the same curve."""
    groups: dict[tuple[str, WorkloadClass], list[int]] = {}
    for row in rows:
        subject = subjects[row]
        key = (curve_cluster(subject.job), subject.annotation.contract.workload_class)
        groups.setdefault(key, []).append(row)
    return groups


def _choose(draft: _Draft, case: _Case, rows: Sequence[int], curve: Curve) -> None:
    """Ask when, for all the jobs of one curve, and write the answers down."""
    policy, now = case.policy, case.now
    chosen = [case.subjects[row] for row in rows]
    workload_class = chosen[0].annotation.contract.workload_class
    ask = Ask(
        earliest=np.array([max(now, s.begin_floor) for s in chosen], dtype=np.int64),
        latest=np.array([case.promises[row].latest_start for row in rows], dtype=np.int64),
        run=np.array([s.job.time_limit or policy.typical_run for s in chosen], dtype=np.int64),
        kept=np.array([s.our_begin(now) or 0 for s in chosen], dtype=np.int64),
        weight=np.array([policy.sensitivity[s.annotation.contract.sensitivity] for s in chosen]),
    )
    answer = best_starts(curve, ask, policy.classes[workload_class].delay, policy.least_gain)
    draft.price_first[rows], draft.price_chosen[rows] = answer.price_first, answer.price_chosen
    for row, subject, earliest, start, price in zip(
        rows, chosen, ask.earliest, answer.start, answer.price_first, strict=True
    ):
        if np.isnan(price):
            _as_it_is(draft, row, subject, Reason.SHORT_SIGNAL, now)
        elif start > earliest:
            draft.set(row, Action.DEFER, Reason.CLEANER_LATER)
            draft.begin[row] = start
        else:
            ahead = subject.begin_floor > now
            _run(draft, row, subject, Reason.BEGIN_AHEAD if ahead else Reason.CLEAN_NOW, now)
