"""From a queue to a plan. Read :func:`plan_cluster` first.

Rules settle some jobs (:mod:`sorting`); those that may wait ask the :mod:`market`, and what it
answers is written down (:mod:`choosing`) as far as the budgets (:mod:`ration`) and the power limit
(:mod:`powerlimit`) permit. All that may be touched are scored (:mod:`points`); running jobs stop or
go on (:mod:`interrupt`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.choosing import choose
from slurm_energy.decide.columns.coded import ACTIONS, REASONS, Coded
from slurm_energy.decide.columns.given import Given
from slurm_energy.decide.columns.kept import taken
from slurm_energy.decide.columns.rows import rows_of
from slurm_energy.decide.displace import making_room
from slurm_energy.decide.draft import Case, Draft
from slurm_energy.decide.durations.runtimes import History
from slurm_energy.decide.durations.shapes import RunTimes
from slurm_energy.decide.interrupt import Resume, beside, verdicts
from slurm_energy.decide.market.market import FIRST, Outlook, trade
from slurm_energy.decide.market.pressure import Pressure
from slurm_energy.decide.market.stage import Answer, Stage
from slurm_energy.decide.plan import Plan
from slurm_energy.decide.power.powernow import UNLIMITED, PowerNow
from slurm_energy.decide.powerlimit import keep_limit
from slurm_energy.decide.ration import within_budgets
from slurm_energy.decide.reconcile import REQUEUE_DELAY
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.rules.promise import Waits
from slurm_energy.decide.rules.promises import Grounds, own_starts, promises_of, slack_of
from slurm_energy.decide.rules.spending import advance
from slurm_energy.decide.scoring.age import owed_by_all
from slurm_energy.decide.scoring.points import CurvesByCluster, Lined, points_of
from slurm_energy.decide.sorting import sort_out
from slurm_energy.decide.staging import pending, resuming, staged
from slurm_energy.model.budget import Spent
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Reason
from slurm_energy.model.job import JobKey, Queue
from slurm_energy.model.policy import Policy

NOTHING = Spent()
NOBODY: Mapping[WorkloadClass, int] = {}


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
    grounds = Grounds(queue, policy, waits, now)
    given = outlook.given.again(grounds, subjects)
    if policy.budgets.bound:
        spent = advance(spent, queue, subjects, policy.budgets, policy.typical_run, now)
    case = _case(given, grounds, subjects, curves, spent, power)
    draft = Draft.of(case)
    asking = sort_out(draft, blocked)
    others = rows_of(running, given.lines, grounds) if running else taken(case.rows, slice(0))
    bounds = promises_of(
        grounds, running, own_starts(grounds, running, others.latest), others.dependent
    )
    applicants = pending(draft, asking).more(resuming(case, bounds, others))
    stage = staged(case, asking, applicants, run_times or History(policy.typical_run))
    answers, outlook = trade(stage, replace(outlook, given=given))
    even = outlook.waits.let_go(case.rows.job_id[asking])
    choose(draft, asking, answers[: len(asking)], even)
    spent = within_budgets(draft)
    keep_limit(draft)
    plan = _written(draft, outlook, spent, ahead, Pressure(stage, answers))
    if not running:
        return plan
    resumes = _resumes(stage, plan, running, answers[len(asking) :])
    found = verdicts(queue, running, bounds, resumes, policy, now, blocked)
    return beside(plan, found, others, bounds)


def _case(
    given: Given,
    grounds: Grounds,
    subjects: Sequence[Subject],
    curves: CurvesByCluster,
    spent: Spent,
    power: PowerNow,
) -> Case:
    """What the plan is made from, with the columns as they are now."""
    rows = given.rows
    promises = promises_of(
        grounds, subjects, own_starts(grounds, subjects, rows.latest), rows.dependent
    )
    return Case(
        grounds.queue,
        given.census,
        subjects,
        rows,
        given.lines.known,
        promises,
        curves,
        grounds.policy,
        grounds.now,
        spent,
        power,
    )


def _written(
    draft: Draft,
    outlook: Outlook,
    spent: Spent,
    ahead: Mapping[WorkloadClass, int],
    pressure: Pressure,
) -> Plan:
    """The draft as a plan, with everybody's points."""
    case = draft.case
    owed = _age_points(draft)
    return Plan(
        cluster=case.queue.cluster,
        now=case.now,
        subjects=case.subjects,
        rows=case.rows,
        lines=case.lines,
        promises=case.promises,
        actions=Coded(ACTIONS, draft.actions),
        reasons=Coded(REASONS, draft.reasons),
        begin=draft.begin,
        points=_energy_points(draft) + owed,
        age_points=owed,
        price_first=draft.price_first,
        price_chosen=draft.price_chosen,
        answers=draft.answers,
        curves=case.curves,
        outlook=outlook,
        policy=case.policy,
        spent=spent,
        ahead=ahead,
        power=case.power,
        pressure=pressure,
    )


def _energy_points(draft: Draft) -> NDArray[np.int32]:
    """By row, how much it matters now."""
    case = draft.case
    slack = slack_of(case.promises.latest, case.now)
    lined = Lined(case.rows.line, case.lines, case.rows.urgency)
    return points_of(
        lined, slack, case.queue, case.curves, case.policy, draft.answers.column("waiting")
    )


def _age_points(draft: Draft) -> NDArray[np.int32]:
    """By row, what our begin times cost it in age."""
    rows = draft.case.rows
    return owed_by_all(rows.touched, rows.earning, rows.aging, draft.begin, draft.case.queue)


def _resumes(
    stage: Stage, plan: Plan, running: Sequence[Subject], answers: Sequence[Answer | None]
) -> Mapping[JobKey, Resume]:
    """What each running job would do by its prices; who must make room does not run on."""
    resumes = {
        one.key: Resume(answer.begin, answer.at_once, answer.chosen)
        for one, answer in zip(running, answers, strict=True)
        if answer is not None
    }
    following = _next_slot(stage.policy, stage.now)
    for key in making_room(stage, plan, running, answers):
        resumes[key] = replace(resumes[key], begin=max(resumes[key].begin, following))
    return resumes


def _next_slot(policy: Policy, now: int) -> int:
    """The first slot that a job stopped now could resume in."""
    return (now + REQUEUE_DELAY) // policy.slot * policy.slot + policy.slot
