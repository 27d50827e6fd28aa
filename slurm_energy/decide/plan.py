"""The plan of one cluster for one cycle: columns, from which decisions are read on demand.

Read :func:`plan_cluster` first. Guards sort the jobs; those that may wait ask :mod:`when`; all
that may be touched are scored.
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
from slurm_energy.decide.points import CurvesByCluster, curve_cluster, points
from slurm_energy.decide.price import Curve
from slurm_energy.decide.promise import Promise, Waits, promise
from slurm_energy.decide.score_table import NO_LATEST_START
from slurm_energy.decide.when import Ask, best_starts
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Action, Decision, Reason
from slurm_energy.model.job import Queue
from slurm_energy.model.policy import Policy


@dataclass(frozen=True, slots=True)
class Plan:
    """Row ``i`` is ``subjects[i]``; shapes are (jobs,)."""

    cluster: str
    now: int
    subjects: Sequence[Subject]
    promises: Sequence[Promise]
    actions: Sequence[Action]
    reasons: Sequence[Reason]
    begin: NDArray[np.int64]
    """Begin time that should hold; 0: leave it."""
    points: NDArray[np.int32]
    """SiteFactor that should hold, unless the action is LEAVE."""
    age_points: NDArray[np.int32]
    """The part of ``points`` that gives back the age a deferral costs."""
    price_first: NDArray[np.float64]
    """Effective price of the run when started at once; NaN where it was not asked."""
    price_chosen: NDArray[np.float64]
    curves: CurvesByCluster

    def decision(self, row: int, cycle: int) -> Decision:
        """The frozen answer for one job, with its terms."""
        bound = self.promises[row].latest_start
        leave = self.actions[row] is Action.LEAVE
        return Decision(
            key=self.subjects[row].key,
            cycle=cycle,
            action=self.actions[row],
            reason=self.reasons[row],
            begin=int(self.begin[row]) or None,
            site_factor=None if leave else int(self.points[row]),
            latest_start=bound,
            terms=self._terms(row, bound),
        )

    def gain(self, row: int) -> float:
        """What waiting saves: GPU-seconds times standard deviations; 0 where nothing is known."""
        job = self.subjects[row].job
        saved = float(self.price_first[row] - self.price_chosen[row])
        return 0.0 if np.isnan(saved) else saved * max(1, job.gpus) * (job.time_limit or 0)

    def _terms(self, row: int, latest: int | None) -> dict[str, float | int | str | None]:
        subject = self.subjects[row]
        contract = subject.annotation.contract
        curve = self.curves.get(curve_cluster(subject.job), {}).get(contract.workload_class)
        run = subject.job.time_limit or 0
        at_once = curve.mean_signals(self.now, run) if curve else (None, None)
        at_start = curve.mean_signals(int(self.begin[row]) or self.now, run) if curve else at_once
        return {
            "class": contract.workload_class.value,
            "rule": contract.rule,
            "urgency": contract.urgency,
            "sensitivity": contract.sensitivity.value,
            **self.promises[row].terms,
            "user_begin": subject.annotation.user_begin or None,
            "slack": None if latest is None else latest - self.now,
            "age_given_back": int(self.age_points[row]) or None,
            "carbon_at_once": _number(at_once[0]),
            "carbon_at_start": _number(at_start[0]),
            "price_at_once": _number(at_once[1]),
            "price_at_start": _number(at_start[1]),
            "effective_at_once": _number(self.price_first[row]),
            "effective_at_start": _number(self.price_chosen[row]),
        }


def _number(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else round(float(value), 4)


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
    promises = _promises(queue, subjects, policy, waits, now)
    draft = _draft(len(subjects))
    asking = _guard(draft, queue, subjects, promises, policy, now, blocked)
    for (cluster, workload_class), rows in _by_curve(subjects, asking).items():
        curve = curves.get(cluster, {}).get(workload_class)
        if curve is None or len(curve.values) == 0:
            for row in rows:
                draft.set(row, Action.LEAVE, Reason.NO_SIGNAL)
        else:
            _choose(draft, rows, subjects, promises, curve, policy, now)
    age_points = _age_points(subjects, draft.begin, queue)
    slack = np.array([_slack(bound, now) for bound in promises], dtype=np.int32)
    return Plan(
        cluster=queue.cluster,
        now=now,
        subjects=subjects,
        promises=promises,
        actions=draft.actions,
        reasons=draft.reasons,
        begin=draft.begin,
        points=points(subjects, slack, queue, curves, policy) + age_points,
        age_points=age_points,
        price_first=draft.price_first,
        price_chosen=draft.price_chosen,
        curves=curves,
    )


def _age_points(
    subjects: Sequence[Subject], begin: NDArray[np.int64], queue: Queue
) -> NDArray[np.int32]:
    owed = [
        owed_points(subject.job, subject.annotation, subject.held, int(start), queue)
        for subject, start in zip(subjects, begin, strict=True)
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
            partitions.get(subject.job.partition),
            queue.reservations,
            now,
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


def _guard(
    draft: _Draft,
    queue: Queue,
    subjects: Sequence[Subject],
    promises: Sequence[Promise],
    policy: Policy,
    now: int,
    blocked: Reason | None,
) -> list[int]:
    """Write down every job that a rule settles; the rows that are left may be put off."""
    blocked = blocked or crowded(queue, policy, now)
    near_limit = users_near_limit(queue, policy)
    asking = []
    for row, (subject, bound) in enumerate(zip(subjects, promises, strict=True)):
        if reason := untouchable(subject):
            draft.set(row, Action.LEAVE, reason)
            if reason is Reason.RESERVED and subject.our_begin(now) is not None:
                # Somebody reserved nodes for a job that we had put off: they must not stand idle.
                _run(draft, row, subject, reason, now)
        elif reason := undeferrable(subject, bound, now):
            _run(draft, row, subject, reason, now)
        elif reason := blocked or (Reason.LIMITS if subject.job.user in near_limit else None):
            # What was put off already stays so: letting all of it loose now would make it worse.
            action = Action.RUN if subject.our_begin(now) is None else Action.LEAVE
            draft.set(row, action, reason)
        else:
            asking.append(row)
    return asking


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


def _choose(
    draft: _Draft,
    rows: Sequence[int],
    subjects: Sequence[Subject],
    promises: Sequence[Promise],
    curve: Curve,
    policy: Policy,
    now: int,
) -> None:
    """Ask when, for all the jobs of one curve, and write the answers down."""
    chosen = [subjects[row] for row in rows]
    workload_class = chosen[0].annotation.contract.workload_class
    ask = Ask(
        earliest=np.array([max(now, s.begin_floor) for s in chosen], dtype=np.int64),
        latest=np.array([promises[row].latest_start for row in rows], dtype=np.int64),
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
            draft.set(row, Action.LEAVE, Reason.SHORT_SIGNAL)
        elif start > earliest:
            draft.set(row, Action.DEFER, Reason.CLEANER_LATER)
            draft.begin[row] = start
        else:
            ahead = subject.begin_floor > now
            _run(draft, row, subject, Reason.BEGIN_AHEAD if ahead else Reason.CLEAN_NOW, now)
