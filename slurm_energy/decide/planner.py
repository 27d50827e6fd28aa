"""From a queue to a plan. Read :func:`plan_cluster` first.

Guards sort the jobs; those that may wait ask :mod:`when`; all that may be touched are scored.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.age import owed_points
from slurm_energy.decide.allot import Wanted, allot
from slurm_energy.decide.budget import over_budget
from slurm_energy.decide.displace import Occupant, displaced
from slurm_energy.decide.gridevent import ABOVE_EVENTS
from slurm_energy.decide.guard import (
    Subject,
    crowded,
    undeferrable,
    untouchable,
    users_near_limit,
)
from slurm_energy.decide.interrupt import Resume, beside, verdicts
from slurm_energy.decide.market import FIRST, Outlook, trade
from slurm_energy.decide.plan import Plan
from slurm_energy.decide.points import CurvesByCluster, curve_cluster, points
from slurm_energy.decide.powernow import UNLIMITED, PowerNow
from slurm_energy.decide.promise import Promise, Waits
from slurm_energy.decide.promises import promises_of
from slurm_energy.decide.reconcile import REQUEUE_DELAY
from slurm_energy.decide.runtimes import History
from slurm_energy.decide.score_table import NO_LATEST_START
from slurm_energy.decide.shapes import RunTimes
from slurm_energy.decide.shares import units_of
from slurm_energy.decide.spending import advance
from slurm_energy.decide.spread import spread
from slurm_energy.decide.stage import Answer, Applicant, Stage
from slurm_energy.model.budget import Spent
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Action, Reason
from slurm_energy.model.job import Job, JobKey, JobState, Queue
from slurm_energy.model.policy import Policy

NOTHING = Spent()
NOBODY: Mapping[WorkloadClass, int] = {}


@dataclass(slots=True)
class _Draft:
    """A plan being written: every job starts now, until something says otherwise."""

    actions: list[Action]
    reasons: list[Reason]
    begin: NDArray[np.int64]
    price_first: NDArray[np.float64]
    price_chosen: NDArray[np.float64]
    answers: list[Answer | None]
    floors: dict[int, int]
    """By row, the first start that a grid event leaves."""

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
    spent: Spent
    power: PowerNow


def plan_cluster(
    queue: Queue,
    subjects: Sequence[Subject],
    curves: CurvesByCluster,
    policy: Policy,
    waits: Waits,
    now: int,
    blocked: Reason | None = None,
    *,
    running: Sequence[Subject] = (),
    run_times: RunTimes | None = None,
    outlook: Outlook = FIRST,
    spent: Spent = NOTHING,
    ahead: Mapping[WorkloadClass, int] = NOBODY,
    power: PowerNow = UNLIMITED,
) -> Plan:
    """What to do with each of our jobs on one cluster: pending ones, and ``running`` stoppables.

    ``blocked`` is a reason of ours (the ledger is away) for putting nothing new off anywhere.
    ``outlook`` and ``spent`` are what the last turn's plan left; ``ahead`` is the depth of the
    queue by class, which the curves know already; ``power`` is what limits the draw.
    """
    promises, given = promises_of(queue, subjects, policy, waits, now, outlook.given)
    if policy.budgets.bound:
        spent = advance(spent, queue, subjects, policy.budgets, policy.typical_run, now)
    case = _Case(queue, subjects, promises, policy, now, spent, power)
    draft = _draft(len(subjects))
    asking = _guard(draft, case, blocked, curves)
    applicants = [_applicant(case, row, draft.floors.get(row, 0)) for row in asking]
    bounds, _ = promises_of(queue, running, policy, waits, now)
    applicants += [_resumer(one, bound, now) for one, bound in zip(running, bounds, strict=True)]
    stage = _stage(case, applicants, curves, run_times or History(policy.typical_run))
    answers, outlook = trade(stage, replace(outlook, given=given))
    _choose(draft, case, asking, answers[: len(asking)], curves)
    spent = _within_budgets(draft, case)
    age_points = _age_points(case, draft.begin)
    slack = np.array([_slack(bound, now) for bound in case.promises], dtype=np.int32)
    waiting = np.array([np.nan if one is None else one.waiting for one in draft.answers])
    plan = Plan(
        cluster=queue.cluster,
        now=now,
        subjects=subjects,
        promises=case.promises,
        actions=draft.actions,
        reasons=draft.reasons,
        begin=draft.begin,
        points=points(subjects, slack, queue, curves, policy, waiting) + age_points,
        age_points=age_points,
        price_first=draft.price_first,
        price_chosen=draft.price_chosen,
        answers=draft.answers,
        curves=curves,
        outlook=outlook,
        policy=policy,
        spent=spent,
        ahead=ahead,
        power=power,
    )
    resumes = {
        one.key: Resume(answer.begin, answer.at_once, answer.chosen)
        for one, answer in zip(running, answers[len(asking) :], strict=True)
        if answer is not None
    }
    for key in _making_room(stage, plan, running, answers[len(asking) :]):
        resumes[key] = replace(resumes[key], begin=max(resumes[key].begin, _next_slot(policy, now)))
    return beside(plan, verdicts(queue, running, bounds, resumes, policy, now, blocked))


def _next_slot(policy: Policy, now: int) -> int:
    """The first slot that a job stopped now could resume in."""
    return (now + REQUEUE_DELAY) // policy.slot * policy.slot + policy.slot


def _making_room(
    stage: Stage, plan: Plan, running: Sequence[Subject], answers: Sequence[Answer | None]
) -> set[JobKey]:
    """Running jobs that give way to pending ones whose latest start comes within a slot."""
    urgent = [
        subject.job
        for subject, bound, action in zip(plan.subjects, plan.promises, plan.actions, strict=True)
        if action is Action.RUN
        and bound.latest_start is not None
        and bound.latest_start < plan.now + stage.policy.slot
    ]
    if not urgent or not running:
        return set()
    occupants = [
        Occupant(answer.later, one.key, units)
        for one, answer, units in zip(
            running, answers, units_of([one.job for one in running], stage.capacity), strict=True
        )
        if answer is not None
    ]
    busy = [job for job in (*stage.others, *(one.job for one in running)) if job.start_time]
    free = 1.0 - float(units_of(busy, stage.capacity).sum())
    return displaced(float(units_of(urgent, stage.capacity).sum()), free, occupants)


def _applicant(case: _Case, row: int, floor: int) -> Applicant:
    subject, latest = case.subjects[row], case.promises[row].latest_start
    earliest = max(case.now, subject.begin_floor, floor)
    return Applicant(subject, earliest, latest or earliest, subject.our_begin(case.now) or 0)


def _resumer(subject: Subject, bound: Promise, now: int) -> Applicant:
    return Applicant(subject, now, bound.latest_start or now, 0)


def _stage(
    case: _Case, applicants: Sequence[Applicant], curves: CurvesByCluster, run_times: RunTimes
) -> Stage:
    """The market's view of the cluster: who chooses, and who takes what he takes."""
    queue, policy, now = case.queue, case.policy, case.now
    slots = 2 * (policy.horizon // policy.slot) + 1
    room = case.power.capacity(queue, now, policy.slot, slots)
    choosing = {one.subject.job.job_id for one in applicants}
    others = _others(queue, choosing, now) if room.resources else []
    classes = {s.job.job_id: s.annotation.contract.workload_class for s in case.subjects}
    jobs = [*(one.subject.job for one in applicants), *others]
    kinds = [classes.get(job.job_id, WorkloadClass.UNMANAGED) for job in jobs]
    shapes = run_times.shapes(jobs, kinds, policy.slot, policy.horizon // policy.slot)
    watts = case.power.added(jobs, kinds)
    return Stage(queue.cluster, now, applicants, others, shapes, curves, room, policy, watts)


def _others(queue: Queue, choosing: set[int], now: int) -> list[Job]:
    """Jobs that run, or may start now, and do not choose."""
    return [
        job
        for job in queue.jobs
        if job.job_id not in choosing
        and (
            job.state is JobState.RUNNING
            or (
                job.state is JobState.PENDING
                and not job.held
                and not job.dependency
                and (job.eligible_time or 0) <= now
            )
        )
    ]


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
        answers=[None] * count,
        floors={},
    )


def _slack(bound: Promise, now: int) -> int:
    if bound.latest_start is None:
        return NO_LATEST_START
    return max(-NO_LATEST_START, min(NO_LATEST_START, bound.latest_start - now))


def _guard(
    draft: _Draft, case: _Case, blocked: Reason | None, curves: CurvesByCluster
) -> list[int]:
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
        else:
            floor = case.power.floor(subject, bound.latest_start, now)
            if floor is not None:
                draft.floors[row] = floor
            crowding = Reason.LIMITS if subject.job.user in near_limit else blocked
            reason = crowding or _unaffordable(case, subject, curves)
            if reason is None:
                asking.append(row)
            else:
                _settle(draft, case, row, reason)
    _spread(draft, case, [row for row in draft.floors if draft.actions[row] is Action.DEFER])
    return asking


def _settle(draft: _Draft, case: _Case, row: int, reason: Reason) -> None:
    """Nothing new is put off by our choice; a grid event is nobody's choice."""
    subject, floor = case.subjects[row], draft.floors.get(row)
    begin = subject.our_begin(case.now) or 0
    if floor is None or reason in ABOVE_EVENTS:
        _as_it_is(draft, row, subject, reason, case.now)
    elif begin >= floor:
        draft.set(row, Action.LEAVE, Reason.GRID_EVENT)
    else:
        draft.set(row, Action.DEFER, Reason.GRID_EVENT)
        draft.begin[row] = floor


def _unaffordable(case: _Case, subject: Subject, curves: CurvesByCluster) -> Reason | None:
    """The budget that permits no delay to this job; without a signal nobody asks for one."""
    priced = curves.get(curve_cluster(subject.job), {})
    if priced.get(subject.annotation.contract.workload_class) is None:
        return None
    return over_budget(case.spent, case.policy.budgets, subject)


def _as_it_is(draft: _Draft, row: int, subject: Subject, reason: Reason, now: int) -> None:
    """Nothing new is put off; what was put off stays so: letting it loose would help nobody."""
    action = Action.RUN if subject.our_begin(now) is None else Action.LEAVE
    draft.set(row, action, reason)


def _run(draft: _Draft, row: int, subject: Subject, reason: Reason, now: int) -> None:
    """Eligible at once, or at the user's own begin: only a begin time of ours is taken back."""
    draft.set(row, Action.RUN, reason)
    if subject.effective_begin(now) > max(now, subject.begin_floor):
        draft.begin[row] = max(now, subject.begin_floor)


def _choose(
    draft: _Draft,
    case: _Case,
    rows: Sequence[int],
    answers: Sequence[Answer | None],
    curves: CurvesByCluster,
) -> None:
    """Write the market's answers down; what is put off is spread over its slot."""
    deferred = []
    for row, answer in zip(rows, answers, strict=True):
        subject = case.subjects[row]
        draft.answers[row] = answer
        if answer is None:
            cluster, workload_class = (
                curve_cluster(subject.job),
                subject.annotation.contract.workload_class,
            )
            curve = curves.get(cluster, {}).get(workload_class)
            if row in draft.floors:
                _settle(draft, case, row, Reason.NO_SIGNAL)
                deferred += [row] if draft.actions[row] is Action.DEFER else []
            elif curve is None or len(curve.values) == 0:
                draft.set(row, Action.LEAVE, Reason.NO_SIGNAL)
            else:
                _as_it_is(draft, row, subject, Reason.SHORT_SIGNAL, case.now)
            continue
        draft.price_first[row], draft.price_chosen[row] = answer.at_once, answer.chosen
        earliest = max(case.now, subject.begin_floor)
        if answer.begin == draft.floors.get(row):
            draft.set(row, Action.DEFER, Reason.GRID_EVENT)
            draft.begin[row] = answer.begin
            deferred.append(row)
        elif answer.begin > earliest:
            draft.set(row, Action.DEFER, Reason.CLEANER_LATER)
            draft.begin[row] = answer.begin
            deferred.append(row)
        else:
            ahead = subject.begin_floor > case.now
            _run(draft, row, subject, Reason.BEGIN_AHEAD if ahead else Reason.CLEAN_NOW, case.now)
    _spread(draft, case, deferred)


def _within_budgets(draft: _Draft, case: _Case) -> Spent:
    """Take back what the budgets do not permit; what is spent after this plan."""
    policy, now = case.policy, case.now
    result = allot(
        case.spent,
        policy.budgets,
        case.queue,
        case.subjects,
        list(_put_off(draft, case)) if policy.budgets.bound else [],
        policy.typical_run,
        now,
    )
    for row, reason in result.refused.items():
        draft.begin[row] = 0
        _as_it_is(draft, row, case.subjects[row], reason, now)
    for row, begin in result.kept.items():
        draft.begin[row] = begin
    for row in result.released:
        draft.begin[row] = 0
        _run(draft, row, case.subjects[row], Reason.IDLE_SPENT, now)
    return result.spent


def _put_off(draft: _Draft, case: _Case) -> Iterator[Wanted]:
    """Every job that is put off after this plan, whether it was asked in this turn or not."""
    for row, subject in enumerate(case.subjects):
        if draft.actions[row] is Action.DEFER:
            if draft.reasons[row] is Reason.GRID_EVENT:
                yield Wanted(row, int(draft.begin[row]), 0.0, fixed=True)
                continue
            saved = float(draft.price_first[row] - draft.price_chosen[row])
            work = max(1, subject.job.gpus) * (subject.job.time_limit or case.policy.typical_run)
            yield Wanted(row, int(draft.begin[row]), saved * work)
        elif draft.actions[row] is Action.LEAVE and not subject.held.theirs:
            begin = subject.our_begin(case.now)
            if begin is not None and not subject.job.is_sibling:
                yield Wanted(row, begin, 0.0, fixed=True)


def _spread(draft: _Draft, case: _Case, rows: Sequence[int]) -> None:
    """Begin times of one slot do not expire together."""
    if not rows:
        return
    subjects = [case.subjects[row] for row in rows]
    chosen = np.array([draft.reasons[row] is not Reason.GRID_EVENT for row in rows])
    latest = np.array([case.promises[row].latest_start or 0 for row in rows], dtype=np.int64)
    latest -= np.where(chosen, case.policy.slot, 0)
    draft.begin[rows] = spread(
        start=case.power.after_events(draft.begin[rows], latest),
        latest=latest,
        job_ids=np.array([one.job.job_id for one in subjects], dtype=np.int64),
        urgency=np.array([one.annotation.contract.urgency for one in subjects], dtype=np.int64),
        kept=np.array([one.our_begin(case.now) or 0 for one in subjects], dtype=np.int64),
        slot=case.policy.slot,
    )
